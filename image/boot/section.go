package boot

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// sectionBytes is the length of MediaTek's section header, in bytes.
const sectionBytes = 0x200

var sectionMagic = []byte{0x88, 0x16, 0x88, 0x58}

// Section is MediaTek's header in front of a kernel or a ramdisk.
type Section struct {
	Name   string // KERNEL, ROOTFS, RECOVERY; printable
	Size   int64  // of the payload, bytes, as far as it is within the part
	Header []byte // all 512 bytes
}

// readSection returns the header at the start of part, nil if there is none. If the
// payload does not fit, the four bytes are not a header.
func readSection(part flash.Image) *Section {
	h, err := flash.ReadFull(part, 0, sectionBytes)
	if err != nil || !bytes.HasPrefix(h, sectionMagic) {
		return nil
	}
	size := int64(binary.LittleEndian.Uint32(h[4:]))
	if size > part.Size()-sectionBytes {
		return nil
	}
	return &Section{Name: text(h[8:40]), Size: size, Header: h}
}

// NewSection makes a header of the old form, as kernels and ramdisks of the MBR
// generation have it, for a payload of size bytes. name has 1 to 31 bytes.
func NewSection(name string, size int64) (*Section, error) {
	if len(name) == 0 || len(name) > 31 {
		return nil, fmt.Errorf("boot: section name %q is not 1 to 31 bytes long", name)
	}
	h := bytes.Repeat([]byte{0xFF}, sectionBytes)
	clear(h[:0x28])
	copy(h, sectionMagic)
	copy(h[8:], name)
	return (&Section{Name: name, Header: h}).sized(size)
}

// renamed returns the header with another name.
func (s *Section) renamed(name string) (*Section, error) {
	n, err := NewSection(name, s.Size)
	if err != nil {
		return nil, err
	}
	n.Header = append(append(bytes.Clone(s.Header[:8]), n.Header[8:40]...), s.Header[40:]...)
	return n, nil
}

// sized returns the header for a payload of another size.
func (s *Section) sized(size int64) (*Section, error) {
	if size < 0 || size > most-sectionBytes {
		return nil, fmt.Errorf("boot: a section %q of %d bytes is too large", s.Name, size)
	}
	h := bytes.Clone(s.Header)
	binary.LittleEndian.PutUint32(h[4:], uint32(size))
	return &Section{Name: s.Name, Size: size, Header: h}, nil
}
