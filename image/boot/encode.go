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

// most is the largest size that a header can state, in bytes.
const most = math.MaxUint32

// Replace replaces the payload of a part. A section header stays in front of it, with
// the new size. It returns an error if the image is cut or has no such part.
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

// set replaces all bytes of the part.
func (p *Part) set(all flash.Image) error {
	if all.Size() > most {
		return fmt.Errorf("boot: a %s of %d bytes is too large", p.Name, all.Size())
	}
	p.bytes, p.Length, p.pad = all, all.Size(), nil
	return nil
}

// add inserts a new part, in the order of the file.
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

// SetSection sets the section header of a part to that label: it changes the label, or
// adds a header. An empty label removes the header.
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

// Encode returns the image. If nothing was changed, it is byte-identical to the image
// that was read. Otherwise the sizes, the offset of the recovery dtbo and the table of
// ramdisks are new, and so is the id, if it was the hash that mkbootimg writes. Tail
// follows unchanged.
func (b *Image) Encode() (flash.Image, error) {
	head := b.Header
	if b.changed {
		var err error
		if head, err = b.newHeader(); err != nil {
			return nil, err
		}
	}
	off := int64(len(head)) // without the distance by which the loader moved the parts
	head, err := b.withLoader(head)
	if err != nil {
		return nil, err
	}
	pieces := []flash.Image{bytes.NewReader(head)}
	for i, p := range b.Parts {
		pieces = append(pieces, p.bytes)
		off += p.Length
		if i+1 < len(b.Parts) && isRamdisk(p.Name) && isRamdisk(b.Parts[i+1].Name) {
			continue // ramdisks of a table have no gaps between them
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

// newHeader returns the header with the present sizes of the parts.
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

// touch is called before the first change. It finds the hash function of the id while
// the parts are still those of the id.
func (b *Image) touch() error {
	if b.Cut() {
		return errors.New("boot: the image is cut, so it cannot be changed")
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

// id returns the hash of all parts and their sizes, as mkbootimg makes it. Parts that
// the version has and the image does not are counted with size 0.
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
