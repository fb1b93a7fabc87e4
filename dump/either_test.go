package dump

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/plan"
)

// A dump, an image and a folder open as what they are.
func TestOpenAny(t *testing.T) {
	p := imgtest.SmallMT6765()
	dir := made(t, p)
	boot := write(t, filepath.Join(dir, "boot.img"), string(p.User.Range(p.Row("boot").Extent)))
	for path, isDump := range map[string]bool{filepath.Join(dir, "ROM_1"): true, dir: true, boot: false} {
		o, err := OpenAny(t.Context(), []string{path}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if (o.Dump != nil) != isDump || (o.Image == nil) != isDump {
			t.Errorf("%s: dump %v, image %v", filepath.Base(path), o.Dump != nil, o.Image != nil)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := OpenAny(t.Context(), []string{filepath.Join(dir, "none")}, Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// A partition of a dump is its bytes, and the image alone is the same.
func TestOpenSlice(t *testing.T) {
	p := imgtest.SmallMT6765()
	dir := made(t, p)
	want := p.User.Range(p.Row("boot").Extent)
	boot := write(t, filepath.Join(dir, "boot.img"), string(want))
	for _, c := range [][2]string{{filepath.Join(dir, "ROM_1"), "boot"}, {boot, ""}} {
		o, err := OpenSlice(t.Context(), []string{c[0]}, c[1], Options{})
		if err != nil {
			t.Fatalf("%q: %v", c, err)
		}
		if got, err := flash.ReadFull(o.Image, 0, len(want)); err != nil || o.Image.Size() != int64(len(want)) || !bytes.Equal(got, want) {
			t.Errorf("%q: %v, or other bytes", c, err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	var unknown *NameError
	old := made(t, imgtest.SmallMT6592())
	if _, err := OpenSlice(t.Context(), []string{filepath.Join(old, "ROM_1")}, "nosuch", Options{}); !errors.As(err, &unknown) {
		t.Errorf("no partition of this name: %v", err)
	}
}

// A dump without super has no logical partitions, and says so.
func TestOpenLogicalWithout(t *testing.T) {
	dir := made(t, imgtest.SmallMT6592())
	if l, err := OpenLogical(t.Context(), []string{filepath.Join(dir, "ROM_1")}, "", Options{Alone: true}); err == nil {
		l.Opened.Close()
		t.Error("logical partitions of a phone of 2014")
	}
}

// Copy writes what the dump has and reports what it has not.
func TestCopy(t *testing.T) {
	p := imgtest.SmallMT6765()
	dir := made(t, p)
	row := p.Row("boot").Extent
	rom := filepath.Join(dir, "ROM_1")
	for _, cut := range []int64{0, row.Length / 2} {
		if cut > 0 {
			if err := os.Truncate(rom, row.Offset+cut); err != nil {
				t.Fatal(err)
			}
		}
		d, err := Open(t.Context(), rom, Options{Alone: true})
		if err != nil {
			t.Fatal(err)
		}
		it, err := d.Partition("boot")
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		problems, err := d.Copy(t.Context(), &out, it)
		want := p.User.Range(row)
		if cut > 0 {
			want = want[:cut]
		}
		if err != nil || !bytes.Equal(out.Bytes(), want) {
			t.Errorf("cut at 0x%x: %v, %d bytes, want %d", cut, err, out.Len(), len(want))
		}
		if worst := flash.Worst(problems); (worst == flash.Error) != (cut > 0) {
			t.Errorf("cut at 0x%x: %v", cut, problems)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := (&Dump{}).Copy(cancelled(t), &bytes.Buffer{}, &plan.Item{Image: p.User, ManifestEntry: flash.ManifestEntry{Present: 1}}); err == nil {
		t.Error("a copy goes on behind the end of its context")
	}
}

func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
