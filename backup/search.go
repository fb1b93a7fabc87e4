package backup

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
)

// bySearch reads all frames from the first one on, for archives whose end is missing or damaged:
// what was written before it can still be read.
func (a *Archive) bySearch() error {
	frames, stop := a.findFrames()
	n := len(frames)
	for n > 0 && frames[n-1].plain == 0 { // the index, and perhaps the seek table
		n--
	}
	frames, index := frames[:n], frames[n:]
	if len(frames) == 0 {
		return &flash.FormatError{Format: "backup", Offset: 0, Text: "nothing in the archive can be read"}
	}
	a.end = frames[len(frames)-1].at + frames[len(frames)-1].length
	for _, f := range index {
		if x, err := a.readIndex(f); err == nil && x.agrees(frames) == nil {
			a.index = x
			return nil
		}
	}
	if _, err := a.frameAt(stop); stop == a.img.Size() || errors.Is(err, errCut) {
		a.tell(flash.Error, "archive", stop, "the archive is cut at byte %d: its end is missing", a.img.Size())
	} else {
		a.tell(flash.Error, "archive", stop, "the archive is damaged at byte %d: the bytes behind cannot be read", stop)
	}
	return a.rebuild(frames)
}

// maxSearch is the largest number of frames that are read; a phone of 1 TB has a quarter of it.
const maxSearch = 1 << 20

// findFrames follows the frames from the first one on, and returns the offset at which it had to
// stop.
func (a *Archive) findFrames() (frames []frame, stop int64) {
	for at := int64(0); at < a.img.Size() && len(frames) < maxSearch; {
		f, err := a.frameAt(at)
		if err != nil {
			return frames, at
		}
		frames = append(frames, f)
		at += f.length
	}
	return frames, a.img.Size()
}

var (
	errNoFrame = errors.New("no frame")
	errCut     = fmt.Errorf("%w: it is cut", errNoFrame)
)

// frameAt returns the length of the frame at an offset, without unpacking it.
func (a *Archive) frameAt(at int64) (frame, error) {
	b := make([]byte, zstd.HeaderMaxSize)
	n, err := a.img.ReadAt(b, at)
	if err != nil && err != io.EOF {
		return frame{}, err
	}
	var h zstd.Header
	if err := h.Decode(b[:n]); errors.Is(err, io.ErrUnexpectedEOF) {
		return frame{}, errCut
	} else if err != nil {
		return frame{}, errNoFrame
	}
	f := frame{at: at}
	if h.Skippable {
		f.length = int64(h.HeaderSize) + int64(h.SkippableSize)
	} else {
		if !h.HasFCS || h.FrameContentSize > maxPlain {
			return frame{}, errNoFrame
		}
		f.plain, f.length = int64(h.FrameContentSize), int64(h.HeaderSize)
		for last := false; !last; {
			head := make([]byte, blockHead)
			if flash.ReadInto(a.img, head, at+f.length) != nil {
				return frame{}, errCut
			}
			v := binary.LittleEndian.Uint32(append(head, 0))
			last = v&1 == 1
			size := int64(v >> 3)
			if v>>1&3 == 1 { // one byte, repeated
				size = 1
			}
			f.length += blockHead + size
		}
		if h.HasCheckSum {
			f.length += frameCRC
		}
	}
	if f.length > a.img.Size()-at {
		return frame{}, errCut
	}
	return f, nil
}

// frameLen returns the length of the frame at the start of b, 0 if b has no whole frame.
func frameLen(b []byte) int64 {
	f, err := (&Archive{img: bytes.NewReader(b)}).frameAt(0)
	if err != nil {
		return 0
	}
	return f.length
}

// rebuild makes an index from the tar headers. Members are then only proven by the checksums of
// the frames.
func (a *Archive) rebuild(frames []frame) error {
	x := &Index{Schema: indexSchema, Start: frames[0].length}
	windows := int64(0)
	for i := 1; i < len(frames); {
		b, err := a.frame(frames[i])
		if err != nil {
			a.tell(flash.Error, "archive", frames[i].at, "a header of a member is damaged: %v", err)
			a.gaps = true
			i++
			continue
		}
		if len(b) == 2*tarBlock && flash.IsZero(b) {
			break
		}
		m, err := parseHead(b)
		if err != nil {
			a.gaps = true
			i++ // a chunk of the member with the damaged header
			continue
		}
		if windows += countWindows(m.Data); windows > maxSearch {
			a.tell(flash.Error, m.Name, flash.NoOffset, "has, by its header, %s, and this is too much to search", flash.Size(m.Size))
			break
		}
		i = a.gather(m, frames, i)
		x.Members = append(x.Members, *m)
	}
	if len(x.Members) == 0 {
		return &flash.FormatError{Format: "backup", Offset: 0, Text: "no member of the archive can be read"}
	}
	a.index, a.rebuilt = x, true
	return nil
}

