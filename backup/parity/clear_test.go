package parity

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
)

// What a killed run left goes; what another run is writing stays, and a link is nobody's.
func TestClear(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phone.tar.zst")
	part := path + Suffix + partSuffix
	there := func() bool { _, err := os.Lstat(part); return err == nil }
	if err := Clear(path); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(part, []byte("half of it"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := disk.OpenOwn(part)
	if err != nil || !disk.TryLock(f) {
		t.Fatal(err)
	}
	if err := Clear(path); err != nil || !there() {
		t.Errorf("taken from another run: %v", err)
	}
	f.Close()
	if err := Clear(path); err != nil || there() {
		t.Errorf("not cleared: %v", err)
	}
}
