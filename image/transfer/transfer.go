package transfer

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	block     = 4096
	maxList   = 16 << 20 // bytes; a list of a 4 GB system has 100 KB
	maxRanges = 1 << 20
	maxBlocks = 1 << 36 // more than any phone has
)

// ErrIncremental is wrapped by the error of Read for a list that needs the phone's old partition.
var ErrIncremental = errors.New("an incremental update")

// List says where the blocks of a data file belong.
type List struct {
	Version int
	Size    int64          // of the image, bytes: up to the last block that the list names
	Data    int64          // bytes that the data file must have
	news    []flash.Extent // in the order of the data file
	zeros   []flash.Extent
}

// begins matches the first lines of a list, up to the first command.
var begins = regexp.MustCompile(`^[1-4]\r?\n[0-9]+\r?\n(?:[0-9]+\r?\n[0-9]+\r?\n)?(?:erase|new|zero|stash|move|bsdiff|imgdiff|free) `)

// Sniff reports whether img begins like a list.
func Sniff(img flash.Image) bool {
	b := make([]byte, 256)
	n, _ := img.ReadAt(b, 0)
	return begins.Match(b[:n])
}

func bad(line int, err error, format string, a ...any) error {
	return &flash.FormatError{Format: "transfer", Offset: flash.NoOffset, Text: fmt.Sprintf("line %d: ", line) + fmt.Sprintf(format, a...), Err: err}
}

// Read reads a list. The error is a *flash.FormatError, whose text begins with the number of a line; it
// wraps flash.ErrNotThis or ErrIncremental. A list with one impossible range has no meaning, for
// the data of all later ranges would be moved.
func Read(img flash.Image) (*List, error) {
	if !Sniff(img) {
		return nil, bad(1, flash.ErrNotThis, "not a list of block ranges")
	}
	if img.Size() > maxList {
		return nil, bad(1, nil, "%s, at most %s are read", flash.Size(img.Size()), flash.Size(maxList))
	}
	l := &List{}
	in := bufio.NewScanner(io.NewSectionReader(img, 0, img.Size()))
	in.Buffer(nil, maxList)
	for line := 1; in.Scan(); line++ {
		text := strings.TrimSpace(in.Text())
		var err error
		switch {
		case line == 1:
			l.Version, err = strconv.Atoi(text)
		case line == 2 || line <= 4 && l.Version > 1 || text == "":
			// counts that nothing here needs
		default:
			err = l.command(text)
		}
		if err != nil {
			return nil, bad(line, err, "%s", flash.Shown(text[:min(len(text), 40)]))
		}
	}
	if err := in.Err(); err != nil {
		return nil, bad(1, err, "the list cannot be read")
	}
	return l, nil
}

// command takes one line.
func (l *List) command(text string) error {
	name, rest, _ := strings.Cut(text, " ")
	var to *[]flash.Extent
	switch name {
	case "new":
		to = &l.news
	case "zero":
		to = &l.zeros
	case "erase":
		to = new([]flash.Extent)
	case "move", "bsdiff", "imgdiff", "stash", "free", "compute_hash_tree":
		return ErrIncremental
	default:
		return errors.New("not a command")
	}
	ranges, err := parseRanges(rest)
	if err != nil {
		return err
	}
	if len(l.news)+len(l.zeros)+len(ranges) > maxRanges {
		return fmt.Errorf("more than %d ranges", maxRanges)
	}
	*to = append(*to, ranges...)
	for _, e := range ranges {
		l.Size = max(l.Size, e.End())
		if name == "new" {
			l.Data += e.Length
		}
		if l.Data > maxBlocks*block {
			return errors.New("more data than any phone has")
		}
	}
	return nil
}

// parseRanges parses "4,0,32,64,96": the count of numbers, then start and end of each range.
func parseRanges(text string) ([]flash.Extent, error) {
	words := strings.Split(text, ",")
	if n, err := strconv.Atoi(words[0]); err != nil || n != len(words)-1 || n == 0 || n%2 != 0 {
		return nil, fmt.Errorf("the count is not that of the numbers behind it")
	}
	var out []flash.Extent
	for i := 1; i < len(words); i += 2 {
		start, err1 := strconv.ParseInt(words[i], 10, 64)
		end, err2 := strconv.ParseInt(words[i+1], 10, 64)
		if err1 != nil || err2 != nil || start < 0 || end <= start || end > maxBlocks {
			return nil, fmt.Errorf("a range from block %s to %s", flash.Shown(words[i]), flash.Shown(words[i+1]))
		}
		out = append(out, flash.Extent{Offset: start * block, Length: (end - start) * block})
	}
	return out, nil
}

// Image returns the image that the list makes of a data file. Blocks that the file lacks are
// holes, and a problem, whose place is name.
func (l *List) Image(data flash.Image, name string) (flash.Image, flash.Problems) {
	var ps flash.Problems
	v := &view{Stitched: flash.NewStitched(l.Size)}
	known, end := slices.Clone(l.zeros), int64(0)
	for _, p := range l.pieces() {
		if p.Offset < end {
			ps.AddAt(flash.Error, name, p.Offset, "the list has data for the same blocks twice: one of them is left out")
			continue
		}
		end = p.End()
		if have := (flash.Extent{Offset: p.at, Length: p.Length}).Clip(data.Size()); have.Length > 0 {
			v.Add(p.Offset, flash.Slice(data, have))
			known = append(known, flash.Extent{Offset: p.Offset, Length: have.Length})
		}
	}
	zeros, news := flash.Union(l.zeros), flash.Union(l.news)
	if both := flash.Total(zeros) + flash.Total(news) - flash.Total(flash.Union(zeros, news)); both > 0 {
		ps.Add(flash.Error, name, "the list has %s both as zeros and as data: the data are used", flash.Size(both))
	}
	v.holes = flash.Without([]flash.Extent{{Length: l.Size}}, known)
	switch {
	case data.Size() < l.Data:
		ps.AddAt(flash.Error, name, data.Size(), "its data end after %s of %s", flash.Size(data.Size()), flash.Size(l.Data))
	case data.Size() > l.Data:
		ps.Add(flash.Warning, name, "has more data than the %s that its list needs: the list may be that of another file", flash.Size(l.Data))
	}
	return v, ps
}

// piece is a range of the image, and where its data begin.
type piece struct {
	flash.Extent
	at int64
}

// pieces returns the ranges that have data, in the order of the image.
func (l *List) pieces() []piece {
	out, at := make([]piece, 0, len(l.news)), int64(0)
	for _, e := range l.news {
		out = append(out, piece{e, at})
		at += e.Length
	}
	slices.SortStableFunc(out, func(a, b piece) int { return cmp.Compare(a.Offset, b.Offset) })
	return out
}

// view is an Image with holes.
type view struct {
	*flash.Stitched
	holes []flash.Extent
}

// Holes implements flash.HoleFinder.
func (v *view) Holes(e flash.Extent) []flash.Extent { return flash.Within(v.holes, e) }
