package backup

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
)

// Archive is an archive opened for reading, at any offset.
type Archive struct {
	Problems flash.Problems // found while it was opened

	img     flash.Image
	dec     *zstd.Decoder
	index   *Index
	end     int64  // offset of the frame that ends the tar
	rebuilt bool   // the index is lost, and was made from the headers
	gaps    bool   // the index was rebuilt, and members between others may be missing
	draft   []byte // the manifest made from the draft; nil if the archive has its manifest, or no draft
	cache   cache
	zip     map[string]*zip.File // the files of a zip archive; nil otherwise
}

// maxPlain is the size limit of one frame's content, bytes: a chunk, or the map of a member with
// very many holes.
const maxPlain = maxIndex

// newDecoder makes a decoder for DecodeAll on any number of goroutines.
func newDecoder() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxPlain), zstd.WithDecoderLowmem(true))
}

// Sniff reports whether img begins like an archive of this package. It opens a zip archive,
// because any program can make one.
func Sniff(img flash.Image) bool {
	if isZip(img) {
		_, err := openZip(img)
		return err == nil
	}
	dec, err := newDecoder()
	if err != nil {
		return false
	}
	defer dec.Close()
	return sniff(img, dec)
}

func sniff(img flash.Image, dec *zstd.Decoder) bool {
	b := make([]byte, 4<<10)
	n, err := img.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return false
	}
	head, err := dec.DecodeAll(b[:frameLen(b[:n])], nil)
	return err == nil && len(head) == 2*tarBlock && bytes.Contains(head[tarBlock:], []byte("comment="+archiveMark+"\n"))
}

// Open opens an archive. Damage that still allows reading is in Problems: a damaged copy of the
// index, an archive that ends too early. An error means that nothing can be read.
func Open(img flash.Image) (*Archive, error) {
	if isZip(img) {
		return openZip(img)
	}
	dec, err := newDecoder()
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	a := &Archive{img: img, dec: dec}
	if sniff(img, dec) {
		err = a.open()
	} else {
		err = &flash.FormatError{Format: "backup", Offset: 0, Text: "not an archive that mtkkit made", Err: flash.ErrNotThis}
	}
	if err != nil {
		dec.Close()
		return nil, err
	}
	a.agree()
	return a, nil
}

// Close frees what Open allocated. The caller closes img.
func (a *Archive) Close() error {
	if a.zip != nil {
		return nil
	}
	a.cache.ahead.Wait()
	a.dec.Close()
	return nil
}

// Members lists the files of the archive, in their order.
func (a *Archive) Members() []Member { return a.index.Members }

// Member returns the member with a name, nil if there is none.
func (a *Archive) Member(name string) *Member {
	for i := range a.index.Members {
		if strings.EqualFold(a.index.Members[i].Name, name) {
			return &a.index.Members[i]
		}
	}
	return nil
}

// Image returns a member's content. The index proves what is read. A member of a zip archive is
// proven when it is read to its end from its start.
func (a *Archive) Image(m *Member) flash.Image { return a.Salvage(m, nil) }

// IsZip reports whether the archive is a zip archive, whose members can only be unpacked from
// their start.
func (a *Archive) IsZip() bool { return a.zip != nil }

// Salvage is Image for a damaged archive: a damaged chunk reads as zeros, and lost is called for
// it once, by the goroutine that reads.
func (a *Archive) Salvage(m *Member, lost func(e flash.Extent, err error)) flash.Image {
	if a.zip != nil {
		return &zipImage{file: a.zip[m.Name], m: m, lost: lost}
	}
	return &memberImage{a: a, m: m, lost: lost}
}

func (a *Archive) tell(s flash.Severity, place string, offset int64, format string, args ...any) {
	a.Problems.AddAt(s, place, offset, format, args...)
}

// ChunkError reports a chunk of a member that is damaged.
type ChunkError struct {
	Member       string
	flash.Extent       // lost range of the member
	At           int64 // offset of its frame in the archive
	Err          error
}

func (e *ChunkError) Error() string {
	return fmt.Sprintf("backup: %s: %v is damaged in the archive (frame at 0x%x): %v", e.Member, e.Extent, e.At, e.Err)
}

func (e *ChunkError) Unwrap() error { return e.Err }

