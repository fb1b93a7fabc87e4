package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
)

func TestOpenKinds(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("here"), 0o666); err != nil {
		t.Fatal(err)
	}
	link := symlink(t, file, filepath.Join(dir, "link"))
	for _, path := range []string{file, link} { // named by the user: links are his
		for _, open := range []func(string) (*os.File, error){disk.OpenPlain, disk.OpenDump} {
			f, err := open(path)
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
	others := map[string]string{dir: "folder"}
	if runtime.GOOS != "windows" {
		others["/dev/null"] = "device"
	}
	for path, want := range others {
		var kind *disk.KindError
		if _, err := disk.OpenPlain(path); !errors.As(err, &kind) || !strings.Contains(kind.Text, want) {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := disk.OpenDump(path); !errors.As(err, &kind) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := disk.OpenPlain(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestOpenIn(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "dir")
	for _, d := range []string{dir, filepath.Join(dir, "regions"), filepath.Join(top, "elsewhere")} {
		if err := os.Mkdir(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{filepath.Join(top, "secret"), filepath.Join(top, "elsewhere", "ROM_1"), filepath.Join(dir, "boot.img")} {
		if err := os.WriteFile(f, []byte(f), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	symlink(t, "boot.img", filepath.Join(dir, "inside"))
	symlink(t, filepath.Join("..", "secret"), filepath.Join(dir, "outside"))
	symlink(t, filepath.Join(top, "secret"), filepath.Join(dir, "absolute"))
	symlink(t, filepath.Join("..", "elsewhere"), filepath.Join(dir, "folder"))
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, want := range map[string]string{"boot.img": "", "inside": "", "outside": "leaves the folder", "absolute": "leaves the folder",
		filepath.Join("folder", "ROM_1"): "leaves the folder", "regions": "is a folder"} {
		f, err := disk.OpenIn(root, name)
		var kind *disk.KindError
		switch {
		case want == "" && err != nil, want != "" && (!errors.As(err, &kind) || !strings.Contains(kind.Text, want)):
			t.Errorf("%s: %v", name, err)
		}
		f.Close()
	}
	if _, err := disk.OpenIn(root, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestOpenOwnFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	for _, path := range []string{symlink(t, target, filepath.Join(dir, "lock")), dir} {
		var kind *disk.KindError
		if _, err := disk.OpenOwn(path); !errors.As(err, &kind) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was made through a link")
	}
}

func TestSyncDir(t *testing.T) {
	if err := disk.SyncDir(t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := disk.SyncDir(filepath.Join(t.TempDir(), "none")); err == nil && runtime.GOOS == "linux" {
		t.Error("a folder that is not there is on the disk")
	}
}

// symlink makes a link, and returns its path.
func symlink(t *testing.T, to, path string) string {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Skipf("no links here: %v", err)
	}
	return path
}

func TestInside(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "tree"), 0o777), os.WriteFile(filepath.Join(dir, "tree", "init"), []byte("#!"), 0o666)); err != nil {
		t.Fatal(err)
	}
	away := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(away, []byte("not yours"), 0o666); err != nil {
		t.Fatal(err)
	}
	symlink(t, away, filepath.Join(dir, "tree", "kernel"))
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	in := disk.Inside{Root: root}
	if b, err := fs.ReadFile(in, "tree/init"); err != nil || string(b) != "#!" {
		t.Error(string(b), err)
	}
	if list, err := fs.ReadDir(in, "tree"); err != nil || len(list) != 2 {
		t.Error(list, err)
	}
	var kind *disk.KindError
	if b, err := fs.ReadFile(in, "tree/kernel"); !errors.As(err, &kind) {
		t.Error(string(b), err)
	}
	if _, err := in.Open("../secret"); !errors.Is(err, fs.ErrInvalid) {
		t.Error(err)
	}
}
