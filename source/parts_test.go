package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// writeAll writes files into a new folder.
func writeAll(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// cut divides b into numbered parts of n bytes.
func cut(b []byte, n, first int, format string) map[string][]byte {
	files := map[string][]byte{}
	for i := first; len(b) > 0; i++ {
		m := min(n, len(b))
		files[fmt.Sprintf(format, i)], b = b[:m], b[m:]
	}
	return files
}

func TestParts(t *testing.T) {
	want := sample()
	fat32 := cut(want, 900_000, 0, "ROM_0.%03d")
	fat32["ROM_0"] = fat32["ROM_0.000"]
	delete(fat32, "ROM_0.000")
	beside := cut(want, 900_000, 1, "ROM_1.%03d")
	beside["ROM_1"] = want
	beside["ROM_1.bak"] = nil
	for name, c := range map[string]struct {
		files  map[string][]byte
		open   []string
		joined bool
	}{
		"7z":         {cut(want, 300_000, 1, "ROM_1.%03d"), []string{"ROM_1.001", "ROM_1", "ROM_1.003"}, true},
		"split":      {cut(want, 300_000, 0, "ROM_1.%02d"), []string{"ROM_1.00", "ROM_1"}, true},
		"FAT32":      {fat32, []string{"ROM_0", "ROM_0.001"}, true},
		"compressed": {cut(packers["zst"](t, want), 10_000, 1, "ROM_1.zst.%03d"), []string{"ROM_1.zst.001", "ROM_1.zst"}, true},
		"the whole":  {beside, []string{"ROM_1"}, false},
		"one part":   {map[string][]byte{"ROM_1.001": want}, []string{"ROM_1.001"}, true},
		"a year":     {map[string][]byte{"ROM.2014": want, "ROM.24": want}, []string{"ROM.2014", "ROM.24"}, false},
	} {
		dir := writeAll(t, c.files)
		for _, n := range c.open {
			s := open(t, filepath.Join(dir, n), Options{})
			walk(t, s.Parts[0].Image, bytes.NewReader(want))
			if says(s.Problems, flash.Note, "joined from") != c.joined || flash.Worst(s.Problems) != flash.Note {
				t.Errorf("%s by %s: problems %v", name, n, s.Problems)
			}
			if c.joined && len(s.Files) != len(c.files) {
				t.Errorf("%s: files %v of %d", name, s.Files, len(c.files))
			}
		}
	}
}

func TestPartsMissing(t *testing.T) {
	for gone, open := range map[string]string{"ROM_1.001": "ROM_1", "ROM_1.003": "ROM_1.001"} {
		files := cut(sample(), 300_000, 1, "ROM_1.%03d")
		delete(files, gone)
		_, err := Open(context.Background(), filepath.Join(writeAll(t, files), open), Options{})
		var not *UnreadableError
		if !errors.As(err, &not) || !strings.Contains(not.Text, gone+" is missing") {
			t.Errorf("without %s: %v", gone, err)
		}
	}
	// A part that broke off displaces the rest.
	files := cut(sample(), 300_000, 1, "ROM_1.%03d")
	files["ROM_1.002"] = files["ROM_1.002"][:100]
	s := open(t, filepath.Join(writeAll(t, files), "ROM_1"), Options{})
	if !says(s.Problems, flash.Error, "ROM_1.002: has another size (0x64)") {
		t.Error(s.Problems)
	}
	if _, err := Open(context.Background(), filepath.Join(t.TempDir(), "ROM_1"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file at all: %v", err)
	}
}

// split(1) of GNU coreutils.
func TestPartsTool(t *testing.T) {
	if _, err := exec.LookPath("split"); err != nil {
		t.Skip("split is not installed")
	}
	want := sample()
	for _, flag := range []string{"--numeric-suffixes=1", "-d"} {
		path, dir := write(t, "ROM_1", want), t.TempDir()
		if out, err := exec.Command("split", "-a3", flag, "-b500000", path, filepath.Join(dir, "ROM_1.")).CombinedOutput(); err != nil {
			t.Skipf("split: %v: %s", err, out)
		}
		s := open(t, filepath.Join(dir, "ROM_1"), Options{})
		walk(t, s.Parts[0].Image, bytes.NewReader(want))
	}
}

// Block devices have their size elsewhere than files.
func TestBlockDevice(t *testing.T) {
	want := sample()
	want = want[:len(want)&^511]
	out, err := exec.Command("losetup", "-f", "--show", "-r", write(t, "ROM_1", want)).CombinedOutput()
	if err != nil {
		t.Skipf("no loop device: %v: %s", err, out)
	}
	dev := strings.TrimSpace(string(out))
	defer exec.Command("losetup", "-d", dev).Run()
	img, err := OpenFile(dev)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	flashtest.TestImage(t, img, want)
}

func TestNoFile(t *testing.T) {
	for _, path := range []string{os.DevNull, t.TempDir(), `\\.\PhysicalDrive1`} {
		if f, err := OpenFile(path); err == nil {
			f.Close()
			t.Errorf("%s was opened as a file", path)
		}
	}
}
