package ui

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// fill makes files, and folders for names that end in a slash.
func fill(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func entryNames(list *folderList) (names []string) {
	for _, e := range list.Entries {
		names = append(names, e.Name)
	}
	return names
}

func TestListFolder(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, "b.bin", "A.bin", "a.bin", "Ñ", "zeta/", "Alpha/", "ROM_1")
	made := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(dir, "ROM_1"), made, made); err != nil {
		t.Fatal(err)
	}
	list, err := listFolder(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if list.Path != dir || list.Parent != filepath.Dir(dir) || list.Rest != 0 {
		t.Errorf("%+v", list)
	}
	if diff := cmp.Diff([]string{"Alpha", "zeta", "A.bin", "a.bin", "b.bin", "ROM_1", "Ñ"}, entryNames(list)); diff != "" {
		t.Error(diff)
	}
	for i, want := range map[int]folderEntry{
		0: {Name: "Alpha", Path: filepath.Join(dir, "Alpha"), Dir: true, Kind: kindFolder},
		5: {Name: "ROM_1", Path: filepath.Join(dir, "ROM_1"), Size: 5, ModTime: made, Kind: kindFile},
	} {
		got := list.Entries[i]
		if want.Dir {
			want.ModTime = got.ModTime
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(folderEntry{})); diff != "" || got.ModTime.IsZero() {
			t.Error(diff)
		}
	}
}

func TestListFolderRest(t *testing.T) {
	dir := t.TempDir()
	for i := range maxEntries + 2 {
		fill(t, dir, fmt.Sprintf("f%05d", i))
	}
	fill(t, dir, "z/")
	list, err := listFolder(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	names := entryNames(list)
	if len(names) != maxEntries || list.Rest != 3 || names[0] != "z" || names[1] != "f00000" || names[maxEntries-1] != fmt.Sprintf("f%05d", maxEntries-2) {
		t.Errorf("%d entries from %s to %s, %d more", len(names), names[0], names[len(names)-1], list.Rest)
	}
}

func TestListFolderRoot(t *testing.T) {
	root := filepath.VolumeName(t.TempDir()) + string(filepath.Separator)
	list, err := listFolder(root, false)
	if err != nil || list.Parent != "" || list.Path != root {
		t.Errorf("%+v, %v", list, err)
	}
	t.Chdir(root)
	if list, err := listFolder(".", false); err != nil || list.Path != root {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestListFolderErrors(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, "file")
	for _, c := range []struct {
		name, says string
		is         error
	}{
		{"missing", "there is no such folder", fs.ErrNotExist},
		{"file", "this is a file and not a folder", syscall.ENOTDIR},
	} {
		path := filepath.Join(dir, c.name)
		list, err := listFolder(path, false)
		if list != nil || !errors.Is(err, c.is) || !strings.HasPrefix(err.Error(), path+": "+c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	err := folderError("/x", &fs.PathError{Op: "open", Path: "/x/.", Err: syscall.EACCES}) // root may list everything
	if want := fmt.Sprintf("/x: you have no right to list this folder (%v)", syscall.EACCES); !errors.Is(err, fs.ErrPermission) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
