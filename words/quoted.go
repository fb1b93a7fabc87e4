package words

import (
	"path/filepath"
	"runtime"
	"strings"
)

// Quoted returns a path as it is typed in a command.
func Quoted(path string) string {
	if runtime.GOOS == "windows" { // a backslash is the separator there, and no path contains a double quote
		if strings.ContainsAny(path, " '&;()^%!") {
			return `"` + path + `"`
		}
		return filepath.Clean(path)
	}
	if strings.ContainsAny(path, " '\"$&;()*?[]\\") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return filepath.Clean(path)
}
