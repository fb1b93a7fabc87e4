//go:build unix

package ui

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Everything that is not a file or a folder is shown as what it is. Nothing is opened: opening the
// pipe would not return.
func TestListFolderKinds(t *testing.T) {
	t.Chdir(t.TempDir()) // the path of a socket must be short
	fill(t, ".", "file", "folder/", ".hidden", ".folder/")
	for name, to := range map[string]string{"to file": "file", "to folder": "folder", "to nothing": "x", "to itself": "to itself", "to device": "/dev/null", "to pipe": "pipe"} {
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	want := map[string]entryKind{
		"file": kindFile, "folder": kindFolder, "pipe": kindPipe, "socket": kindSocket, "to file": kindFile, "to folder": kindFolder,
		"to nothing": kindBroken, "to itself": kindBroken, "to device": kindDevice, "to pipe": kindPipe,
	}
	check := func(hidden bool) {
		t.Helper()
		list, err := listFolder(".", hidden)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]entryKind{}
		for _, e := range list.Entries {
			got[e.Name] = e.Kind
			if e.Dir != (e.Kind == kindFolder) || (e.Size > 0) != (e.Kind == kindFile) || filepath.Base(e.Path) != e.Name {
				t.Errorf("%+v", e)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	check(false)
	want[".hidden"], want[".folder"] = kindFile, kindFolder
	check(true)

	for _, name := range []string{"pipe", "to pipe", "to device", "socket"} {
		if _, err := listFolder(name, false); !errors.Is(err, syscall.ENOTDIR) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := listFolder("to nothing", false); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestListFolderNoRight(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may list every folder")
	}
	dir := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(dir, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := listFolder(dir, false); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}
