package dump

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
)

// damagedZip is a package with a compressed image in which a byte has changed.
func damagedZip(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range []string{"boot", "dtbo", "lk"} {
		w, err := z.Create(name + ".img") // compressed
		if err == nil {
			_, err = w.Write(bytes.Repeat(imgtest.Noise(name, 1<<20), 1))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b := out.Bytes()
	b[bytes.Index(b, []byte("dtbo.img"))+20<<10] ^= 0xFF
	return b
}

// payloadWith is a payload with two partitions; change makes the second one wrong.
func payloadWith(change func(*imgtest.PayloadPartition)) []byte {
	part := func(name string) imgtest.PayloadPartition {
		b := imgtest.Noise(name, 16<<10)
		sum := sha256.Sum256(b)
		return imgtest.PayloadPartition{Name: name, Size: 16 << 10, SHA256: sum[:], Operations: []imgtest.PayloadOperation{{Data: b, Writes: [][2]uint64{{0, 4}}}}}
	}
	boot, dtbo := part("boot"), part("dtbo")
	change(&dtbo)
	return imgtest.Payload{BlockSize: 4096, Partitions: []imgtest.PayloadPartition{boot, dtbo}}.Bytes()
}

// One damaged image of a package is named, and the others are written.
func TestSplitDamagedPackage(t *testing.T) {
	for what, tt := range map[string]struct {
		file   string
		b      []byte
		text   string
		left   bool // dtbo is left out
		nohash bool
	}{
		"zip":          {"fw.zip", damagedZip(t), "dtbo.img: cannot be read, and is left out", true, false},
		"not hashed":   {"fw.zip", damagedZip(t), "dtbo.img: cannot be read, and is left out", true, true},
		"operation":    {"payload.bin", payloadWith(func(p *imgtest.PayloadPartition) { p.Operations[0].Sum = make([]byte, 32) }), "do not have their SHA-256", true, false},
		"wrong in all": {"payload.bin", payloadWith(func(p *imgtest.PayloadPartition) { p.SHA256 = make([]byte, 32) }), "the package states 000000", false, false},
	} {
		path, dir := filepath.Join(t.TempDir(), tt.file), filepath.Join(t.TempDir(), "parts")
		if err := os.WriteFile(path, tt.b, 0o666); err != nil {
			t.Fatal(err)
		}
		r := splitPackage(t, path, dir, split.Options{NoHash: tt.nohash})
		said := false
		for _, p := range r.Record.Problems {
			said = said || p.Severity == flash.Error && strings.Contains(p.String(), tt.text)
		}
		if !said || r.Record.Complete == tt.left {
			t.Errorf("%s: %v, complete %v", what, r.Record.Problems, r.Record.Complete)
		}
		if _, err := os.Stat(filepath.Join(dir, "boot.img")); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		left, _ := filepath.Glob(filepath.Join(dir, "dtbo*"))
		if (len(left) == 0) != tt.left {
			t.Errorf("%s: %v", what, left)
		}
		if tt.left {
			if v, err := Verify(context.Background(), dir, Options{}); err != nil || v.State == Complete || v.State == Broken {
				t.Errorf("%s: the folder: %v, %+v", what, err, v)
			}
		}
	}
}

func splitPackage(t *testing.T, path, dir string, opt split.Options) *SplitResult {
	t.Helper()
	d, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Split(context.Background(), p, dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// If nothing can be read, that is the error, and no folder is left.
func TestSplitLostPackage(t *testing.T) {
	path, dir := filepath.Join(t.TempDir(), "payload.bin"), filepath.Join(t.TempDir(), "parts")
	b := payloadWith(func(p *imgtest.PayloadPartition) { p.Operations[0].Sum = make([]byte, 32) })
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	d, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p, err := d.Plan(plan.Wishes{Only: []string{"dtbo"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Split(context.Background(), p, dir, split.Options{}); err == nil || !strings.Contains(err.Error(), "do not have their SHA-256") {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder is left")
	}
}
