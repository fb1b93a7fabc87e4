package screen

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mtkkit/mtkkit/words"
)

// Text returns standard output for a text that comes from a dump or a file. A file or a pipe gets the
// exact bytes. On a terminal, characters that control it or change the direction of writing become
// '?'; lines and tabs stay.
func (s *Screen) Text() io.Writer {
	if !s.OutTTY {
		return s.Out
	}
	return &safeText{w: s.Out}
}

// safeText writes UTF-8 text in which nothing controls a terminal.
type safeText struct {
	w    io.Writer
	rest []byte // the start of a character whose end is not written yet
}

// Write implements io.Writer. A character that is cut at the end of the text is not written.
func (t *safeText) Write(b []byte) (int, error) {
	text := append(t.rest, b...)
	n := len(text)
	for i := 1; i < utf8.UTFMax && i <= n; i++ {
		if tail := text[n-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				n -= i
			}
			break
		}
	}
	t.rest = bytes.Clone(text[n:])
	if _, err := io.WriteString(t.w, safe(string(text[:n]))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// safe is words.Printable with tabs.
func safe(text string) string {
	parts := strings.Split(text, "\t")
	for i := range parts {
		parts[i] = words.Printable(parts[i])
	}
	return strings.Join(parts, "\t")
}

// escaped returns a JSON document with the same values in which every character that could control a
// terminal is written as its number.
func escaped(doc []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(doc) {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			out.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, u)
		}
	}
	return out.Bytes()
}

// indented makes the lines of a message that follow its first one begin with spaces, so that a name
// with a line break in it cannot look like a message of its own.
func indented(text string) string {
	first, rest, more := strings.Cut(text, "\n")
	if !more {
		return text
	}
	lines := strings.Split(rest, "\n")
	for i, line := range lines {
		lines[i] = "  " + strings.TrimPrefix(line, "  ")
	}
	return first + "\n" + strings.Join(lines, "\n")
}

// Table prints rows with aligned columns to standard output. A cell is one line, whatever is in it.
type Table struct{ w *tabwriter.Writer }

// Table begins a table. Its first row is the head, if it has one.
func (s *Screen) Table(head ...any) Table {
	t := Table{tabwriter.NewWriter(s.Out, 0, 8, 2, ' ', 0)}
	if len(head) > 0 {
		t.Row(head...)
	}
	return t
}

// Row adds a row. A cell is printed as fmt.Sprint does; a dash stands for an empty one.
func (t Table) Row(cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = cmp.Or(words.OneLine(fmt.Sprint(c)), "-")
	}
	fmt.Fprintln(t.w, strings.Join(texts, "\t"))
}

// Below adds a line under the last row, in the column with the given number.
func (t Table) Below(column int, text string) {
	fmt.Fprintln(t.w, strings.Repeat("\t", column)+words.OneLine(text))
}

// Flush prints the table.
func (t Table) Flush() error { return t.w.Flush() }