// gather assigns to a member the frames of its content, which follow its header at frame i. It
// returns the index of the frame behind them.
func (a *Archive) gather(m *Member, frames []frame, i int) int {
	m.at, m.Head = frames[i].at, frames[i].length
	m.windows = windowsOf(m.Size, m.Data)
	i++
	for k, w := range m.windows {
		plain := w.stored()
		if k == len(m.windows)-1 {
			plain += int64(m.pad())
		}
		if i == len(frames) || frames[i].plain != plain || frames[i].length > mostPacked(plain) {
			lost := flash.Extent{Offset: w.Offset, Length: m.Size - w.Offset}
			a.tell(flash.Error, m.Name, w.Offset, "its range %v (%s) is not in the archive", lost, flash.Size(lost.Length))
			m.Chunks = append(m.Chunks, make([]Chunk, len(m.windows)-k)...) // reading these fails
			return i
		}
		m.Chunks = append(m.Chunks, Chunk{Packed: frames[i].length, at: frames[i].at})
		i++
	}
	return i
}

// frame unpacks a frame.
func (a *Archive) frame(f frame) ([]byte, error) {
	if f.plain > maxPlain || f.length > maxPlain {
		return nil, fmt.Errorf("a frame of 0x%x bytes", f.plain)
	}
	b := make([]byte, f.length)
	if err := flash.ReadInto(a.img, b, f.at); err != nil {
		return nil, err
	}
	return a.dec.DecodeAll(b, nil)
}

var errNoHead = errors.New("backup: no header of a member")

// parseHead parses what memberHead returns.
func parseHead(b []byte) (*Member, error) {
	r := bytes.NewReader(b)
	h, err := tar.NewReader(r).Next()
	if err != nil {
		return nil, errNoHead
	}
	m := &Member{Name: h.Name, Size: h.Size}
	if h.PAXRecords[keyMajor] != "" {
		// The tar reader has skipped the map; it is in the last blocks.
		if m.Data, err = parseMap(b); err != nil {
			return nil, err
		}
	} else if m.Size > 0 {
		m.Data = []flash.Extent{{Length: m.Size}}
	}
	if err := flash.CheckFilePath(m.Name); err != nil {
		return nil, err
	}
	// The map ends with an empty range if the member ends with a hole.
	if n := len(m.Data); n > 0 && m.Data[n-1] == (flash.Extent{Offset: m.Size}) {
		m.Data = m.Data[:n-1]
	}
	// The content of a member may also look like a header, if it is a tar itself. A header that
	// this package wrote can be written again and is then equal to the byte.
	if m.checkData() != nil || !bytes.Equal(memberHead(m, h.ModTime.Unix()), b) {
		return nil, errNoHead
	}
	return m, nil
}

// parseMap parses the map at the end of a member's headers. Before it are the pax header, its
// records and the member's own header.
func parseMap(b []byte) ([]flash.Extent, error) {
	if len(b) < tarBlock {
		return nil, errNoHead
	}
	n, err := strconv.ParseInt(strings.Trim(string(b[tarSize:tarTime]), "\x00 "), 8, 64)
	at := 2*int64(tarBlock) + n + int64(padding(n))
	if err != nil || n < 0 || at > int64(len(b)) {
		return nil, errNoHead
	}
	lines := bytes.Split(b[at:], []byte("\n"))
	number := func(i int) int64 {
		v, err := strconv.ParseInt(string(lines[i]), 10, 64)
		if err != nil || v < 0 {
			return -1
		}
		return v
	}
	count := number(0)
	if count < 0 || count > int64(len(lines)-1)/2 {
		return nil, errNoHead
	}
	data := make([]flash.Extent, count)
	for i := range data {
		data[i] = flash.Extent{Offset: number(1 + 2*i), Length: number(2 + 2*i)}
		if data[i].Offset < 0 || data[i].Length < 0 {
			return nil, errNoHead
		}
	}
	return data, nil
}
