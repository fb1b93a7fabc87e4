package dump

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/whatis"
)

// made writes the dump of a made phone and returns its folder.
func made(t *testing.T, p *imgtest.Phone) string {
	t.Helper()
	dir := t.TempDir()
	if err := p.WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// What lies beside a dump and agrees in everything is taken, and named.
func TestTaken(t *testing.T) {
	dir := made(t, imgtest.SmallMT6592())
	for _, c := range []struct {
		name string
		opt  Options
		want []string
	}{
		{"beside", Options{}, []string{"MT6592_Android_scatter.txt", "BOOT_1"}},
		{"alone", Options{Alone: true}, nil},
		{"named", Options{Table: filepath.Join(dir, "MT6592_Android_scatter.txt"), Boot1: filepath.Join(dir, "BOOT_1")}, nil},
	} {
		d, err := Open(t.Context(), filepath.Join(dir, "ROM_1"), c.opt)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got []string
		for _, x := range d.Taken {
			got = append(got, filepath.Base(x.Path))
			if x.Inside || x.Why == "" {
				t.Errorf("%s: %+v", c.name, x)
			}
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("%s: took %q, want %q", c.name, got, c.want)
		}
		if err := errors.Join(d.Check(), d.Close()); err != nil {
			t.Error(err)
		}
	}
}

// The user's table is an error when it contradicts the dump, and is believed when that is asked.
func TestForeign(t *testing.T) {
	dir, other := made(t, imgtest.SmallMT6765()), made(t, imgtest.SmallMT6592())
	foreign := Options{Table: filepath.Join(other, "MT6592_Android_scatter.txt")}
	_, err := Open(t.Context(), filepath.Join(dir, "ROM_1"), foreign)
	var no *layout.ForeignError
	if !errors.As(err, &no) || len(no.Differ) == 0 {
		t.Errorf("a foreign table: %v", err)
	}
}

// A file that is no dump says what it is.
func TestNotDump(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		text string
		use  whatis.Use
	}{
		"photo.gif":  {"GIF89a" + strings.Repeat("\x01", 5000), whatis.Nothing},
		"SHA256SUMS": {strings.Repeat("0", 64) + "  boot.img\n", whatis.Own},
	} {
		_, err := Open(t.Context(), write(t, filepath.Join(dir, name), c.text), Options{})
		var not *NotDump
		if !errors.As(err, &not) || not.Thing == nil || not.Thing.Kind.Use() != c.use || not.Size != int64(len(c.text)) || !errors.Is(err, layout.ErrNoTable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file given as a table that is none says what it is.
func TestTableError(t *testing.T) {
	dir := made(t, imgtest.SmallMT6765())
	path := write(t, filepath.Join(dir, "photo.gif"), "GIF89a"+strings.Repeat("\x01", 5000))
	_, err := Open(t.Context(), filepath.Join(dir, "ROM_1"), Options{Table: path})
	var bad *TableError
	if !errors.As(err, &bad) || bad.Path != path || bad.Is == nil || !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("a picture as a table: %v", err)
	}
}

// Names are found as people write them, and unknown ones are told with those that there are.
func TestPartition(t *testing.T) {
	dir := made(t, imgtest.SmallMT6765())
	d, err := Open(t.Context(), filepath.Join(dir, "ROM_1"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, name := range []string{"boot", "BOOT", "bootimg", "boot.img"} {
		if it, err := d.Partition(name); err != nil || it.Name != "boot" {
			t.Errorf("%s: %v, %v", name, it, err)
		}
	}
	var no *NameError
	if _, err := d.Partition("bot"); !errors.As(err, &no) || len(no.Names) == 0 {
		t.Errorf("bot: %v", err)
	}
}

// Wishes that leave nothing are told from a dump that has nothing.
func TestWhyNothing(t *testing.T) {
	d := &Dump{Path: "D"}
	for name, c := range map[string]struct {
		w    plan.Wishes
		want func(error) bool
	}{
		"wishes": {plan.Wishes{Slot: "b"}, func(err error) bool { return errors.Is(err, plan.ErrNothing) }},
		"shared": {plan.Wishes{Keep: func(*plan.Item) bool { return false }}, func(err error) bool { return errors.Is(err, ErrNothingShared) }},
		"unread": {plan.Wishes{}, func(err error) bool { return errors.As(err, new(*UnreadError)) }},
	} {
		if err := d.whyNothing(c.w, plan.ErrNothing); !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A parts folder and a dump are verified by one call; a byte that changed is found.
func TestVerify(t *testing.T) {
	dir := made(t, imgtest.SmallMT6765())
	v, err := Verify(t.Context(), filepath.Join(dir, "ROM_1"), Options{})
	if err != nil || v.State != Complete || v.Proven || v.Boot == nil {
		t.Errorf("a dump: %+v, %v", v, err)
	}
	if err := os.Truncate(filepath.Join(dir, "ROM_1"), 4<<20); err != nil {
		t.Fatal(err)
	}
	v, err = Verify(t.Context(), filepath.Join(dir, "ROM_1"), Options{})
	if err != nil || v.State != Damaged || len(v.Missing) == 0 {
		t.Errorf("a cut dump: %+v, %v", v, err)
	}
}

// A folder whose writing was never finished is not called complete, even if all regions are long enough.
func TestUnfinishedIsNotComplete(t *testing.T) {
	dir := made(t, imgtest.SmallMT6765())
	for _, unfinished := range []bool{false, true} {
		if unfinished {
			if err := os.WriteFile(filepath.Join(dir, flash.MarkerName), []byte("{}"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		d, err := Open(t.Context(), dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		f, err := d.Facts()
		if err != nil || f.Phone.Complete == unfinished || f.Phone.Unfinished != unfinished {
			t.Errorf("unfinished %v: %+v, %v", unfinished, f.Phone, err)
		}
	}
}
