package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	// chunkSize is the length of the range of a member that is in one frame, bytes.
	chunkSize = 4 << 20

	indexSchema = "mtkkit.index/2"
	indexMark   = "mtkkit index 1\n\x00"
	maxIndex    = 64 << 20 // bytes of JSON; a phone of 1 TB has 25 MB
	maxMembers  = 1 << 16
)

// Index lists the content of an archive and the lengths of its frames.
type Index struct {
	Schema  string   `json:"schema"`
	Created int64    `json:"created"` // seconds since 1970, the date of every member
	Start   int64    `json:"start"`   // length of the frame before the first member
	Members []Member `json:"members"`
}

// Member is a file in an archive.
type Member struct {
	Name   string         `json:"name"`
	Size   int64          `json:"size"`
	SHA256 string         `json:"sha256,omitempty"`
	Head   int64          `json:"head"`   // length of the frame with its headers
	Data   []flash.Extent `json:"data"`   // in order; the rest are holes
	Chunks []Chunk        `json:"chunks"` // for each 4 MiB with data, in order

	at      int64    // offset of the frame with its headers
	windows []window // range of each chunk

	contradicted bool   // a problem says what is wrong about it
	doubt        *doubt // nil: the index is believed
}

// Chunk is the frame of 4 MiB of a member.
type Chunk struct {
	Packed int64  `json:"packed"`         // length of the frame
	From   string `json:"from,omitempty"` // state of the member's SHA-256 before it; "": the state behind the chunk before, or the initial one
	To     string `json:"to,omitempty"`   // state behind it; "": the member ends with it

	at int64 // offset of the frame
}

// window is a range of chunkSize of a member, or the last, shorter one, and the data in it.
type window struct {
	flash.Extent
	data []flash.Extent // ranges in the member
}

// stored returns the number of bytes in the window's frame, uncompressed.
func (w window) stored() (n int64) {
	for _, d := range w.data {
		n += d.Length
	}
	return n
}

// windowsOf cuts the data of a member at every chunkSize. Windows without data are left out.
func windowsOf(size int64, data []flash.Extent) []window {
	var out []window
	for _, d := range data {
		for d.Length > 0 {
			start := d.Offset / chunkSize * chunkSize
			if len(out) == 0 || out[len(out)-1].Offset != start {
				out = append(out, window{Extent: flash.Extent{Offset: start, Length: min(chunkSize, size-start)}})
			}
			w := &out[len(out)-1]
			n := min(d.Length, w.End()-d.Offset)
			w.data = append(w.data, flash.Extent{Offset: d.Offset, Length: n})
			d.Offset, d.Length = d.Offset+n, d.Length-n
		}
	}
	return out
}

// Stored returns how many bytes of the member are not in holes.
func (m *Member) Stored() (n int64) {
	for _, d := range m.Data {
		n += d.Length
	}
	return n
}

// Packed returns how many bytes the member has in the archive.
func (m *Member) Packed() int64 {
	n := m.Head
	for _, c := range m.Chunks {
		n += c.Packed
	}
	return n
}

// sparse reports whether the member has holes.
func (m *Member) sparse() bool { return m.Stored() < m.Size }

// pad returns the length of the padding of the member's content.
func (m *Member) pad() int { return padding(m.Stored()) }

// encode returns the content of the index frame: mark, SHA-256, JSON in zstd.
func (x *Index) encode(enc *zstd.Encoder) ([]byte, error) {
	text, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	if len(text) > maxIndex {
		return nil, fmt.Errorf("the index has %v, and readers accept at most %v", flash.Size(len(text)), flash.Size(maxIndex))
	}
	sum := sha256.Sum256(text)
	b := append([]byte(indexMark), sum[:]...)
	return enc.EncodeAll(text, b), nil
}

// decodeIndex reads the content of an index frame and checks it completely, for an archive whose
// frames end at end.
func decodeIndex(b []byte, end int64, dec *zstd.Decoder) (*Index, error) {
	rest, ok := bytes.CutPrefix(b, []byte(indexMark))
	if !ok || len(rest) < sha256.Size {
		return nil, indexError("is not an index", flash.ErrNotThis)
	}
	text, err := dec.DecodeAll(rest[sha256.Size:], nil)
	if err != nil {
		return nil, indexError("cannot be unpacked", err)
	}
	if sum := sha256.Sum256(text); !bytes.Equal(sum[:], rest[:sha256.Size]) {
		return nil, indexError("is damaged: its own sum is wrong", nil)
	}
	x := new(Index)
	if err := json.Unmarshal(text, x); err != nil {
		return nil, indexError("does not follow its schema", err)
	}
	if err := x.check(end); err != nil {
		return nil, err
	}
	return x, nil
}

