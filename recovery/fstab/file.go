package fstab

import (
	"bytes"
	"slices"
	"strings"
)

// File is a fstab file, line by line.
type File struct {
	Lines []Line
}

// Line is one line with its end. Entry is nil for comments, empty lines and lines that
// are not an entry.
type Line struct {
	Text  string
	Entry *Entry
	Odd   bool // not an entry and not a comment
}

// Entry holds the values of a line. Number counts lines from 1.
type Entry struct {
	Number  int
	V1      bool // mount point first
	Device  string
	Mount   string
	Type    string
	Options string // all words behind the type or device

	device, fsType [2]int // start and end of the words in the line
	options        int    // start of the options in the line
}

// types are the words that the type column of an fstab may have.
var types = []string{
	"auto", "bml", "btrfs", "datamedia", "emmc", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "mtd", "none",
	"ntfs", "overlay", "ramdisk", "rfs", "sdfat", "squashfs", "swap", "tmpfs", "ubifs", "vfat", "yaffs2",
}

// Read separates a file into lines. It accepts every line.
func Read(b []byte) *File {
	f := &File{}
	for n := 1; len(b) > 0; n++ {
		end := bytes.IndexByte(b, '\n') + 1
		if end == 0 {
			end = len(b)
		}
		text := string(b[:end])
		b = b[end:]
		l := Line{Text: text}
		if t := strings.TrimSpace(text); t != "" && t[0] != '#' {
			l.Entry = parse(text, n)
			l.Odd = l.Entry == nil
		}
		f.Lines = append(f.Lines, l)
	}
	return f
}

// parse reads an entry, nil if the line is not an entry.
func parse(s string, number int) *Entry {
	w := fields(s)
	if len(w) < 3 {
		return nil
	}
	word := func(i int) string { return s[w[i][0]:w[i][1]] }
	e := &Entry{Number: number}
	switch {
	case isType(word(1)) && strings.HasPrefix(word(0), "/") && (!isType(word(2)) || word(1) == word(2) && word(1) != "auto"):
		// "/tmp ramdisk ramdisk" is an entry; "/devices/… auto auto", a card's, is not
		e.V1, e.Mount, e.Type, e.Device = true, word(0), word(1), word(2)
		e.fsType, e.device = w[1], w[2]
	case isType(word(2)):
		e.Device, e.Mount, e.Type = word(0), word(1), word(2)
		e.device, e.fsType = w[0], w[2]
	default:
		return nil
	}
	if len(w) > 3 {
		e.options = w[3][0]
		e.Options = strings.TrimSpace(s[e.options:])
	}
	return e
}

// fields returns the ranges of the words of a line; quoted spaces are part of a word.
func fields(s string) [][2]int {
	var out [][2]int
	start, quoted := -1, false
	for i := 0; i <= len(s); i++ {
		space := i == len(s) || !quoted && strings.IndexByte(" \t\r\n", s[i]) >= 0
		switch {
		case space && start >= 0:
			out, start = append(out, [2]int{start, i}), -1
		case !space && start < 0:
			start = i
		}
		if i < len(s) && s[i] == '"' {
			quoted = !quoted && strings.IndexByte(s[i+1:], '"') >= 0
		}
	}
	return out
}

func isType(s string) bool { return slices.Contains(types, s) }

// Encode returns the file's bytes.
func (f *File) Encode() []byte {
	var b bytes.Buffer
	for _, l := range f.Lines {
		b.WriteString(l.Text)
	}
	return b.Bytes()
}

// Entries returns the entries in order.
func (f *File) Entries() []*Entry {
	var out []*Entry
	for _, l := range f.Lines {
		if l.Entry != nil {
			out = append(out, l.Entry)
		}
	}
	return out
}

// set changes device and type of an entry; every other byte stays.
func (l *Line) set(device, fsType string) {
	e := l.Entry
	first, second, a, b := e.device, e.fsType, device, fsType
	if first[0] > second[0] {
		first, second, a, b = second, first, b, a
	}
	s := l.Text
	l.Text = s[:first[0]] + a + s[first[1]:second[0]] + b + s[second[1]:]
	l.Entry = parse(l.Text, e.Number)
}

// eachOptionPath replaces every path in the options of an entry by the result of f.
func (l *Line) eachOptionPath(f func(was string) string) {
	if l.Entry.Options == "" {
		return
	}
	at := l.Entry.options
	l.Text = l.Text[:at] + optionPaths.ReplaceAllStringFunc(l.Text[at:], f)
	l.Entry = parse(l.Text, l.Entry.Number)
}

// drop turns the line into a comment.
func (l *Line) drop(why string) {
	text := strings.TrimRight(l.Text, "\r\n")
	end := l.Text[len(text):]
	l.Text, l.Entry = "# "+why+": "+text+end, nil
}
