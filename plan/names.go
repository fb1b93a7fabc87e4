package plan

import (
	"fmt"
	"path"
	"strings"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
)

// SafeName turns a name from a table into a base name that is valid on every file system
// (flash.CheckFileName has the rules). It reports whether it changed anything. The result is
// empty if the name has no valid character.
func SafeName(name string) (string, bool) {
	s := strings.ReplaceAll(name, "\\", "/")
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		s = s[i+1:]
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar || strings.ContainsRune(`<>:"|?*`, r) {
			return '_'
		}
		return r
	}, s)
	s = strings.TrimRight(strings.TrimLeft(s, " "), " .")
	switch {
	case s == "":
		return "", true
	case s[0] == '-', s[0] == '.', flash.CheckFileName(shorten(s)) != nil: // an option, a hidden file, a Windows device
		s = "_" + s
	}
	s = shorten(s)
	return s, s != name
}

// shorten cuts a name to maxName bytes, between characters, without an ending that Windows would
// remove.
func shorten(s string) string {
	if len(s) > maxName {
		s = strings.ToValidUTF8(s[:maxName], "")
	}
	return strings.TrimRight(s, " .")
}

// maxName leaves room for suffixes within the usual limit of 255 bytes.
const maxName = 120

// names gives every file a different name, also if upper and lower case are equal.
type names map[string]bool

func (n names) take(want string) string {
	ext := path.Ext(want)
	stem := strings.TrimSuffix(want, ext)
	got := want
	for i := 2; n[strings.ToLower(got)]; i++ {
		got = fmt.Sprintf("%s_%d%s", stem, i, ext)
	}
	n[strings.ToLower(got)] = true
	return got
}
