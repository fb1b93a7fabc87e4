package source

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func TestIsBootOf(t *testing.T) {
	for _, c := range []struct {
		dump, boot string
		want       bool
	}{
		{"rom_1", "boot_1", true}, {"rom_0", "preloader", true}, {"mt6592-rom_1", "mt6592-boot_1", true},
		{"user", "boot1", true}, {"phone.user", "phone.boot1", true},
		{"mt6592-rom_1", "mt6765-boot_1", false}, {"mt6592-rom_1", "boot_1", false}, {"rom_1", "old-boot_1", false},
		{"rom_1", "boot_2", false}, {"rom_1", "boot", false}, {"some dump", "boot_1", false}, {"", "", false},
	} {
		if got := isBootOf(c.dump, c.boot); got != c.want {
			t.Errorf("%s beside %s: %v", c.boot, c.dump, got)
		}
	}
}

func TestBeside(t *testing.T) {
	dir := t.TempDir()
	p := imgtest.SmallMT6592()
	if err := p.WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("scatter"), 0o666); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ROM_1")
	s, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := s.Beside(path)
	if !slices.Equal(b.Scatter, []string{filepath.Join(dir, p.ScatterName())}) || !slices.Equal(b.Boot1, []string{filepath.Join(dir, "BOOT_1")}) {
		t.Fatalf("%+v", b)
	}
	for _, no := range []string{Stdin, dir, filepath.Join(dir, "BOOT_1"), filepath.Join(dir, "missing")} {
		if b := s.Beside(no); len(b.Scatter)+len(b.Boot1) > 0 {
			t.Errorf("%s: %+v", no, b)
		}
	}

	if s.TakeBoot1(context.Background(), b.Boot1[0], func(flash.Image) bool { return false }) || len(s.Files) != 1 || len(s.Parts) != 1 {
		t.Errorf("one that is not wanted: files %q, %d parts", s.Files, len(s.Parts))
	}
	if !s.TakeBoot1(context.Background(), b.Boot1[0], func(flash.Image) bool { return true }) || s.Part(flash.EMMCBoot1) == nil || len(s.Files) != 2 {
		t.Errorf("files %q, parts %+v", s.Files, s.Parts)
	}
	if s.TakeBoot1(context.Background(), filepath.Join(dir, "missing"), func(flash.Image) bool { return true }) {
		t.Error("a file that is not there")
	}
	if err := s.TakeScatter(context.Background(), b.Scatter[0]); err != nil || s.Scatter != b.Scatter[0] || s.ScatterText == nil {
		t.Errorf("%v, %q", err, s.Scatter)
	}
}

// A link beside a dump may lead anywhere, and is left.
func TestBesideLinks(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	p := imgtest.SmallMT6592()
	if err := p.WriteDump(other); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(other, "ROM_1"), filepath.Join(dir, "ROM_1")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"BOOT_1", p.ScatterName()} {
		if err := os.Symlink(filepath.Join(other, name), filepath.Join(dir, name)); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	path := filepath.Join(dir, "ROM_1")
	s, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if b := s.Beside(path); len(b.Scatter)+len(b.Boot1) > 0 {
		t.Errorf("%+v", b)
	}
}
