package ui

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
)

// cleanTyped returns the path that a person means who typed or pasted s: without spaces around
// it, without quotes, the path of a file:// address, and with the home folder for a leading ~.
func cleanTyped(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) // Windows copies paths with invisible marks of direction
	})
	if n := len(s); n >= 2 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') {
		s = s[1 : n-1]
	}
	if len(s) >= 7 && strings.EqualFold(s[:7], "file://") {
		return fileAddress(s)
	}
	if s == "~" || strings.HasPrefix(s, "~/") || strings.HasPrefix(s, "~"+string(filepath.Separator)) {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, s[1:])
		}
	}
	if runtime.GOOS == "windows" && len(s) == 2 && s[1] == ':' {
		return s + `\` // C: alone is the current folder of that drive
	}
	return s
}

// fileAddress returns the path of a file:// address, or s if it is none. A host is a server on
// Windows; elsewhere the address of another computer has no path here. Nothing is cut off at "?"
// or "#": a correct address has them in a name only in their encoded form.
func fileAddress(s string) string {
	host, path, _ := strings.Cut(s[len("file://"):], "/")
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	onWindows, here := runtime.GOOS == "windows", host == "" || strings.EqualFold(host, "localhost")
	switch {
	case onWindows && here: // file:///C:/x
		return filepath.FromSlash(path)
	case onWindows:
		return filepath.FromSlash("//" + host + "/" + path)
	case here:
		return "/" + path
	}
	return s
}
