package boot

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// most is the largest size a header can state.
const most = math.MaxUint32

// Replace puts another payload in the place of a part's. A section header stays in
// front of it, with the new size.
func (b *Image) Replace(name string, payload flash.Image) error {
	if err := b.touch(); err != nil {
		return err
	}
	p := b.Part(name)
	if p == nil {
		return b.add(name, payload)
	}
	if p.Section == nil {
		return p.set(payload)
	}
	s, err := p.Section.sized(payload.Size())
	if err != nil {
		return err
	}
	p.Section = s
	return p.set(flash.Join(bytes.NewReader(s.Header), payload))
}

// set gives the part other bytes.
func (p *Part) set(all flash.Image) error {
	if all.Size() > most {
		return fmt.Errorf("boot: a %s of %d bytes is too large", p.Name, all.Size())
	}
	p.bytes, p.Length, p.pad = all, all.Size(), nil
	return nil
}

// add puts a part where there was none, at its place in the order of the file.
func (b *Image) add(name string, payload flash.Image) error {
	order := func(n string) int {
		return slices.IndexFunc(b.layout.parts, func(f partField) bool { return f.name == n })
	}
	if order(name) < 0 || isRamdisk(name) && len(b.Ramdisks()) > 0 {
		return fmt.Errorf("boot: an image of this version has no %s", name)
	}
	at := 0
	for at < len(b.Parts) && order(b.Parts[at].Name) < order(name) {
		at++
	}
	b.Parts = slices.Insert(b.Parts, at, Part{Name: name})
	return b.Parts[at].set(payload)
}

// SetSection gives the part that name names a section header of that label: another
// label, or a header where there was none. An empty label takes the header away.
func (b *Image) SetSection(name, label string) error {
	p := b.Part(name)
	switch {
	case p == nil:
		return fmt.Errorf("boot: the image has no %s", name)
	case p.Section == nil && label == "" || p.Section != nil && p.Section.Name == label:
		return nil
	}
	if err := b.touch(); err != nil {
		return err
	}
	payload := p.Payload()
	if label == "" {
		p.Section = nil
		return p.set(payload)
	}
	s, err := NewSection(label, payload.Size())
	if p.Section != nil {
		s, err = p.Section.renamed(label)
	}
	if err != nil {
		return err
	}
	p.Section = s
	return p.set(flash.Join(bytes.NewReader(s.Header), payload))
}

// Encode puts the image together. One that nobody changed is byte-identical to what was
// read. In a changed one the sizes, the offset of the recovery dtbo and the table of
// ramdisks are new, and so is the id, where it was the hash that mkbootimg writes.
// Tail follows as it is.
func (b *Image) Encode() (flash.Image, error) {
	head := b.Header
	if b.changed {
		var err error
		if head, err = b.newHeader(); err != nil {
			return nil, err
		}
	}
	off := int64(len(head)) // without what the loader moved
	head, err := b.withLoader(head)
	if err != nil {
		return nil, err
	}
	pieces := []flash.Image{bytes.NewReader(head)}
	for i, p := range b.Parts {
		pieces = append(pieces, p.bytes)
		off += p.Length
		if i+1 < len(b.Parts) && isRamdisk(p.Name) && isRamdisk(b.Parts[i+1].Name) {
			continue // ramdisks of a table lie close together
		}
		end := align(off, b.Page)
		if p.pad != nil && (!b.changed || p.pad.Size() == end-off) {
			pieces = append(pieces, p.pad)
		} else {
			pieces = append(pieces, bytes.NewReader(make([]byte, end-off)))
		}
		off = end
	}
	if b.Tail != nil {
		pieces = append(pieces, b.Tail)
	}
	return flash.Join(pieces...), nil
}

// newHeader is the header with the sizes of the parts as they are now.
func (b *Image) newHeader() ([]byte, error) {
	if err := b.fillTable(); err != nil {
		return nil, err
	}
	head := bytes.Clone(b.Header)
	off := int64(len(head))
	for _, f := range b.layout.parts {
		size := int64(0)
		for _, p := range b.Parts {
			if p.Name == f.name || f.name == Ramdisk && isRamdisk(p.Name) {
				size += p.Length
			}
		}
		if size > most {
			return nil, fmt.Errorf("boot: a %s of %d bytes is too large", f.name, size)
		}
		if f.name == RecoveryDTBO && size > 0 {
			put(head, b.layout.dtboOffset, off)
		}
		put(head, f.size, size)
		off += align(size, b.Page)
	}
	b.Length = b.moved() + off
	if b.hashed != nil {
		sum, err := b.id(b.hashed)
		if err != nil {
			return nil, err
		}
		copy(take(head, b.layout.id), sum)
	}
	return head, nil
}

// touch is called before the first change. It finds the hash that the id was made with,
// as long as the parts are those that it was made of.
func (b *Image) touch() error {
	if b.Cut() {
		return errors.New("boot: the image is cut: nothing can be changed in it")
	}
	if b.changed || b.layout.id.size == 0 {
		b.changed = true
		return nil
	}
	b.changed = true
	have := take(b.Header, b.layout.id)
	for _, with := range []func() hash.Hash{sha1.New, sha256.New} {
		sum, err := b.id(with)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(have, sum) && flash.IsZero(have[len(sum):]) {
			b.hashed = with
		}
	}
	return nil
}

// id is the hash over all parts and their sizes, as mkbootimg makes it. Parts that the
// version knows and the image lacks count with their size, 0.
func (b *Image) id(with func() hash.Hash) ([]byte, error) {
	h := with()
	for _, f := range b.layout.parts {
		size := int64(0)
		if p := b.Part(f.name); p != nil {
			size = p.Length
			if _, err := io.Copy(h, io.NewSectionReader(p.bytes, 0, size)); err != nil {
				return nil, fmt.Errorf("boot: %s: %w", f.name, err)
			}
		}
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(size)))
	}
	return h.Sum(nil), nil
}
