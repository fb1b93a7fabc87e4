package ramdisk

import (
	"bytes"
	"fmt"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// Encode returns the ramdisk. Segments in which nothing was edited are unchanged. The
// others are compressed again in the same way, and unpacked again to check the result.
func (r *Ramdisk) Encode() (flash.Image, error) {
	var out []flash.Image
	plan := r.plan()
	for i, s := range r.Segments {
		packed, err := r.encodeSegment(i, s, plan)
		if err != nil {
			return nil, err
		}
		out = append(out, packed)
	}
	return flash.Join(append(out, r.Trailing)...), nil
}

func (r *Ramdisk) encodeSegment(i int, s Segment, plan map[*Entry]record) (flash.Image, error) {
	var plain pieces
	edited := r.removed[i]
	for _, e := range r.entries {
		if e.segment == i {
			b, same := e.encode(plan)
			plain = append(plain, b)
			edited = edited || !same
		}
	}
	if !edited {
		return s.packed, nil
	}
	return repack(plain, s.Compression)
}

// Recompress makes one segment of the whole ramdisk, with another compression. Trailing
// data are left out.
func (r *Ramdisk) Recompress(c Compression) (flash.Image, error) {
	var plain pieces
	plan := r.plan()
	for _, e := range r.entries {
		b, _ := e.encode(plan)
		plain = append(plain, b)
	}
	return repack(plain, c)
}

// repack compresses an archive and checks it by unpacking it again.
func repack(plain pieces, c Compression) (flash.Image, error) {
	var packed bytes.Buffer
	if err := packTo(&packed, plain.reader(), plain.size(), c); err != nil {
		return nil, err
	}
	img := bytes.NewReader(packed.Bytes())
	if c == None {
		return img, nil
	}
	s, err := open(img, c)
	if err == nil {
		err = plain.same(s.r)
	}
	if err != nil || s.used() != img.Size() {
		return nil, fmt.Errorf("ramdisk: data packed with %s do not unpack to the same bytes (%w)", c, err)
	}
	return img, nil
}

// pieces are the bytes of one archive in several slices.
type pieces [][]byte

func (p pieces) reader() io.Reader {
	list := make([]io.Reader, 0, len(p))
	for _, b := range p {
		list = append(list, bytes.NewReader(b))
	}
	return io.MultiReader(list...)
}

func (p pieces) size() (n int64) {
	for _, b := range p {
		n += int64(len(b))
	}
	return n
}

// same compares the pieces with all that r returns.
func (p pieces) same(r io.Reader) error {
	want, a, b := p.reader(), make([]byte, 64<<10), make([]byte, 64<<10)
	for at := int64(0); ; at += int64(len(a)) {
		n, err := io.ReadFull(want, a)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		m, err2 := io.ReadFull(r, b)
		if err2 != nil && err2 != io.EOF && err2 != io.ErrUnexpectedEOF {
			return err2
		}
		if !bytes.Equal(a[:n], b[:m]) {
			return fmt.Errorf("the bytes differ near 0x%x", at)
		}
		if n < len(a) {
			return nil
		}
	}
}
