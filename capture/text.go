package capture

import (
	"bytes"
	"encoding/binary"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/mtkkit/mtkkit/flash"
)

// maxLine is the longest line that is read, bytes. Rows have at most about 200.
const maxLine = 4096

// probeSize is how many bytes at the start of a file must look like text before all of it is read.
const probeSize = 4096

// load checks the start of a text, reads it completely, and converts it to UTF-8.
func load(img flash.Image) (string, error) {
	if img.Size() > MaxSize {
		return "", notThis("%s is too large for a text, at most %s", flash.Size(img.Size()), flash.Size(MaxSize))
	}
	head, err := flash.ReadFull(img, 0, int(min(img.Size(), probeSize)))
	if err != nil {
		return "", &flash.FormatError{Format: "capture", Offset: 0, Text: "cannot be read", Err: err}
	}
	order := utf16Order(head)
	if order == nil && bytes.IndexByte(head, 0) >= 0 {
		return "", notThis("binary, not text")
	}
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		return "", &flash.FormatError{Format: "capture", Offset: 0, Text: "cannot be read", Err: err}
	}
	if order != nil {
		return fromUTF16(b[2:], order), nil
	}
	return strings.TrimPrefix(string(b), "\uFEFF"), nil
}

// utf16Order returns the byte order of a UTF-16 text from its byte order mark, or nil. Windows
// terminals write UTF-16 when output is redirected to a file.
func utf16Order(head []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return binary.LittleEndian
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return binary.BigEndian
	}
	return nil
}

func fromUTF16(b []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// lines yields the lines of a text with their numbers from 1, without white space at their ends and
// without quotation marks (>) at the start. Lines that are too long are left out.
func lines(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for n := 1; text != ""; n++ {
			var s string
			s, text, _ = strings.Cut(text, "\n")
			if len(s) > maxLine {
				continue
			}
			if !yield(n, strings.Trim(strings.TrimLeft(s, "> \t"), " \t\r")) {
				return
			}
		}
	}
}

// tooLong returns the number of the first line that lines leaves out, or 0.
func (r *reader) tooLong() int {
	text := r.text
	for n := 1; text != ""; n++ {
		var s string
		s, text, _ = strings.Cut(text, "\n")
		if len(s) > maxLine {
			return n
		}
	}
	return 0
}

// hex parses digits that a pattern has accepted, with or without 0x. It fails only for numbers of
// more than 64 bits.
func hex(s string) (uint64, bool) {
	if len(s) > 2 && (s[1] == 'x' || s[1] == 'X') {
		s = s[2:]
	}
	v, err := strconv.ParseUint(s, 16, 64)
	return v, err == nil
}

// number parses a number as in C: decimal, or hexadecimal after 0x.
func number(s string) (uint64, bool) {
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		return hex(s)
	}
	v, err := strconv.ParseUint(s, 10, 64)
	return v, err == nil
}

// times returns the product, or false if it does not fit into an int64.
func times(v uint64, unit int64) (uint64, bool) {
	if v > uint64(1<<63-1)/uint64(unit) {
		return 0, false
	}
	return v * uint64(unit), true
}
