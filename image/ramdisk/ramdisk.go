package ramdisk

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// DefaultLimit is larger than any unpacked ramdisk of a phone, in bytes.
const DefaultLimit = 512 << 20

// Limits of a ramdisk, because each segment and file needs memory. Ramdisks of phones
// have a few segments and some thousand files.
const (
	maxSegments = 1 << 10
	maxEntries  = 1 << 17
)

// Ramdisk is a ramdisk with its segments and entries. It is read from the image that
// was given to Read, which must stay open.
type Ramdisk struct {
	Segments []Segment
	Trailing flash.Image // the bytes behind the last segment; empty if there are none

	entries []*Entry // records of all segments, with the trailers
	removed map[int]bool
}

// Segment is a range of a ramdisk that is compressed separately.
type Segment struct {
	Compression Compression
	flash.Extent
	Unpacked int64 // bytes

	packed flash.Image
}

// Read reads a ramdisk. All of it together may unpack to limit bytes (0 means
// DefaultLimit); more is a *LimitError. Damage is an error, because a cut archive
// cannot be edited. The error wraps flash.ErrNotThis if img is not a ramdisk.
func Read(img flash.Image, limit int64) (*Ramdisk, error) {
	return read(img, limit, firstLook)
}

func read(img flash.Image, limit, look int64) (*Ramdisk, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	if img.Size() > limit {
		return nil, &LimitError{limit}
	}
	r := &reader{img: img, limit: limit, w: window{img: img}, unpacker: unpacker{most: look}}
	for at := int64(0); at < img.Size(); {
		c := r.sniff(at)
		if c == "" && at > 0 {
			next, err := r.skipZeros(at)
			if err != nil {
				return nil, err
			}
			if next > at {
				at = next
				continue
			}
		}
		if c == "" {
			r.out.Trailing = from(img, at)
			break
		}
		used, err := r.segment(at, c)
		if err != nil {
			return nil, err
		}
		at += used
	}
	if len(r.out.Segments) == 0 {
		b := r.w.bytes(0, int(min(img.Size(), 8)))
		return nil, &flash.FormatError{Format: "ramdisk", Offset: 0, Text: fmt.Sprintf("begins with % x: not a known compression or archive", b), Err: flash.ErrNotThis}
	}
	if r.out.Trailing == nil {
		r.out.Trailing = from(img, img.Size())
	}
	r.out.removed = map[int]bool{}
	findLinks(r.out.entries)
	return &r.out, nil
}

// reader reads a ramdisk.
type reader struct {
	img   flash.Image
	limit int64 // bytes that may still be held in memory
	held  int64
	w     window
	raw   []byte // the image itself, if an archive in it is not compressed
	unpacker
	out Ramdisk
}

// sniff returns the compression of the data at off.
func (r *reader) sniff(off int64) Compression {
	const most = 14
	return Sniff(r.w.bytes(off, int(min(r.img.Size()-off, most))))
}

// skipZeros returns the offset behind the zeros between segments, which belong to the
// segment before. It returns off if there are no zeros, or if no segment follows.
func (r *reader) skipZeros(off int64) (int64, error) {
	end, err := zerosFrom(r.img, off)
	if err != nil || end == off || end == r.img.Size() || r.sniff(end) == "" {
		return off, err
	}
	last := &r.out.Segments[len(r.out.Segments)-1]
	last.packed = flash.Slice(r.img, flash.Extent{Offset: last.Offset, Length: end - last.Offset})
	return end, nil
}

// segment reads the segment at off and returns its length in bytes.
func (r *reader) segment(off int64, c Compression) (int64, error) {
	if len(r.out.Segments) == maxSegments {
		return 0, &flash.FormatError{Format: "ramdisk", Offset: off, Text: fmt.Sprintf("more than %d segments", maxSegments)}
	}
	plain, list, used, err := r.archive(off, c)
	if err != nil && used > 0 && c == LZ4Legacy && r.sniff(off+used) == LZ4Legacy {
		r.held -= int64(len(plain))
		plain, list, used, err = r.archive(off, lz4Chain)
	}
	if err != nil {
		return 0, err
	}
	if c == LZ4Legacy && statesLength(r.img, off+used, int64(len(plain))) {
		c, used = LZ4LG, used+4
	}
	r.out.entries = append(r.out.entries, list...)
	e := flash.Extent{Offset: off, Length: used}
	r.out.Segments = append(r.out.Segments, Segment{c, e, int64(len(plain)), flash.Slice(r.img, e)})
	return used, nil
}

