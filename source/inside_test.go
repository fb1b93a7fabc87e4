package source

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

func linked(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Skipf("no links here: %v", err)
	}
}

// An untrusted folder may hold links; what they point at outside is not the dump.
func TestLinksInFolders(t *testing.T) {
	out, dir := userOnly(t), userOnly(t)
	put(t, filepath.Join(out, "BOOT_1"), []byte("somebody's own"))
	linked(t, filepath.Join(out, "BOOT_1"), filepath.Join(dir, "BOOT_1"))
	linked(t, filepath.Join("..", filepath.Base(out), "BOOT_1"), filepath.Join(dir, "RPMB"))
	linked(t, "none", filepath.Join(dir, "BOOT_2"))
	s := open(t, dir, Options{})
	if len(s.Parts) != 1 || !says(s.Problems, flash.Error, "BOOT_1: is, or is behind, a link that leaves the folder") || !says(s.Problems, flash.Error, "RPMB: is, or is behind") || !says(s.Problems, flash.Warning, "BOOT_2: is a link to a file that does not exist") {
		t.Errorf("%d parts, %v", len(s.Parts), s.Problems)
	}

	// A link within the folder is its own business, and so is one that the user names.
	if err := errors.Join(os.Remove(filepath.Join(dir, "BOOT_1")), os.Remove(filepath.Join(dir, "RPMB")), os.Remove(filepath.Join(dir, "BOOT_2")),
		os.Mkdir(filepath.Join(dir, "sub"), 0o777), os.Rename(filepath.Join(dir, "ROM_1"), filepath.Join(dir, "sub", "ROM_1"))); err != nil {
		t.Fatal(err)
	}
	linked(t, filepath.Join("sub", "ROM_1"), filepath.Join(dir, "ROM_1"))
	named := filepath.Join(t.TempDir(), "ROM_1")
	linked(t, filepath.Join(out, "ROM_1"), named)
	again := filepath.Join(t.TempDir(), "folder")
	linked(t, dir, again)
	for _, path := range []string{dir, named, again} {
		if s := open(t, path, Options{}); len(s.Parts) != 1 || flash.Worst(s.Problems) > flash.Note {
			t.Errorf("%s: %d parts, %v", path, len(s.Parts), s.Problems)
		}
	}
}

// userOnly writes the user area of the MT6765 into a new folder.
func userOnly(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(mt6765.WriteDump(dir), os.Remove(filepath.Join(dir, "BOOT_1")), os.Remove(filepath.Join(dir, "BOOT_2"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Parts and volumes of a folder are its files, too.
func TestLinkedPart(t *testing.T) {
	out := writeAll(t, map[string][]byte{"x": sample()})
	b := sample()
	dir := writeAll(t, map[string][]byte{"ROM_1.001": b[:len(b)/2]})
	linked(t, filepath.Join(out, "x"), filepath.Join(dir, "ROM_1.002"))
	var strange *disk.KindError
	if s, err := Open(t.Context(), dir, Options{}); !errors.As(err, &strange) {
		t.Errorf("%v, %v", s, err)
	}
}

// The regions of a dump folder lie in a folder of their own, which may be a link, too.
func TestLinkedRegions(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "dump")
	writeRecord(t, filepath.Join(dir, flash.ManifestName), dumpFolder(t, dir))
	if err := os.Rename(filepath.Join(dir, "regions"), filepath.Join(top, "regions-elsewhere")); err != nil {
		t.Fatal(err)
	}
	linked(t, filepath.Join("..", "regions-elsewhere"), filepath.Join(dir, "regions"))
	s := open(t, dir, Options{})
	if !says(s.Problems, flash.Error, "leaves the folder") || flash.Total(s.Parts[0].Unread) != s.Parts[0].Image.Size() {
		t.Errorf("%v", s.Problems)
	}
}

// What is found beside a file that the user named is a file of that folder; the one that is
// named may be a link.
func TestLinkedSibling(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(userOnly(t), "ROM_1"))
	if err != nil {
		t.Fatal(err)
	}
	dir, out := t.TempDir(), t.TempDir()
	put(t, filepath.Join(dir, "v.001"), b[:len(b)/2])
	put(t, filepath.Join(out, "rest"), b[len(b)/2:])
	put(t, filepath.Join(out, "map"), nil)
	linked(t, filepath.Join(out, "rest"), filepath.Join(dir, "v.002"))
	var kind *disk.KindError
	if _, err := Open(t.Context(), filepath.Join(dir, "v.001"), Options{}); !errors.As(err, &kind) {
		t.Errorf("a part that is elsewhere was opened: %v", err)
	}
	linked(t, filepath.Join(out, "map"), filepath.Join(dir, "v.map"))
	s := open(t, filepath.Join(dir, "v.002"), Options{})
	if got := s.User(); got == nil || got.Image.Size() != int64(len(b)) || !says(s.Problems, flash.Warning, "v.map: is, or is behind, a link") {
		t.Errorf("%+v, %v", got, s.Problems)
	}
}
