package source

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// sample has data, a hole, and data again.
func sample() []byte {
	b := make([]byte, 2<<20+77)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 50 << 10 {
		b[i] = byte(r.Uint32())
		b[len(b)-1-i] = byte(r.Uint32())
	}
	return b
}

func TestFile(t *testing.T) {
	want := sample()
	img, err := OpenFile(write(t, "ROM_1", want))
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	flashtest.TestImage(t, img, want)
}

func TestFileWithHoles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ROM_1")
	s := imgtest.NewSparse(8 << 20)
	s.Put(4<<20, []byte("in the middle"))
	if err := s.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	img, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	flashtest.TestImage(t, img, s.Bytes())
}

// walk compares two images where either has data.
func walk(t *testing.T, got, want flash.Image) {
	t.Helper()
	if got == nil || got.Size() != want.Size() {
		t.Fatalf("image %v, want 0x%x bytes", got, want.Size())
	}
	const step = 1 << 20
	for off := int64(0); off < want.Size(); {
		a, err := flash.NextData(got, off)
		if err != nil {
			t.Fatal(err)
		}
		b, err := flash.NextData(want, off)
		if err != nil {
			t.Fatal(err)
		}
		if a.Length == 0 && b.Length == 0 {
			return
		}
		if off = a.Offset; b.Length > 0 && (b.Offset < off || a.Length == 0) {
			off = b.Offset
		}
		n := int(min(step, want.Size()-off))
		x, err := flash.ReadFull(got, off, n)
		if err != nil {
			t.Fatal(err)
		}
		y, err := flash.ReadFull(want, off, n)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(x, y) {
			t.Fatalf("differs between 0x%x and 0x%x", off, off+int64(n))
		}
		off += int64(n)
	}
}

// open opens a path that must open, and closes it with the test.
func open(t *testing.T, path string, opt Options) *Source {
	t.Helper()
	if opt.TempDir == "" {
		opt.TempDir = t.TempDir()
	}
	s, err := Open(context.Background(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(opt.TempDir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	return s
}

// says reports whether a problem of that severity holds the text.
func says(ps []flash.Problem, sev flash.Severity, text string) bool {
	for _, p := range ps {
		if p.Severity == sev && strings.Contains(p.String(), text) {
			return true
		}
	}
	return false
}

// What people feed to dump tools by mistake is called by its name.
func TestNotADump(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		says  string
	}{
		"empty": {nil, "empty"},
		"lfs":   {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"), "Git LFS"},
		"html":  {[]byte("\ufeff  <!DOCTYPE html><html>"), "web page"},
		"gzip":  {[]byte{0x1f, 0x8b, 8, 0, 0, 0}, "damaged from its first bytes"},
		"xz":    {[]byte("\xfd7zXZ\x00\x00"), "damaged from its first bytes"},
		"zip":   {[]byte("PK\x03\x04 and no directory"), "cut or damaged"},
		"7z":    {[]byte("7z\xbc\xaf\x27\x1c\x00\x04"), "7z archive"},
		"tar":   {append(make([]byte, 257), "ustar\x0000"...), "tar archive"},
	} {
		_, err := Open(context.Background(), write(t, name, c.bytes), Options{})
		var bad *UnreadableError
		if !errors.As(err, &bad) || !strings.Contains(bad.Text, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRegions(t *testing.T) {
	for name, c := range map[string]struct {
		phone *imgtest.Phone
		want  []flash.Region
	}{
		"eMMC": {imgtest.MT6592(), []flash.Region{flash.EMMCUser, flash.EMMCBoot1, flash.EMMCBoot2}},
		"UFS":  {imgtest.MT6893(), []flash.Region{flash.UFSLU2, flash.UFSLU0, flash.UFSLU1}},
	} {
		dir := t.TempDir()
		if err := c.phone.WriteDump(dir); err != nil {
			t.Fatal(err)
		}
		in := func(n string) string { return filepath.Join(dir, n) }
		s, err := Open(context.Background(), in("ROM_1"), Options{Boot1: in("BOOT_1"), Boot2: in("BOOT_2")})
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range s.Parts {
			if p.Region != c.want[i] {
				t.Errorf("%s: part %d (%s) is %s, want %s", name, i, p.Source, p.Region, c.want[i])
			}
		}
		s.Close()
		// The boot region alone is known by its header.
		s, err = Open(context.Background(), in("BOOT_1"), Options{})
		if err != nil || !s.Parts[0].Region.IsBoot() {
			t.Errorf("%s: BOOT_1 alone: %+v, %v", name, s, err)
		}
		s.Close()
		if _, err := Open(context.Background(), in("BOOT_1"), Options{Boot1: in("BOOT_1")}); err == nil {
			t.Errorf("%s: the same region twice was taken", name)
		}
	}
}