// archive unpacks the data at off and reads the records in them. If only the records
// have an error, used is still correct; for other errors it is 0.
func (r *reader) archive(off int64, c Compression) (plain []byte, list []*Entry, used int64, err error) {
	plain, used, err = r.plain(off, c)
	if _, ok := errors.AsType[*LimitError](err); ok {
		return nil, nil, 0, &LimitError{r.limit}
	}
	if err != nil {
		return plain, nil, 0, &flash.FormatError{Format: "ramdisk", Offset: off, Text: fmt.Sprintf("the %s data cannot be unpacked", c), Err: err}
	}
	list, n, err := readRecords(plain, len(r.out.Segments), maxEntries-len(r.out.entries))
	switch {
	case err != nil:
		return plain, nil, used, err
	case len(list) == 0:
		err = &flash.FormatError{Format: "ramdisk", Offset: off, Text: fmt.Sprintf("the %s data contain no cpio archive", c)}
	case c == None:
		plain, used = plain[:n], int64(n)
	case n < len(plain):
		last := list[len(list)-1] // other data behind the archive stay behind it
		last.raw = plain[n-len(last.raw):]
	}
	return plain, list, used, err
}

// plain returns the content of the segment at off. For a segment that is not
// compressed, this is everything up to the image's end.
func (r *reader) plain(off int64, c Compression) (plain []byte, used int64, err error) {
	if c != None {
		plain, used, err = r.unpack(from(r.img, off), c, r.limit-r.held)
		r.held += int64(len(plain))
		return plain, used, err
	}
	if r.raw == nil {
		if r.held += r.img.Size(); r.held > r.limit {
			return nil, 0, &LimitError{r.limit}
		}
		if r.raw, err = flash.ReadFull(r.img, 0, int(r.img.Size())); err != nil {
			return nil, 0, err
		}
	}
	return r.raw[off:], 0, nil
}

// Entries returns the files of the archives, in their order. A later entry replaces an
// earlier one with the same path, as on the phone.
func (r *Ramdisk) Entries() []*Entry {
	return slices.DeleteFunc(slices.Clone(r.entries), func(e *Entry) bool { return e.Name == trailer })
}

// Find returns the entry that the phone uses for a path, nil if there is none.
func (r *Ramdisk) Find(path string) *Entry {
	for _, e := range slices.Backward(r.entries) {
		if p, _ := e.Path(); p == path && e.Name != trailer {
			return e
		}
	}
	return nil
}

// Add adds an entry behind the last file of the last archive. Its parent directories
// must exist, because a kernel does not make them.
func (r *Ramdisk) Add(h Header, data []byte) *Entry {
	e := &Entry{Header: h, Data: data, segment: len(r.Segments) - 1}
	at := len(r.entries)
	for at > 0 && r.entries[at-1].Name == trailer && r.entries[at-1].segment == e.segment {
		at--
	}
	if e.Links == 0 {
		e.Links = 1
	}
	if e.Inode == 0 {
		e.Inode = r.freeInode()
	}
	r.entries = slices.Insert(r.entries, at, e)
	return e
}

// Remove removes an entry.
func (r *Ramdisk) Remove(e *Entry) {
	if i := slices.Index(r.entries, e); i >= 0 {
		r.entries = slices.Delete(r.entries, i, i+1)
		r.removed[e.segment] = true
	}
}

// Edited reports whether anything differs from what was read.
func (r *Ramdisk) Edited() bool {
	return len(r.removed) > 0 || slices.ContainsFunc(r.entries, (*Entry).Edited)
}
