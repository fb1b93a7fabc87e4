// Package mapfile reads and writes GNU ddrescue's mapfiles, which list the ranges of a region that
// were read and those that were not. It reads mapfiles of up to 40 MiB.
//
//	# Mapfile. Created by …
//	# current_pos  current_status  current_pass
//	0x00500000     ?               1
//	#      pos        size  status
//	0x00000000  0x00400000  +          read
//	0x00400000  0x00000200  -          could not be read
//	0x00400200  0x000FFE00  ?          not tried
//
// The lines are sorted; each block begins at the end of the block before. Numbers are decimal, 0x…
// or 0… (octal), as in C. Files from before 2012 have no current_pass.
//
// Source: the GNU ddrescue manual, "Mapfile structure".
package mapfile

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Status is the status of a block.
type Status byte

// The statuses.
const (
	Untried    Status = '?'
	NotTrimmed Status = '*'
	NotScraped Status = '/'
	Bad        Status = '-'
	Finished   Status = '+'
)

// Block is a range of one status.
type Block struct {
	flash.Extent
	Status Status
}

// Map is a mapfile. Its blocks are sorted and have no gaps.
type Map struct {
	Pos    int64 // offset at which the reading is, bytes
	State  byte  // '?' copying, '-' retrying, '+' finished …
	Blocks []Block
}

// maxSize is the largest mapfile that is read, bytes: a million lines.
const maxSize = 40 << 20

// Sniff reports whether img looks like a mapfile.
func Sniff(img flash.Image) bool {
	if img.Size() > maxSize {
		return false
	}
	b, err := flash.ReadFull(img, 0, int(min(img.Size(), 4096)))
	if err != nil || bytes.IndexByte(b, 0) >= 0 {
		return false
	}
	for line := range strings.Lines(string(b)) {
		if line[0] == '#' {
			continue
		}
		_, _, err := head(strings.Fields(line))
		return err == nil
	}
	return false
}

// Read decodes a mapfile. If the format is wrong, the error is a *flash.FormatError with the number
// of the line as Offset.
func Read(img flash.Image) (*Map, error) {
	if img.Size() > maxSize {
		return nil, &flash.FormatError{Format: "mapfile", Offset: flash.NoOffset, Text: fmt.Sprintf("%d bytes long", img.Size())}
	}
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		return nil, fmt.Errorf("mapfile: %w", err)
	}
	m, headed := &Map{}, false
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := int64(1); lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		switch {
		case len(fields) == 0:
			continue
		case !headed:
			m.Pos, m.State, err = head(fields)
			headed = true
		default:
			err = m.add(fields)
		}
		if err != nil {
			return nil, &flash.FormatError{Format: "mapfile", Offset: n, Text: err.Error()}
		}
	}
	if !headed || lines.Err() != nil {
		return nil, &flash.FormatError{Format: "mapfile", Offset: flash.NoOffset, Text: "no status line", Err: lines.Err()}
	}
	return m, nil
}

// head reads the status line: position, state and, in newer files, the pass.
func head(f []string) (pos int64, state byte, err error) {
	if len(f) < 2 || len(f) > 3 || len(f[1]) != 1 || !strings.Contains("?*/-FG+", f[1]) {
		return 0, 0, fmt.Errorf("%.60q is not a status line", strings.Join(f, " "))
	}
	pos, err = number(f[0])
	return pos, f[1][0], err
}

// add reads the line of a block.
func (m *Map) add(f []string) error {
	if len(f) != 3 || len(f[2]) != 1 || !strings.Contains("?*/-+", f[2]) {
		return fmt.Errorf("%.60q is not a block", strings.Join(f, " "))
	}
	pos, err := number(f[0])
	if err != nil {
		return err
	}
	size, err := number(f[1])
	if err != nil {
		return err
	}
	if size <= 0 || pos > math.MaxInt64-size {
		return fmt.Errorf("a block of %d bytes at 0x%x", size, pos)
	}
	if n := len(m.Blocks); n > 0 && m.Blocks[n-1].End() != pos {
		return fmt.Errorf("a block at 0x%x after one that ends at 0x%x", pos, m.Blocks[n-1].End())
	}
	m.Blocks = append(m.Blocks, Block{flash.Extent{Offset: pos, Length: size}, Status(f[2][0])})
	return nil
}

func number(s string) (int64, error) {
	v, err := strconv.ParseInt(s, 0, 64)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("%.30q is not a number", s)
	}
	return v, nil
}

// Make returns the map of a region of size bytes from the ranges that were read and the ranges that
// could not be read.
func Make(size int64, read, bad []flash.Extent) *Map {
	whole := flash.Extent{Length: size}
	read = flash.Within(read, whole)
	bad = flash.Without(flash.Within(bad, whole), read)
	untried := flash.Without([]flash.Extent{whole}, append(slices.Clip(read), bad...))
	m := &Map{Pos: size, State: byte(Finished)}
	if len(untried) > 0 {
		m.Pos, m.State = untried[0].Offset, byte(Untried)
	}
	for _, l := range []struct {
		list []flash.Extent
		is   Status
	}{{read, Finished}, {bad, Bad}, {untried, Untried}} {
		for _, e := range l.list {
			m.Blocks = append(m.Blocks, Block{e, l.is})
		}
	}
	slices.SortFunc(m.Blocks, func(a, b Block) int { return cmp.Compare(a.Offset, b.Offset) })
	return m
}

// Mark sets the status of those parts of e that were not tried. It also sets Pos and State to the
// first block that is still to be read.
func (m *Map) Mark(e flash.Extent, s Status) {
	var out []Block
	for _, b := range m.Blocks {
		if b.Status != Untried || !b.Overlaps(e) {
			out = append(out, b)
			continue
		}
		start, end := max(b.Offset, e.Offset), min(b.End(), e.End())
		for _, part := range []Block{
			{flash.Extent{Offset: b.Offset, Length: start - b.Offset}, Untried},
			{flash.Extent{Offset: start, Length: end - start}, s},
			{flash.Extent{Offset: end, Length: b.End() - end}, Untried},
		} {
			if part.Length > 0 {
				out = append(out, part)
			}
		}
	}
	m.Blocks = out
	for _, open := range []Status{Untried, NotTrimmed, NotScraped} {
		if i := slices.IndexFunc(out, func(b Block) bool { return b.Status == open }); i >= 0 {
			m.Pos, m.State = out[i].Offset, byte(open)
			return
		}
	}
}

// Unread returns the ranges of a region of size bytes that are not finished. Ranges that the map
// does not contain count as unread.
func (m *Map) Unread(size int64) []flash.Extent {
	var read []flash.Extent
	for _, b := range m.Blocks {
		if b.Status == Finished {
			read = append(read, b.Extent)
		}
	}
	return flash.Without([]flash.Extent{{Length: size}}, read)
}

// Encode returns the map as ddrescue writes it.
func (m *Map) Encode() []byte {
	var b bytes.Buffer
	state := m.State
	if state == 0 {
		state = byte(Untried)
	}
	fmt.Fprintf(&b, "# Mapfile. Created by mtkkit\n# current_pos  current_status  current_pass\n0x%08X     %c               1\n#      pos        size  status\n", m.Pos, state)
	for _, x := range m.Blocks {
		fmt.Fprintf(&b, "0x%08X  0x%08X  %c\n", x.Offset, x.Length, x.Status)
	}
	return b.Bytes()
}
