package words

import (
	"path/filepath"
	"strings"

	"github.com/mtkkit/mtkkit/source"
)

// OutputBeside returns the default path of an output: the path of the input without the endings of
// compressed files, plus ending. The output is beside the input.
func OutputBeside(path, ending string) string {
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
