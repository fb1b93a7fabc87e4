package acquire

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/flash"
)

// The journal of a region is text with one record a line, in order of time. A later record
// overrides an earlier one.
//
//	mtkkit-journal/1 EMMC_USER 0x1d2000000      region, size
//	want 0x0 0x1d2000000                        is to be read
//	+ 0x0 0x400000 5f70bf18a086007016e948b0…    was read; SHA-256
//	- 0x400000 0x10000                          could not be read
//	? 0x0 0x400000                              is to be read again
//	= 0x0 0x400000                              was read twice, the same
//	! 0x800000 0x400000                         the phone was lost while it was read
//	sum 0x400000 7368610…                       state of the flat SHA-256 of what is before
//
// The sidecar of a finished region has the same format, with its chunks in order of offset. If a
// power cut left an incomplete line, this line and all that follows are ignored.
const journalMagic = "mtkkit-journal/1"

// maxJournal is the longest journal that is read, bytes: enough for a region of 4 TiB, read twice.
const maxJournal = 256 << 20

// chunk is a range that was read with one call, and its hash.
type chunk struct {
	flash.Extent
	sum [32]byte
}

// journal is the state of the reading of one region.
type journal struct {
	region  flash.Region
	size    int64
	want    []flash.Extent
	chunks  []chunk // in the order in which they were read
	read    []flash.Extent
	bad     []flash.Extent
	twice   []flash.Extent
	lost    []flash.Extent // losses in order of time, without those of ranges that were read since
	flatPos int64          // the flat sum covers the bytes before this offset
	flat    []byte         // the state of the flat sum; nil if unknown
}

// readJournal replays a journal and returns how many of its bytes are valid. The error is a
// *flash.FormatError: the first line is not that of a journal.
func readJournal(b []byte) (*journal, int, error) {
	line, rest, whole := bytes.Cut(b, []byte("\n"))
	f := strings.Fields(string(line))
	if !whole || len(f) != 3 || f[0] != journalMagic {
		return nil, 0, &flash.FormatError{Format: "journal", Offset: 1, Text: "was not written by mtkkit", Err: flash.ErrNotThis}
	}
	size, err := number(f[2])
	if err != nil {
		return nil, 0, &flash.FormatError{Format: "journal", Offset: 1, Text: "size of the region", Err: err}
	}
	j := &journal{region: flash.Region(f[1]), size: size}
	for {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		if !whole || j.replay(strings.Fields(string(line))) != nil {
			j.settle()
			return j, len(b) - len(rest), nil
		}
		rest = after
	}
}

// replay applies one record.
func (j *journal) replay(f []string) error {
	if len(f) < 3 {
		return fmt.Errorf("%d fields", len(f))
	}
	if f[0] == "sum" {
		return j.replaySum(f)
	}
	e, err := extentOf(f[1], f[2], j.size)
	if err != nil {
		return err
	}
	switch {
	case f[0] == "+" && len(f) == 4:
		c := chunk{Extent: e}
		if len(f[3]) != 2*len(c.sum) {
			return fmt.Errorf("sum has %d digits", len(f[3]))
		}
		if _, err := hex.Decode(c.sum[:], []byte(f[3])); err != nil {
			return fmt.Errorf("%.70q is not a sum", f[3])
		}
		j.add(c)
	case len(f) != 3:
		return fmt.Errorf("%d fields", len(f))
	case f[0] == "want":
		j.want = append(j.want, e)
	case f[0] == "-":
		j.bad = append(j.bad, e)
	case f[0] == "?":
		j.forget(e)
	case f[0] == "=":
		j.twice = append(j.twice, e)
	case f[0] == "!":
		j.lost = append(j.lost, e)
	default:
		return fmt.Errorf("%q is not a record", f[0])
	}
	return nil
}

func (j *journal) replaySum(f []string) error {
	pos, err := number(f[1])
	if err != nil || pos > j.size || len(f) != 3 {
		return fmt.Errorf("sum at %s", f[1])
	}
	state, err := hex.DecodeString(f[2])
	if err != nil {
		return err
	}
	j.flatPos, j.flat = pos, state
	return nil
}

// settle merges and cleans the lists after a replay.
func (j *journal) settle() {
	j.want, j.twice = flash.Union(j.want), flash.Union(j.twice)
	j.bad = flash.Without(j.bad, j.read)
}