func indexError(text string, cause error) error {
	return &flash.FormatError{Format: "backup", Offset: flash.NoOffset, Text: "the index " + text, Err: cause}
}

// check checks everything that a reader relies on, and computes the offsets of the frames: they
// must fill the archive up to end.
func (x *Index) check(end int64) error {
	if x.Schema != indexSchema {
		return indexError(fmt.Sprintf("has schema %q, not %q", x.Schema, indexSchema), nil)
	}
	if len(x.Members) > maxMembers {
		return indexError(fmt.Sprintf("lists %d members", len(x.Members)), nil)
	}
	at := int64(0)
	frame := func(n int64) error {
		if n <= 0 || n > end-at {
			return fmt.Errorf("a frame of %d bytes at 0x%x, but the frames end at 0x%x", n, at, end)
		}
		at += n
		return nil
	}
	if err := frame(x.Start); err != nil {
		return indexError("lists", err)
	}
	seen := map[string]bool{}
	for i := range x.Members {
		m := &x.Members[i]
		m.at = at
		err := m.check(frame)
		if k := strings.ToLower(m.Name); err == nil && seen[k] {
			err = fmt.Errorf("has the same name as another, except for upper and lower case")
		} else {
			seen[k] = true
		}
		if err != nil {
			return indexError(fmt.Sprintf("is wrong about %q", m.Name), err)
		}
	}
	if at >= end {
		return indexError("leaves no room for the end of the archive", nil)
	}
	return nil
}

// check checks one member, and computes the offsets of its frames.
func (m *Member) check(frame func(int64) error) error {
	if err := flash.CheckFilePath(m.Name); err != nil {
		return err
	}
	if m.Size < 0 || m.SHA256 == "" || !isSum(m.SHA256) {
		return fmt.Errorf("size %d or sum %q is invalid", m.Size, m.SHA256)
	}
	if err := m.checkData(); err != nil {
		return err
	}
	// The data determine the number of chunks; it is checked before memory is allocated.
	if count := countWindows(m.Data); count != int64(len(m.Chunks)) {
		return fmt.Errorf("%d frames for %d ranges of 4 MiB", len(m.Chunks), count)
	}
	m.windows = windowsOf(m.Size, m.Data)
	if err := frame(m.Head); err != nil {
		return err
	}
	next := m.at + m.Head
	for i := range m.Chunks {
		c := &m.Chunks[i]
		if err := m.checkStates(i); err != nil {
			return err
		}
		if c.Packed > mostPacked(m.windows[i].stored()) {
			return fmt.Errorf("frame %d: 0x%x bytes are too many for its content", i, c.Packed)
		}
		c.at = next
		if err := frame(c.Packed); err != nil {
			return err
		}
		next += c.Packed
	}
	return nil
}

// checkStates checks that chunk i has exactly the states that it needs, and that they are valid.
func (m *Member) checkStates(i int) error {
	c := m.Chunks[i]
	from, to := m.linked(i)
	for _, s := range []struct {
		state string
		want  bool
	}{{c.From, from}, {c.To, to}} {
		if !isSum(s.state) || (s.state != "") != s.want {
			return fmt.Errorf("frame %d: state %q of its sum is invalid or not needed", i, s.state)
		}
	}
	return nil
}

// mostPacked is the largest length of a frame with so many bytes of data. A reader allocates no
// more memory for it, whatever the file says.
func mostPacked(stored int64) int64 { return int64(rawLen(int(stored) + tarBlock)) }

// checkData checks that the data of a member are in order and within it.
func (m *Member) checkData() error {
	at := int64(0)
	for _, d := range m.Data {
		if d.Offset < at || d.Length <= 0 || d.Length > m.Size-d.Offset {
			return fmt.Errorf("data of 0x%x bytes at 0x%x are out of order, or outside of its 0x%x bytes", d.Length, d.Offset, m.Size)
		}
		at = d.End()
	}
	return nil
}

// countWindows returns the number of windowsOf without making them. Data must be in order.
func countWindows(data []flash.Extent) (n int64) {
	last := int64(-1)
	for _, d := range data {
		from, to := d.Offset/chunkSize, (d.End()-1)/chunkSize
		n += to - max(from, last+1) + 1
		last = to
	}
	return n
}

// isSum reports whether s is empty or a SHA-256 in lower-case hex.
func isSum(s string) bool {
	return s == "" || len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}
