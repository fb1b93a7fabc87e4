package commands

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mtkkit/mtkkit/source"
)

// Texts that several commands need.

// besides returns the default path of an output: the input's path without the endings of compressed
// files, plus ending.
func besides(path, ending string) string {
	for _, ext := range []string{".zst", ".gz", ".xz", ".lz4", ".bz2", ".zip", ".001"} {
		path = strings.TrimSuffix(path, ext)
	}
	if path == source.Stdin {
		path = "stdin"
	}
	path = filepath.Clean(path)
	if base := filepath.Base(path); base == "." || base == ".." { // the folder's name is in its parent
		if abs, err := filepath.Abs(path); err == nil {
			path = filepath.Join(path, "..", filepath.Base(abs))
		}
	}
	return path + ending
}

// counted returns a number with a noun: 1 image, 2 images.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
