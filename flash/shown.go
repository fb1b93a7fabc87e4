package flash

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Shown returns a name from a table for a message. Characters that are not printable are escaped as
// by %q: line breaks, and those that control a terminal or the direction of writing.
func Shown(name string) string {
	if utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return name
	}
	quoted := strconv.Quote(name)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// ShownAll joins names for a message.
func ShownAll(names []string, sep string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = Shown(name)
	}
	return strings.Join(out, sep)
}
