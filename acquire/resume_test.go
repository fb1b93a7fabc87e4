package acquire

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// A run that is killed in its first moments leaves a folder that nothing was read into.
// That is told apart from a folder that is of something else.
func TestNotBegun(t *testing.T) {
	dir := t.TempDir()
	begun := func(want bool) {
		t.Helper()
		if err := Check(dir); !errors.Is(err, ErrNoDump) || errors.Is(err, ErrNotBegun) != want {
			t.Error(err)
		}
	}
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	begun(false)
	write(keyName + newSuffix)
	begun(true)
	write(keyName)
	if err := os.Mkdir(filepath.Join(dir, regionsDir), 0o777); err != nil {
		t.Fatal(err)
	}
	write(flash.ManifestName + partSuffix + newSuffix)
	begun(true)
	write(filepath.Join(regionsDir, "ROM_1"))
	begun(false)

	dir = t.TempDir()
	write("letter.txt")
	begun(false)
	dir = filepath.Join(dir, "none")
	begun(false)
}
