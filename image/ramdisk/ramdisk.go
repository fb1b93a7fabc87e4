package ramdisk

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// DefaultLimit is more than any ramdisk of a phone unpacks to, bytes.
const DefaultLimit = 512 << 20

// Ramdisk is a ramdisk taken apart.
type Ramdisk struct {
	Segments []Segment
	Trailing []byte // what follows the last segment

	entries []*Entry // records of all segments, trailers among them
	removed map[int]bool
}

// Segment is a stretch of a ramdisk that is compressed on its own.
type Segment struct {
	Compression Compression
	flash.Extent
	Unpacked int64 // bytes

	packed []byte
}

// Read takes a ramdisk apart. All of it together may unpack to limit bytes (0 means
// DefaultLimit); more is a *LimitError. Damage is an error: an archive that is cut
// cannot be edited.
func Read(img flash.Image, limit int64) (*Ramdisk, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	if img.Size() > limit {
		return nil, &LimitError{limit}
	}
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		return nil, err
	}
	r := &Ramdisk{removed: map[int]bool{}}
	for at := 0; at < len(b); {
		c := Sniff(b[at:])
		zeros := len(b[at:]) - len(bytes.TrimLeft(b[at:], "\x00"))
		if c == "" && at > 0 && zeros > 0 && at+zeros < len(b) && Sniff(b[at+zeros:]) != "" {
			// Zeros between segments belong to the one before.
			last := &r.Segments[len(r.Segments)-1]
			last.packed = b[last.Offset : at+zeros]
			at += zeros
			continue
		}
		if c == "" {
			r.Trailing = b[at:]
			break
		}
		used, err := r.readSegment(b[at:], int64(at), c, limit)
		if err != nil {
			return nil, err
		}
		at += used
	}
	if len(r.Segments) == 0 {
		return nil, &flash.FormatError{Format: "ramdisk", Offset: 0, Text: fmt.Sprintf("begins with % x: no compression and no archive that is known", b[:min(len(b), 8)]), Err: flash.ErrNotThis}
	}
	return r, nil
}

// readSegment reads the segment that b begins with and returns its length.
func (r *Ramdisk) readSegment(b []byte, off int64, c Compression, limit int64) (int, error) {
	for _, s := range r.Segments {
		limit -= s.Unpacked
	}
	plain, used := b, 0
	if c != None {
		var err error
		plain, used, err = Unpack(b, c, limit)
		var tooMuch *LimitError
		if errors.As(err, &tooMuch) {
			return 0, err
		}
		if err != nil {
			return 0, &flash.FormatError{Format: "ramdisk", Offset: off, Text: fmt.Sprintf("the %s data cannot be unpacked", c), Err: err}
		}
	}
	list, n, err := readRecords(plain, len(r.Segments))
	switch {
	case err != nil:
		return 0, err
	case len(list) == 0:
		return 0, &flash.FormatError{Format: "ramdisk", Offset: off, Text: fmt.Sprintf("the %s data holds no cpio archive", c)}
	case c == None:
		plain, used = b[:n], n
	case n < len(plain):
		last := list[len(list)-1] // garbage behind the archive stays behind it
		last.raw = plain[n-len(last.raw):]
	}
	r.entries = append(r.entries, list...)
	r.Segments = append(r.Segments, Segment{c, flash.Extent{Offset: off, Length: int64(used)}, int64(len(plain)), b[:used]})
	return used, nil
}

// Entries returns the files of the archives, in their order. A later one of the same
// path stands in for an earlier one, as on the phone.
func (r *Ramdisk) Entries() []*Entry {
	return slices.DeleteFunc(slices.Clone(r.entries), func(e *Entry) bool { return e.Name == trailer })
}

// Find returns the entry that the phone would see under a path, nil when there is none.
func (r *Ramdisk) Find(path string) *Entry {
	for _, e := range slices.Backward(r.entries) {
		if p, _ := e.Path(); p == path && e.Name != trailer {
			return e
		}
	}
	return nil
}

// Add puts a new entry behind the last file of the last archive. Its parents must be
// there: a kernel makes no directories of its own accord.
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
		for _, o := range r.entries {
			e.Inode = max(e.Inode, o.Inode+1)
		}
	}
	r.entries = slices.Insert(r.entries, at, e)
	return e
}

// Remove takes an entry away.
func (r *Ramdisk) Remove(e *Entry) {
	if i := slices.Index(r.entries, e); i >= 0 {
		r.entries = slices.Delete(r.entries, i, i+1)
		r.removed[e.segment] = true
	}
}

// Edited reports whether anything is not as it was read.
func (r *Ramdisk) Edited() bool {
	return len(r.removed) > 0 || slices.ContainsFunc(r.entries, (*Entry).Edited)
}

// Encode puts the ramdisk together. Segments in which nothing was edited are what they
// were; the others are compressed anew, in the same way, and unpacked again as a proof.
func (r *Ramdisk) Encode() ([]byte, error) {
	var out []byte
	for i, s := range r.Segments {
		packed, err := r.encodeSegment(i, s)
		if err != nil {
			return nil, err
		}
		out = append(out, packed...)
	}
	return append(out, r.Trailing...), nil
}

func (r *Ramdisk) encodeSegment(i int, s Segment) ([]byte, error) {
	var plain []byte
	edited := r.removed[i]
	for _, e := range r.entries {
		if e.segment == i {
			plain = append(plain, e.encode()...)
			edited = edited || e.Edited()
		}
	}
	if !edited {
		return s.packed, nil
	}
	return Repack(plain, s.Compression)
}

// Repack compresses an archive and proves it by unpacking it again.
func Repack(plain []byte, c Compression) ([]byte, error) {
	packed, err := Pack(plain, c)
	if err != nil || c == None {
		return packed, err
	}
	again, used, err := Unpack(packed, c, int64(len(plain)))
	if err != nil || used != len(packed) || !bytes.Equal(again, plain) {
		return nil, fmt.Errorf("ramdisk: what was packed with %s does not unpack to the same (%d of %d bytes, %v)", c, used, len(packed), err)
	}
	return packed, nil
}

// Recompress makes one segment of the whole ramdisk, compressed in another way. What
// trailed is left behind.
func (r *Ramdisk) Recompress(c Compression) ([]byte, error) {
	var plain []byte
	for _, e := range r.entries {
		plain = append(plain, e.encode()...)
	}
	return Repack(plain, c)
}
