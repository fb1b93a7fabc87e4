package screen

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
)

// hostile has the characters that control a terminal, change the direction of writing or are not
// visible: C0, DEL, C1, the marks and embeddings of bidirectional text, spaces without width.
func hostile() []rune {
	list := []rune{0x7F, 0xFEFF, 0x2028, 0x2029}
	for _, r := range [][2]rune{{1, 0x1F}, {0x80, 0x9F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064}, {0x2066, 0x2069}} {
		for c := r[0]; c <= r[1]; c++ {
			list = append(list, c)
		}
	}
	return list
}

// dangerous reports whether text has a character that must not reach a terminal, besides those of layout.
func dangerous(text, layout string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && !strings.ContainsRune(layout, r) })
}

// Nothing that a person reads has a character that controls the terminal, on a terminal or in a log.
func TestHostileNames(t *testing.T) {
	for _, c := range hostile() {
		for _, tty := range []bool{false, true} {
			var out, errs bytes.Buffer
			s := New(Streams{Out: &out, Err: &errs, OutTTY: tty})
			name := "bo" + string(c) + "ot"
			s.Say("%s", name)
			table := s.Table("NAME", "SIZE")
			table.Row(name, 1)
			if err := table.Flush(); err != nil {
				t.Fatal(err)
			}
			s.Problems([]flash.Problem{{Severity: flash.Warning, Place: name, Offset: flash.NoOffset, Text: "is " + name}})
			s.Fail("%s", name)
			s.Hints(name)
			if all := out.String() + errs.String(); dangerous(all, "\n") {
				t.Errorf("%U: %q", c, all)
			}
			want := 3
			if c == '\n' { // of Say, whose lines are its caller's
				want = 4
			}
			if n := strings.Count(out.String(), "\n"); n != want {
				t.Errorf("%U: %d lines: %q", c, n, out.String())
			}
		}
	}
}

// A name with line breaks cannot look like a message of its own.
func TestForgedMessage(t *testing.T) {
	var errs bytes.Buffer
	s := New(Streams{Err: &errs})
	const name = "boot\nerror: all is lost"
	s.Problems([]flash.Problem{{Severity: flash.Note, Place: name, Offset: flash.NoOffset, Text: "is here"}})
	s.Note("%s", name)
	s.Fail("%s", name)
	for line := range strings.Lines(errs.String()) {
		if strings.HasPrefix(line, "error") {
			t.Errorf("%q", errs.String())
		}
	}
}

// A document is exact in a file, and safe on a terminal.
func TestText(t *testing.T) {
	text := "partition_name:\tbo" + string(hostile()) + "öt 引导\x9b\n"
	var out bytes.Buffer
	exact := New(Streams{Out: &out}).Text()
	if _, err := exact.Write([]byte(text)); err != nil || out.String() != text {
		t.Errorf("%v %q", err, out.String())
	}
	whole := ""
	for size := 1; size <= len(text); size++ { // characters that are cut between two writes
		out.Reset()
		w := New(Streams{Out: &out, OutTTY: true}).Text()
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if m, err := w.Write([]byte(rest[:n])); m != n || err != nil {
				t.Fatal(m, err)
			}
			rest = rest[n:]
		}
		if whole == "" {
			whole = out.String()
		}
		if got := out.String(); dangerous(got, "\n\t") || got != whole || !strings.HasPrefix(got, "partition_name:\tbo") || !strings.Contains(got, "öt 引导") {
			t.Fatalf("in pieces of %d: %q", size, got)
		}
	}
}

// On a terminal a document has the same values as in a file.
func TestDocumentOnTerminal(t *testing.T) {
	type doc struct {
		Name string `json:"name"`
	}
	want := doc{"bo" + string(hostile()) + "t \U000E0001 引"}
	for _, tty := range []bool{false, true} {
		var out bytes.Buffer
		s := New(Streams{Out: &out, OutTTY: tty})
		if err := s.Document(want); err != nil {
			t.Fatal(err)
		}
		var got doc
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || got != want {
			t.Errorf("%v: %q", err, out.String())
		}
		if tty && dangerous(out.String(), "\n") {
			t.Errorf("%q", out.String())
		}
	}
}
