package disk_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
)

func TestTryLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := disk.OpenOwn(path)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first, second := open(), open()
	defer second.Close()
	if !disk.TryLock(first) {
		t.Fatal("a file of nobody's cannot be locked")
	}
	if disk.TryLock(second) {
		t.Error("two hold one lock")
	}
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Errorf("an open file cannot be renamed: %v", err)
	}
	first.Close()
	if !disk.TryLock(second) {
		t.Error("the lock outlives its file")
	}
}

func TestVolumeOf(t *testing.T) {
	v, err := disk.VolumeOf(t.TempDir())
	if err != nil {
		t.Skipf("%s does not say: %v", runtime.GOOS, err)
	}
	if v.Free <= 0 {
		t.Errorf("%+v", v)
	}
	if _, err := disk.VolumeOf(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("what is not there has a file system")
	}
}
