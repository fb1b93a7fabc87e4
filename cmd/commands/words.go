package commands

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mtkkit/mtkkit/source"
)

// Words that several commands need.

// besides names a folder beside what the user named: without the endings of what it was
// packed in.
func besides(path, ending string) string {
	for _, ext := range []string{".zst", ".gz", ".xz", ".lz4", ".bz2", ".zip", ".001"} {
		path = strings.TrimSuffix(path, ext)
	}
	if path == source.Stdin {
		path = "stdin"
	}
	path = filepath.Clean(path)
	if base := filepath.Base(path); base == "." || base == ".." { // the folder has its name, in another one
		if abs, err := filepath.Abs(path); err == nil {
			path = filepath.Join(path, "..", filepath.Base(abs))
		}
	}
	return path + ending
}

// counted is a number of things: 1 image, 2 images.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
