package recovery

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// A list file has the attributes of every file of a ramdisk, because file systems may
// not keep them:
//
//	d 0755 0 0 0 sbin
//	f 0750 0 2000 1456789 sbin/recovery
//	l 0777 0 0 0 init -> /sbin/init
//	c 0666 0 0 0 dev/null dev 1:3
//	f 0750 0 2000 1456789 sbin/sh hardlink sbin/busybox
//	f 0644 0 0 0 "../odd name" in ramdisk.odd/1
//
// The fields are type, permissions in octal, owner, group, time, name. The content of a
// file is in the tree under its name, or in the file that the line names. A name with
// other than plain characters is quoted as in Go. A hard link is another name of a file
// in an earlier line; its content is in the tree under each name.
const listHead = `# One line is one entry of the ramdisk, in its order: type, mode, owner, group, time, name.
# Types are d(irectory) f(ile) l(ink) c and b (devices) p(ipe) s(ocket). Edit a line to change an entry,
# remove it to remove the entry. Files of the tree that are in no line are added, owned by root.
# A hardlink is another name of a file above: all names are one file if they are edited in the same way.
`

var typeLetters = map[uint32]string{
	ramdisk.Dir: "d", ramdisk.File: "f", ramdisk.Symlink: "l", ramdisk.Char: "c",
	ramdisk.Block: "b", ramdisk.FIFO: "p", ramdisk.Socket: "s",
}

// line is one line of a list.
type line struct {
	mode     uint32 // with the type
	uid, gid uint32
	time     uint32
	name     string
	target   string    // of a link
	hard     string    // the name that it is a hard link to, "" for none
	device   [2]uint32 // major and minor
	in       string    // file with the content, "" for the tree
}

// lineOf makes the line of an entry.
func lineOf(e *ramdisk.Entry) line {
	l := line{mode: e.Mode, uid: e.UID, gid: e.GID, time: e.Time, name: e.Name, device: [2]uint32{e.RDevMajor, e.RDevMinor}}
	if e.Type() == ramdisk.Symlink {
		l.target = string(e.Data)
	}
	if first := e.LinkOf(); first != nil {
		l.hard = first.Name
	}
	return l
}

func (l line) kind() uint32 { return l.mode & ramdisk.TypeMask }

func (l line) String() string {
	letter, known := typeLetters[l.kind()]
	mode := fmt.Sprintf("%04o", l.mode&^ramdisk.TypeMask)
	if !known {
		letter, mode = "x", fmt.Sprintf("%o", l.mode)
	}
	s := fmt.Sprintf("%s %s %d %d %d %s", letter, mode, l.uid, l.gid, l.time, word(l.name))
	switch l.kind() {
	case ramdisk.Symlink:
		s += " -> " + word(l.target)
	case ramdisk.Char, ramdisk.Block:
		s += fmt.Sprintf(" dev %d:%d", l.device[0], l.device[1])
	}
	if l.hard != "" {
		s += " hardlink " + word(l.hard)
	}
	if l.in != "" {
		s += " in " + word(l.in)
	}
	return s
}

// word quotes a name that is not plain.
func word(s string) string {
	plain := s != "" && s[0] != '"'
	for i := range len(s) {
		plain = plain && s[i] > ' ' && s[i] < 0x7F
	}
	if plain {
		return s
	}
	return strconv.QuoteToASCII(s)
}

// words splits a line at spaces; quoted words stay whole.
func words(s string) ([]string, error) {
	var out []string
	for s = strings.TrimLeft(s, " \t"); s != ""; s = strings.TrimLeft(s, " \t") {
		if s[0] != '"' {
			n := strings.IndexAny(s+" ", " \t")
			out, s = append(out, s[:n]), s[n:]
			continue
		}
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return nil, fmt.Errorf("the quotes of %.40s are not closed", s)
		}
		v, err := strconv.Unquote(q)
		if err != nil {
			return nil, err
		}
		out, s = append(out, v), s[len(q):]
	}
	return out, nil
}

// readList reads a list file; errors name the line.
func readList(r io.Reader) ([]line, error) {
	var out []line
	s := bufio.NewScanner(r)
	s.Buffer(nil, 64<<10)
	for n := 1; s.Scan(); n++ {
		text := strings.TrimRight(s.Text(), "\r")
		if t := strings.TrimSpace(text); t == "" || t[0] == '#' {
			continue
		}
		l, err := parseLine(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, l)
	}
	return out, s.Err()
}

func parseLine(s string) (line, error) {
	w, err := words(s)
	if err != nil {
		return line{}, err
	}
	if len(w) < 6 {
		return line{}, fmt.Errorf("the line has %d words, but type, mode, owner, group, time and name are needed", len(w))
	}
	l := line{name: w[5]}
	for i, to := range []*uint32{&l.mode, &l.uid, &l.gid, &l.time} {
		base := 10
		if i == 0 {
			base = 8
		}
		v, err := strconv.ParseUint(w[i+1], base, 32)
		if err != nil {
			return line{}, fmt.Errorf("%q is not a number", w[i+1])
		}
		*to = uint32(v)
	}
	if l.mode, err = withType(w[0], l.mode); err != nil {
		return line{}, err
	}
	for rest := w[6:]; len(rest) > 0; rest = rest[2:] {
		if len(rest) == 1 {
			return line{}, fmt.Errorf("nothing follows %q", rest[0])
		}
		switch rest[0] {
		case "->":
			l.target = rest[1]
		case "hardlink":
			l.hard = rest[1]
		case "in":
			l.in = rest[1]
		case "dev":
			if n, err := fmt.Sscanf(rest[1], "%d:%d", &l.device[0], &l.device[1]); n != 2 || err != nil {
				return line{}, fmt.Errorf("a device is MAJOR:MINOR, not %q", rest[1])
			}
		default:
			return line{}, fmt.Errorf("%q is not one of ->, dev, hardlink, in", rest[0])
		}
	}
	return l, nil
}

// withType adds the type's bits to permissions. x means a type without a letter; mode
// then includes the type.
func withType(letter string, mode uint32) (uint32, error) {
	if letter == "x" {
		return mode, nil
	}
	for t, s := range typeLetters {
		if s == letter {
			return t | mode&^ramdisk.TypeMask, nil
		}
	}
	return 0, fmt.Errorf("type %q is not one of d f l c b p s", letter)
}
