package split

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestVerify(t *testing.T) {
	remove := func(name string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	cut := func(name string, size int64) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, name), size); err != nil {
				t.Fatal(err)
			}
		}
	}
	put := func(name, text string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { write(t, filepath.Join(dir, name), []byte(text)) }
	}
	cases := map[string]struct {
		change   func(t *testing.T, dir string)
		severity flash.Severity // of the loudest problem; -1: no problem at all
		place    string
		want     string
	}{
		"as it was":        {func(*testing.T, string) {}, -1, "", ""},
		"missing":          {remove("boot.img"), flash.Error, "boot.img", "missing"},
		"cut":              {cut("boot.img", 77), flash.Error, "boot.img", "cut"},
		"longer":           {cut("boot.img", 1<<20), flash.Error, "boot.img", "grown"},
		"scatter gone":     {remove("scatter.txt"), flash.Error, "scatter.txt", "missing"},
		"changed":          {put("scatter.txt", "- generAl\n"), flash.Error, "scatter.txt", "changed"},
		"no sums":          {remove(flash.SumsName), flash.Error, flash.SumsName, "missing"},
		"no line":          {put(flash.SumsName, ""), flash.Error, flash.SumsName, "does not list boot.img"},
		"strange line":     {put(flash.SumsName, "hello\n"), flash.Error, flash.SumsName, "line 1"},
		"other sum":        {put(flash.SumsName, sha(nil)+"  boot.img\n"), flash.Error, flash.SumsName, "another sum for boot.img"},
		"marker":           {put(flash.MarkerName, "{}"), flash.Error, flash.MarkerName, "not finished"},
		"an unlisted file": {put("holiday.jpg", "mine"), flash.Note, "holiday.jpg", "does not belong to this folder"},
		"a sum of an unlisted file": {func(t *testing.T, dir string) {
			b, _ := os.ReadFile(filepath.Join(dir, flash.SumsName))
			write(t, filepath.Join(dir, flash.SumsName), append(b, sha(nil)+" *holiday.jpg\n"...))
		}, flash.Warning, flash.SumsName, "holiday.jpg"},
		"what was said of the phone": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(m *flash.Manifest) {
				m.Kind, m.Problems = flash.KindDump, []flash.Problem{{Severity: flash.Warning, Place: "EMMC_BOOT_1", Text: "is not shown by Android"}}
			})
		}, flash.Warning, "EMMC_BOOT_1", "not shown"},
		"partial": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(m *flash.Manifest) { m.Complete = false })
		}, flash.Warning, flash.ManifestName, "a part of the dump"},
		"a folder for a file": {func(t *testing.T, dir string) {
			remove("boot.img")(t, dir)
			mkdir(t, filepath.Join(dir, "boot.img"))
		}, flash.Error, "boot.img", "not a regular file"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "p")
			newDump(1).split(t, dir, Options{})
			c.change(t, dir)
			r, err := Verify(t.Context(), dir, VerifyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if r.OK != (c.severity < flash.Error) || r.Partial != (name == "partial") || r.Files != 4 || r.Bytes != 3<<20-88<<10+10 {
				t.Errorf("%+v", r)
			}
			if c.severity < 0 {
				if len(r.Problems) != 0 {
					t.Errorf("%v", r.Problems)
				}
				return
			}
			if flash.Worst(r.Problems) != c.severity {
				t.Errorf("%v", r.Problems)
			}
			for _, p := range r.Problems {
				if p.Severity == c.severity && p.Place == c.place && strings.Contains(p.Text, c.want) {
					return
				}
			}
			t.Errorf("no word of %s and %q in %v", c.place, c.want, r.Problems)
		})
	}
}

func TestVerifyWithoutHashes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	newDump(1).split(t, dir, Options{NoHash: true})
	r, err := Verify(t.Context(), dir, VerifyOptions{})
	if err != nil || !r.OK || flash.Worst(r.Problems) != flash.Warning || len(r.Problems) != 1 || r.Unproven != 3 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestVerifyNothing(t *testing.T) {
	if _, err := Verify(t.Context(), t.TempDir(), VerifyOptions{}); !errors.Is(err, ErrNoFolder) {
		t.Errorf("an empty folder: %v", err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, flash.ManifestName), []byte(`{"schema":"mtkkit.manifest/1","files":[{"name":"../x"}]}`))
	var f *flash.FormatError
	if _, err := Verify(t.Context(), dir, VerifyOptions{}); !errors.As(err, &f) {
		t.Errorf("a hostile manifest: %v", err)
	}
}

func TestVerifyCancel(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	newDump(1).split(t, dir, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := Verify(ctx, dir, VerifyOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestVerifyCoverage: a manifest that forgets a partition describes a folder that cannot
// be joined, however right its files are.
func TestVerifyCoverage(t *testing.T) {
	d := newDump(1)
	dir := filepath.Join(t.TempDir(), "p")
	d.split(t, dir, Options{})
	for _, forget := range []int{1, 1 << 10} { // one, and all
		rewrite(t, dir, func(m *flash.Manifest) { m.Entries = m.Entries[min(forget, len(m.Entries)):] })
		r, err := Verify(t.Context(), dir, VerifyOptions{})
		if err != nil || r.OK {
			t.Errorf("%+v, %v", r, err)
		}
	}
}