// add records a chunk that was read.
func (j *journal) add(c chunk) {
	j.chunks = append(j.chunks, c)
	if n := len(j.read); n > 0 && j.read[n-1].End() == c.Offset { // the usual case
		j.read[n-1].Length += c.Length
	} else {
		j.read = flash.Union(append(j.read, c.Extent))
	}
	if len(j.bad) > 0 {
		j.bad = flash.Without(j.bad, []flash.Extent{c.Extent})
	}
	if len(j.lost) > 0 {
		j.lost = slices.DeleteFunc(j.lost, func(e flash.Extent) bool {
			return e.Overlaps(c.Extent) && len(flash.Without([]flash.Extent{e}, j.read)) == 0
		})
	}
}

// forget removes what the journal has about e. Chunks are removed completely, because a part of a
// chunk has no hash; chunks that overlap a removed chunk are removed, too.
func (j *journal) forget(e flash.Extent) {
	gone := []flash.Extent{e}
	for before := 0; before < len(gone); {
		before = len(gone)
		j.chunks = slices.DeleteFunc(j.chunks, func(c chunk) bool {
			goes := slices.ContainsFunc(gone, c.Overlaps)
			if goes {
				gone = append(gone, c.Extent)
			}
			return goes
		})
	}
	j.read = flash.Without(j.read, gone)
	j.twice = flash.Without(j.twice, gone)
	j.bad = flash.Without(j.bad, gone)
	j.lost = slices.DeleteFunc(j.lost, func(l flash.Extent) bool { return touches(gone, l) })
	if slices.ContainsFunc(gone, func(e flash.Extent) bool { return e.Offset < j.flatPos }) {
		j.flatPos, j.flat = 0, nil
	}
}

// rescueMap makes the map. Ranges that are put off have failed in ddrescue's sense: they are marked
// "not trimmed" or, once only the smallest steps are left, "not scraped".
func (j *journal) rescueMap() *mapfile.Map {
	m := mapfile.Make(j.size, j.read, j.bad)
	for _, e := range j.putOff() {
		status := mapfile.NotTrimmed
		if s, more := j.nextStep(e); !more || s.Length <= fineStep {
			status = mapfile.NotScraped
		}
		m.Mark(e, status)
	}
	return m
}

// todo returns the wanted ranges that were neither read nor found unreadable.
func (j *journal) todo() []flash.Extent {
	return flash.Without(j.want, append(slices.Clone(j.read), j.bad...))
}

// unread returns all ranges of the region that were not read, wanted or not.
func (j *journal) unread() []flash.Extent {
	return flash.Without([]flash.Extent{{Length: j.size}}, j.read)
}

// compact returns the journal as a sidecar: only the records that are still valid, sorted.
func (j *journal) compact() []byte {
	var b bytes.Buffer
	b.WriteString(headRecord(j.region, j.size))
	for _, e := range j.want {
		b.WriteString(record("want", e))
	}
	chunks := slices.Clone(j.chunks)
	slices.SortFunc(chunks, func(x, y chunk) int { return int(min(max(x.Offset-y.Offset, -1), 1)) })
	for _, c := range chunks {
		b.WriteString(c.record())
	}
	for _, e := range j.bad {
		b.WriteString(record("-", e))
	}
	for _, e := range j.twice {
		b.WriteString(record("=", e))
	}
	for _, e := range j.lost { // after the chunks, because reading a chunk removes its earlier losses
		b.WriteString(record("!", e))
	}
	return b.Bytes()
}

func headRecord(r flash.Region, size int64) string {
	return fmt.Sprintf("%s %s 0x%x\n", journalMagic, r, size)
}

func record(what string, e flash.Extent) string {
	return fmt.Sprintf("%s 0x%x 0x%x\n", what, e.Offset, e.Length)
}

func (c chunk) record() string {
	return fmt.Sprintf("+ 0x%x 0x%x %x\n", c.Offset, c.Length, c.sum)
}

// extentOf parses a range of a region of size bytes.
func extentOf(offset, length string, size int64) (e flash.Extent, err error) {
	if e.Offset, err = number(offset); err != nil {
		return e, err
	}
	if e.Length, err = number(length); err != nil {
		return e, err
	}
	if e.Length == 0 || e.Offset > size || e.Length > size-e.Offset {
		return e, fmt.Errorf("0x%x bytes at 0x%x of 0x%x", e.Length, e.Offset, size)
	}
	return e, nil
}

func number(s string) (int64, error) {
	v, err := strconv.ParseInt(s, 0, 64)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("%.30q is not a number", s)
	}
	return v, nil
}
