package words

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
)

// rooms are the packages that put their names before their errors. They tell a developer where
// an error comes from, and a user nothing.
// So do those of the library that unpacks.
var rooms = regexp.MustCompile(`(^|: |\()(?:(?:acquire|backup|brom|capture|codes|da|disk|flash|host|layout|oci|plan|port|report|scatter|seal|source|split|flate|gzip|zip): )+`)

// notThisTail is the word by which programs tell a wrong format, where it ends a message: what
// is before it says what is wrong.
var notThisTail = regexp.MustCompile(`(?m)(?: at offset 0x[0-9a-f]+)?: ` + regexp.QuoteMeta(flash.ErrNotThis.Error()) + `$`)

// corruptInput is how the library that unpacks says that it cannot.
var corruptInput = regexp.MustCompile(`corrupt input before offset [0-9]+`)

// halls are rooms whose names are words of the field, too: only in front of all do they
// stand for the package.
var halls = regexp.MustCompile(`^(?:files|image|leak|lp|slot|whatis): `)

// Plain is an error's text without the names of packages. A file that the user named stays
// named, though it is called as a package is: typed are the words of the command line.
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

// Problem is a problem in plain words.
func Problem(p flash.Problem) flash.Problem {
	p.Text = plain(p.Text)
	if p.Place != "" { // the text of an error may begin with what it is about, too
		p.Text = strings.TrimPrefix(p.Text, p.Place+": ")
	}
	return p
}

// Printable keeps a terminal from acting on names that come from a dump.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// OneLine is Printable for what must stay in its line.
func OneLine(s string) string { return strings.ReplaceAll(Printable(s), "\n", "?") }

// IsFile reports whether something of that name is on the disk.
func IsFile(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
