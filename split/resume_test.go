package split

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// provable is an image that knows its sums, counts how often it is read and may fail.
type provable struct {
	b     []byte
	fails int64 // reads at or behind it fail; 0 never
	read  int64 // bytes
}

const proofStep = 64 << 10

func (p *provable) Size() int64 { return int64(len(p.b)) }
func (p *provable) ReadAt(b []byte, off int64) (int, error) {
	if p.fails > 0 && off+int64(len(b)) > p.fails {
		return 0, errors.New("the line broke")
	}
	p.read += int64(len(b))
	return image(p.b).ReadAt(b, off)
}
func (p *provable) NextSum(off int64) (int64, [sha256.Size]byte) {
	end := min(off+proofStep, p.Size())
	return end - off, sha256.Sum256(p.b[off:end])
}

func TestResume(t *testing.T) {
	b := patchwork(7, 3<<20+100)
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, part string)
		most   int64 // bytes that may be read again
	}{
		{"goes on", func(*testing.T, string) {}, 1<<20 + 1<<18},
		{"damaged", func(t *testing.T, part string) { poke(t, part, 100<<10) }, 3<<20 + 100 - 64<<10},
		{"cut", func(t *testing.T, part string) { check(t, os.Truncate(part, 1<<20)) }, 2<<20 + 100},
		{"grown", func(t *testing.T, part string) { check(t, os.Truncate(part, 9<<20)) }, 1<<20 + 1<<18},
		{"gone", func(t *testing.T, part string) { check(t, os.Remove(part)) }, 3<<20 + 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "p")
			broken := &provable{b: b, fails: 2 << 20}
			small := &provable{b: b[:1000]}
			f, err := Create(t.Context(), dir, outputsOf(broken, small), nil, Options{Workers: 1, Resume: true})
			check(t, err)
			if _, err := f.Copy(context.Background()); err == nil {
				t.Fatal("the image does not fail")
			}
			f.Leave()
			if r, err := Verify(t.Context(), dir, VerifyOptions{}); err != nil || r.OK {
				t.Errorf("what is left looks finished: %+v, %v", r, err)
			}
			c.damage(t, filepath.Join(dir, "big.img"+partSuffix))

			again := &provable{b: b}
			f, err = Create(t.Context(), dir, outputsOf(again, small), nil, Options{Workers: 1, Resume: true})
			check(t, err)
			defer f.Abandon()
			r, err := f.Copy(t.Context())
			check(t, err)
			if r[0].SHA256 != sha(b) {
				t.Errorf("sum %s, want %s", r[0].SHA256, sha(b))
			}
			check(t, f.Finish(&flash.Manifest{Schema: flash.ManifestSchema, Kind: flash.KindParts}))
			if got := tree(t, dir); got["big.img"] != string(b) || got["small.img"] != string(b[:1000]) || len(got) != 4 {
				t.Errorf("the files are not the images: %d files", len(got))
			}
			if again.read > c.most {
				t.Errorf("%d bytes were read again, at most %d are needed", again.read, c.most)
			}
		})
	}
}

// Without Resume the next run begins anew: nothing proves that the rests are wanted.
func TestNoResume(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	f, err := Create(t.Context(), dir, outputsOf(&provable{b: noise(1, 1<<20), fails: 1 << 19}), nil, Options{Workers: 1})
	check(t, err)
	if _, err := f.Copy(t.Context()); err == nil {
		t.Fatal("the image does not fail")
	}
	f.Leave()
	again := &provable{b: noise(1, 1<<20)}
	f, err = Create(t.Context(), dir, outputsOf(again), nil, Options{Workers: 1})
	check(t, err)
	defer f.Abandon()
	if _, err := f.Copy(t.Context()); err != nil || again.read != again.Size() {
		t.Errorf("%d bytes were read, %v", again.read, err)
	}
}

func TestOpen(t *testing.T) {
	d := newDump(3)
	dir := filepath.Join(t.TempDir(), "p")
	d.split(t, dir, Options{})
	o, err := Open(t.Context(), dir)
	check(t, err)
	defer o.Close()
	for i, out := range o.Outputs {
		b, err := flash.ReadFull(out.Image, 0, int(out.Image.Size()))
		if err != nil || out.Name != o.Manifest.Files[i].Name || sha(b) != o.Manifest.Files[i].SHA256 {
			t.Errorf("%s is not the file of the manifest: %v", out.Name, err)
		}
	}
	check(t, os.Truncate(filepath.Join(dir, "boot.img"), 5))
	if o, err := Open(t.Context(), dir); err == nil {
		o.Close()
		t.Error("a cut file was opened")
	}
	write(t, filepath.Join(dir, flash.MarkerName), []byte("{}"))
	_, err = Open(t.Context(), dir)
	refusal(t, err, flash.ReasonUnfinished)
	if _, err := Open(t.Context(), t.TempDir()); !errors.Is(err, ErrNoFolder) {
		t.Errorf("an empty folder: %v", err)
	}
}

func outputsOf(images ...flash.Image) []flash.Output {
	names := []string{"big.img", "small.img"}
	var out []flash.Output
	for i, img := range images {
		out = append(out, flash.Output{Name: names[i], Image: img})
	}
	return out
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func poke(t *testing.T, path string, off int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	check(t, err)
	defer f.Close()
	b := make([]byte, 1)
	_, err = f.ReadAt(b, off)
	check(t, err)
	b[0] ^= 0xff
	_, err = f.WriteAt(b, off)
	check(t, err)
}
