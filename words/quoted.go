package words

import (
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
)

// Quoted returns a path, or another argument, as it is typed in a command. A shell takes it as one
// argument, and runs nothing that is in it: names of files can come from strangers.
func Quoted(path string) string {
	windows := runtime.GOOS == "windows"
	special := func(r rune) bool {
		if windows && strings.ContainsRune(`%,`, r) { // PowerShell makes two arguments of a comma
			return true
		}
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("%+,-./:=@_", r) && (r != '\\' || !windows)
	}
	switch {
	case path != "" && !strings.ContainsFunc(path, special):
		return filepath.Clean(path)
	case windows: // a backslash is the separator there, and no path contains a double quote
		return `"` + path + `"`
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
