package split

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestWriteTree(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tree")
	file := func(name string) flash.Output { return flash.Output{Name: name, Image: strings.NewReader(name)} }
	if err := WriteTree(dir, []flash.Output{file("a"), file("b/c/d"), file("../out")}); err == nil {
		t.Error("a name led out of the folder")
	}
	for _, gone := range []string{dir, dir + ".part", filepath.Join(dir, "../out")} {
		if _, err := os.Lstat(gone); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is there: %v", gone, err)
		}
	}
	if err := WriteTree(dir, []flash.Output{file("a"), file("b/c/d")}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b/c/d"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != name {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	err := WriteTree(dir, nil)
	if r := flash.AsRefusal(err); r == nil || r.Reason != flash.ReasonBeside {
		t.Errorf("a folder that is there: %v", err)
	}
}

// twoFaced is an image that reads otherwise the second time.
type twoFaced struct {
	*strings.Reader
	reads *int
}

func (i twoFaced) ReadAt(p []byte, off int64) (int, error) {
	n, err := i.Reader.ReadAt(p, off)
	if *i.reads++; *i.reads > 1 && n > 0 {
		p[0] ^= 1
	}
	return n, err
}

func TestReadBack(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if _, err := WriteImage(t.Context(), strings.NewReader("image"), out, ImageOptions{ReadBack: true}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(out); err != nil || string(b) != "image" {
		t.Errorf("%q, %v", b, err)
	}
	_, err := WriteImage(t.Context(), twoFaced{strings.NewReader("image"), new(int)}, out+"2", ImageOptions{ReadBack: true})
	if err == nil || !strings.Contains(err.Error(), "the bytes that were read back differ") {
		t.Errorf("an image that is not what was written: %v", err)
	}
	if _, err := os.Lstat(out + "2"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is there: %v", err)
	}
}
