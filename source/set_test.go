package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// Files named one by one are told apart by their content, in any order and under any name.
func TestOpenSet(t *testing.T) {
	dir := t.TempDir()
	if err := imgtest.MT6765().WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	path := func(name string) string { return filepath.Join(dir, name) }
	for from, to := range map[string]string{"ROM_1": "b", "BOOT_1": "a"} {
		if err := os.Rename(path(from), path(to)); err != nil {
			t.Fatal(err)
		}
	}
	for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		s, err := OpenSet(t.Context(), []string{path(order[0]), path(order[1])}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s.Storage != flash.EMMC || s.User() == nil || s.User().Source != "b" || s.Part(flash.EMMCBoot1) == nil || len(s.Holes) > 0 {
			t.Errorf("%v: %+v", order, s.Parts)
		}
		s.Close()
	}
	one, err := OpenSet(t.Context(), []string{path("b")}, Options{})
	if err != nil || len(one.Parts) != 1 {
		t.Errorf("%v", err)
	} else {
		one.Close()
	}
	var not *UnreadableError
	for _, c := range []struct {
		paths []string
		want  any
	}{{[]string{path("b"), dir}, &not}, {[]string{path("b"), path("b")}, &not}} {
		if _, err := OpenSet(t.Context(), c.paths, Options{}); !errors.As(err, c.want) {
			t.Errorf("%v: %v", c.paths, err)
		}
	}
	if _, err := OpenSet(t.Context(), []string{path("b"), path("none")}, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// What no file of a folder holds is a hole of the source, not only zeros.
func TestHoles(t *testing.T) {
	dir := t.TempDir()
	if err := imgtest.MT6765().WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 0x8000)
	f, err := os.Open(filepath.Join(dir, "ROM_1"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.ReadAt(head, 0); err != nil {
		t.Fatal(err)
	}
	rl := t.TempDir()
	for name, b := range map[string][]byte{"gpt.bin": head, "boot.bin": []byte("x")} {
		if err := os.WriteFile(filepath.Join(rl, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(context.Background(), rl, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	user := s.User().Image.Size()
	if got := s.Holes[flash.EMMCUser]; len(got) != 1 || got[0].Offset != 0x8000 || got[0].End() != user-1 {
		t.Errorf("%v of 0x%x bytes", got, user)
	}
	if got := s.User().Unread; len(flash.Without(s.Holes[flash.EMMCUser], got)) > 0 {
		t.Errorf("of the partitions, only %v are said to be unread", got)
	}
}