// unpack reads chunk i of a member into plain and proves it. Both buffers may be nil; they are
// returned for the next call.
func (a *Archive) unpack(m *Member, i int, packed, plain []byte) (_, _ []byte, err error) {
	if err := a.trusts(m); err != nil {
		return packed, plain, err
	}
	packed, plain, err = a.unpackOnly(m, i, packed, plain)
	if err == nil && m.SHA256 != "" && !m.proves(i, plain) {
		err = &ChunkError{m.Name, m.windows[i].Extent, m.Chunks[i].at, errors.New("the index has another sha-256 for it")}
	}
	return packed, plain, err
}

// unpackOnly is unpack without the proof by the index. The frame has a checksum.
func (a *Archive) unpackOnly(m *Member, i int, packed, plain []byte) (_, _ []byte, err error) {
	c, w := &m.Chunks[i], m.windows[i]
	fail := func(err error) ([]byte, []byte, error) {
		return packed, plain, &ChunkError{m.Name, w.Extent, c.at, err}
	}
	packed = sized(packed, int(c.Packed))
	if err := flash.ReadInto(a.img, packed, c.at); err != nil {
		return fail(err)
	}
	want := int(w.stored())
	if i == len(m.Chunks)-1 {
		want += m.pad()
	}
	plain, err = a.dec.DecodeAll(packed, sized(plain, want)[:0])
	if err != nil {
		return fail(err)
	}
	if len(plain) != want {
		return fail(fmt.Errorf("%d bytes were unpacked instead of %d", len(plain), want))
	}
	return packed, plain, nil
}

// memberImage is a member as an Image with known holes.
type memberImage struct {
	a    *Archive
	m    *Member
	lost func(flash.Extent, error) // nil: damage is an error
	told sync.Map                  // chunks for which lost was called
}

func (f *memberImage) Size() int64 { return f.m.Size }

// NextData implements flash.DataFinder with the member's map.
func (f *memberImage) NextData(off int64) (flash.Extent, error) {
	if i := firstBehind(f.m.Data, off); i < len(f.m.Data) {
		d := f.m.Data[i]
		start := max(d.Offset, off)
		return flash.Extent{Offset: start, Length: d.End() - start}, nil
	}
	return flash.Extent{Offset: f.m.Size}, nil
}

// ReadAt implements io.ReaderAt.
func (f *memberImage) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("backup: read at negative offset %d", off)
	}
	if err := f.a.trusts(f.m); err != nil {
		return f.untrusted(p, off, err)
	}
	for n < len(p) && off < f.m.Size {
		m, err := f.readSome(p[n:], off)
		n, off = n+m, off+int64(m)
		if err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// untrusted reads from a member of which nothing can be believed.
func (f *memberImage) untrusted(p []byte, off int64, err error) (n int, _ error) {
	if f.lost == nil {
		return 0, err
	}
	if _, told := f.told.LoadOrStore(-1, true); !told {
		f.lost(flash.Extent{Length: f.m.Size}, err)
	}
	n = int(max(min(int64(len(p)), f.m.Size-off), 0))
	clear(p[:n])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readSome reads from at most one window.
func (f *memberImage) readSome(p []byte, off int64) (int, error) {
	ws := f.m.windows
	i := firstWindow(ws, off)
	if i == len(ws) || off < ws[i].Offset { // a hole between windows
		end := f.m.Size
		if i < len(ws) {
			end = ws[i].Offset
		}
		n := min(int64(len(p)), end-off)
		clear(p[:n])
		return int(n), nil
	}
	w := ws[i]
	p = p[:min(int64(len(p)), w.End()-off)]
	if len(w.data) != 1 || w.data[0] != w.Extent {
		clear(p)
	}
	chunk := f.a.cache.take(f.a, f.m, i, off-w.Offset >= chunkSize/4)
	defer f.a.cache.give(chunk)
	if chunk.err != nil && f.lost != nil {
		if _, told := f.told.LoadOrStore(i, true); !told {
			f.lost(w.Extent, chunk.err)
		}
		clear(p)
		return len(p), nil
	}
	if chunk.err != nil {
		return 0, chunk.err
	}
	plain := chunk.plain
	for _, d := range w.data {
		if from := max(d.Offset, off); from < min(d.End(), off+int64(len(p))) {
			copy(p[from-off:], plain[from-d.Offset:d.Length])
		}
		plain = plain[d.Length:]
	}
	return len(p), nil
}
