package layout

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// between finds the range that holds a place.
func between(t *testing.T, l *Layout, at int64) Stretch {
	t.Helper()
	for _, s := range l.Between {
		if s.Offset <= at && at < s.End() {
			return s
		}
	}
	t.Fatalf("no stretch without a name holds 0x%x: %+v", at, l.Between)
	return Stretch{}
}

// A phone with an MBR and no scatter file: what lies between its rows is not blank, what
// stands in it gives names, and so do the labels of file systems in rows.
func TestUnnamed(t *testing.T) {
	p := imgtest.SmallMT6592()
	l := resolve(t, userOnly(p), Options{})
	nvram := between(t, l, p.Row("NVRAM").Offset)
	if nvram.Blank || len(nvram.Guess) > 0 || nvram.Offset > p.Row("PRO_INFO").Offset {
		t.Errorf("around nvram: %+v", nvram)
	}
	if s := between(t, l, p.Row("UBOOT").Offset); s.Blank || !slices.Contains(s.Guess, "lk") || !slices.Contains(s.Guess, "recovery") {
		t.Errorf("around the boot images: %+v", s)
	}
	if s := between(t, l, 0x200); !s.Blank {
		t.Errorf("the zeros behind the MBR: %+v", s)
	}
	if s := between(t, l, p.Row("FRP").Offset); !s.Blank || s.Extent != p.Row("FRP").Extent {
		t.Errorf("a row of zeros: %+v", s)
	}
	for _, row := range l.Table.Partitions {
		if want := map[int64]string{p.Row("PROTECT_F").Offset: "protect_f", p.Row("ANDROID").Offset: "system"}[row.Offset]; want != "" && row.Guess != want {
			t.Errorf("%s at 0x%x: guess %q, want %q", row.Name, row.Offset, row.Guess, want)
		}
	}
	if guess, yes := l.Unnamed(nvram.Extent); guess != "" || !yes {
		t.Errorf("unnamed %q %v", guess, yes)
	}
	if _, yes := l.Unnamed(flash.Extent{Offset: nvram.Offset + 1, Length: 1}); yes {
		t.Error("a part of a stretch is none")
	}
}

// What nvram has in front of its content gives it away, wherever it begins.
func TestUnnamedNVRAM(t *testing.T) {
	for _, path := range []string{"/data/nvram/md/NVRAM/NVD_IMEI/MP0B_001", "/mnt/vendor/nvdata/APCFG/APRDEB/BT_Addr"} {
		p := imgtest.SmallMT6592()
		b := make([]byte, 16, 64)
		d := userOnly(p)
		d.Parts[0].Image = patched{d.Parts[0].Image, p.Row("NVRAM").Offset, append(b, path...)}
		if s := between(t, resolve(t, d, Options{}), p.Row("NVRAM").Offset); !slices.Equal(s.Guess, []string{"nvram"}) {
			t.Errorf("%s: %+v", path, s)
		}
	}
}

// Nothing is blank that was not read: not on a phone, which is slow, not where the flash could
// not be read, and not in a hole.
func TestUnnamedUnread(t *testing.T) {
	p := imgtest.SmallMT6592()
	for what, edit := range map[string]func(*flash.Device, *Options){
		"phone": func(_ *flash.Device, o *Options) { o.TablesOnly = true },
		"hole":  func(d *flash.Device, _ *Options) { d.Parts[0].Unread = []flash.Extent{{Offset: 0x400, Length: 0x200}} },
		"bad":   func(d *flash.Device, _ *Options) { d.Parts[0].Image = unreadable{d.Parts[0].Image, 0x400} },
	} {
		d, opt := userOnly(p), Options{}
		edit(d, &opt)
		if s := between(t, resolve(t, d, opt), 0x400); s.Blank {
			t.Errorf("%s: %+v", what, s)
		}
	}
}

// Tables that name their partitions leave only what lies between them without a name. One
// that lost the row of nvram leaves it, too.
func TestNamed(t *testing.T) {
	p := imgtest.SmallMT6592()
	for what, l := range map[string]*Layout{
		"scatter": resolve(t, userOnly(p), Options{Claim: claimOf(t, p)}),
		"gpt":     resolve(t, imgtest.MT6765().Device(), Options{}),
	} {
		for _, s := range l.Between {
			if slices.ContainsFunc(l.Table.Partitions, func(r flash.Partition) bool { return r.Region == l.User && r.Placed() && r.Overlaps(s.Extent) }) {
				t.Errorf("%s: a row is in %+v", what, s)
			}
		}
	}
	nvram := p.Row("NVRAM")
	claim := claimOf(t, p)
	all := claim.Table
	claim.Table = func(size int64) *flash.Table {
		out := *all(size)
		out.Partitions = slices.DeleteFunc(slices.Clone(out.Partitions), func(r flash.Partition) bool { return r.Name == nvram.Name })
		return &out
	}
	if s := between(t, resolve(t, userOnly(p), Options{Claim: claim}), nvram.Offset); s.Blank {
		t.Errorf("nvram without a row: %+v", s)
	}
}

// Without any table the names are guesses, and what lies between them has none at all.
func TestUnnamedContent(t *testing.T) {
	p := imgtest.SmallMT6592()
	d := userOnly(p)
	for _, at := range []int64{0, p.Row("EBR1").Offset, p.Row("EBR2").Offset} {
		d.Parts[0].Image = patched{d.Parts[0].Image, at, make([]byte, 512)}
	}
	l := resolve(t, d, Options{})
	if l.Witness != "content" {
		t.Fatalf("witness %s", l.Witness)
	}
	if s := between(t, l, p.Row("NVRAM").Offset); s.Blank {
		t.Errorf("around nvram: %+v", s)
	}
	for _, row := range l.Table.Partitions {
		if row.Witness != flash.Guessed || row.Guess != "" {
			t.Errorf("%+v", row)
		}
	}
}

// Labels are untrusted.
func TestOwnNameSafe(t *testing.T) {
	for label, want := range map[string]bool{"protect_f": true, "a b": false, "\x1b[2J": false, strings.Repeat("x", 99): false, "": false} {
		if got := safeName.MatchString(label); got != want {
			t.Errorf("%q: %v", label, got)
		}
	}
}

// patched is an image with other bytes at a place.
type patched struct {
	flash.Image
	at   int64
	with []byte
}

func (p patched) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.Image.ReadAt(b, off)
	for i, c := range p.with {
		if j := p.at + int64(i) - off; j >= 0 && j < int64(n) {
			b[j] = c
		}
	}
	return n, err
}

// unreadable is an image with a bad place.
type unreadable struct {
	flash.Image
	at int64
}

func (u unreadable) ReadAt(b []byte, off int64) (int, error) {
	if off <= u.at && u.at < off+int64(len(b)) {
		return 0, errors.New("bad sector")
	}
	return u.Image.ReadAt(b, off)
}

func TestUnnamedCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Resolve(ctx, userOnly(imgtest.SmallMT6592()), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
