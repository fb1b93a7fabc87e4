package words

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
)

// rooms matches the names of packages before error texts, those of the unpacking libraries, too.
// They tell a developer where an error comes from, and are of no use to a user.
var rooms = regexp.MustCompile(`(^|: |\()(?:(?:acquire|backup|brom|capture|codes|da|disk|flash|host|layout|oci|plan|port|report|scatter|seal|source|split|flate|gzip|zip): )+`)

// notThisTail matches flash.ErrNotThis at the end of a message. The text before it already says
// what is wrong.
var notThisTail = regexp.MustCompile(`(?m)(?: at offset 0x[0-9a-f]+)?: ` + regexp.QuoteMeta(flash.ErrNotThis.Error()) + `$`)

// corruptInput is the message of the unpacking library for damaged data.
var corruptInput = regexp.MustCompile(`corrupt input before offset [0-9]+`)

// halls matches package names that are also words of the field. They are only removed at the
// start of a text.
var halls = regexp.MustCompile(`^(?:files|image|leak|lp|slot|whatis): `)

// Plain returns an error's text without the names of packages. Typed are the words of the command
// line: a file named there keeps its name, even if a package has the same name.
func Plain(text string, typed ...string) string {
	for rest := text; ; {
		word, after, more := strings.Cut(rest, ": ")
		if more && slices.ContainsFunc(typed, func(w string) bool { return w == word || strings.HasSuffix(w, "="+word) }) && IsFile(word) {
			return word + ": " + plain(after)
		}
		if rest = after; !more || rooms.ReplaceAllString(word+": ", "") != "" {
			return plain(text)
		}
	}
}

func plain(text string) string {
	text = notThisTail.ReplaceAllString(text, "")
	text = corruptInput.ReplaceAllString(text, "its compressed data are damaged")
	return rooms.ReplaceAllString(halls.ReplaceAllString(text, ""), "$1")
}

// Problem returns p with a text without the names of packages.
func Problem(p flash.Problem) flash.Problem {
	p.Text = plain(p.Text)
	if p.Place != "" { // the text of an error may begin with the same name
		p.Text = strings.TrimPrefix(p.Text, p.Place+": ")
	}
	return p
}

// Printable replaces unprintable characters, so that names from a dump cannot control a terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// OneLine is Printable for text that must stay on one line.
func OneLine(s string) string { return strings.ReplaceAll(Printable(s), "\n", "?") }

// IsFile reports whether a file or folder of that name is on the disk.
func IsFile(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
