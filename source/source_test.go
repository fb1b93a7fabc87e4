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

	"github.com/klauspost/compress/zstd"

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

func squeeze(t *testing.T, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

// sample has data, a hole, and data again.
func sample() []byte {
	b := make([]byte, 3<<20+77)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200 << 10 {
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

func TestUnpacked(t *testing.T) {
	want := sample()
	// Two frames, as parallel compressors write them.
	path := write(t, "ROM_1.zst", append(squeeze(t, want[:1<<20]), squeeze(t, want[1<<20:])...))
	s, err := Open(context.Background(), path, Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Unpacked || len(s.Problems) != 0 {
		t.Errorf("unpacked %v, problems %v", s.Unpacked, s.Problems)
	}
	flashtest.TestImage(t, s.Parts[0].Image, want)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A stream that breaks off is a dump that is cut: what came out is kept and told.
func TestBrokenStream(t *testing.T) {
	want := sample()
	whole := append(squeeze(t, want[:1<<20]), squeeze(t, want[1<<20:])...)
	for _, cut := range []int{len(whole) - 1, len(whole) - 1000} {
		s, err := Open(context.Background(), write(t, "ROM_1.zst", whole[:cut]), Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		img := s.Parts[0].Image
		if flash.Worst(s.Problems) != flash.Error || !strings.Contains(s.Problems[0].Text, "breaks off") {
			t.Errorf("cut at %d: problems %v", cut, s.Problems)
		}
		got, err := flash.ReadFull(img, 0, int(img.Size()))
		if err != nil || len(got) < 1<<20 || !bytes.HasPrefix(want, got) {
			t.Errorf("cut at %d: %d bytes, %v", cut, len(got), err)
		}
		s.Close()
	}
}

func TestNothingLeftBehind(t *testing.T) {
	tmp := t.TempDir()
	s, err := Open(context.Background(), write(t, "ROM_1.zst", squeeze(t, sample())), Options{TempDir: tmp})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, write(t, "ROM_1.zst", squeeze(t, sample())), Options{TempDir: tmp}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
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
		"gzip":  {[]byte{0x1f, 0x8b, 8, 0, 0, 0}, "gzip"},
		"xz":    {[]byte("\xfd7zXZ\x00\x00"), "xz"},
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
