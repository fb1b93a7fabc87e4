package scatter

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// maxLine is the longest line that is accepted, in bytes.
const maxLine = 64 << 10

const (
	byteOrderMark = "\xef\xbb\xbf"
	blanks        = " \t\r\n"
)

// split cuts a file into lines, each with its line end; only the last may have none.
// XML may be one line.
func split(b []byte) ([]string, error) {
	lines := make([]string, 0, bytes.Count(b, []byte{'\n'})+1)
	markup := strings.HasPrefix(bare(string(b[:min(len(b), 512)])), "<")
	for rest := string(b); rest != ""; {
		n := strings.IndexByte(rest, '\n') + 1
		if n == 0 {
			n = len(rest)
		}
		if n > maxLine && !markup {
			return nil, lineError(len(lines)+1, flash.ErrNotThis, "a line has %d bytes; the limit for a scatter file is %d", n, maxLine)
		}
		lines = append(lines, rest[:n])
		rest = rest[n:]
	}
	return lines, nil
}

// bare removes blanks, line end and byte order mark around the text of a line.
func bare(line string) string {
	return strings.Trim(strings.TrimPrefix(line, byteOrderMark), blanks)
}

// field separates "key: value"; item reports that the line begins a list item ("- ").
// Blanks are allowed anywhere, and a comment (" #") may follow. Blank lines, comments
// and lines without a word and a colon are not fields.
func field(line string, number int) (f Field, item, ok bool) {
	s := bare(line)
	if rest, found := strings.CutPrefix(s, "-"); found {
		s, item = strings.TrimLeft(rest, blanks), true
	}
	key, value, found := strings.Cut(s, ":")
	key = strings.TrimRight(key, blanks)
	if !found || !isWord(key) {
		return Field{}, false, false
	}
	if i := strings.Index(value, " #"); i >= 0 {
		value = value[:i]
	}
	return Field{key, strings.Trim(value, blanks), number}, item, true
}

// isWord reports whether s can be a key: letters, digits and underscores.
func isWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return s != ""
}

// number reads an address or a size: decimal, or hexadecimal with 0x or 0X. Leading
// zeros are allowed.
func number(s string) (uint64, bool) {
	base := 10
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s, base = s[2:], 16
	}
	v, err := strconv.ParseUint(s, base, 64)
	return v, err == nil
}
