package backup

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// Fields of a local header (APPNOTE.TXT §4.3.7), as offsets.
const (
	localFlags   = 6
	localMethod  = 8
	localPacked  = 18
	localSize    = 22
	localNameLen = 26
	localHead    = 30
	localMost    = localHead + 2*(1<<16-1)

	zipLater = 1 << 3    // flag: the sizes are behind the content
	zipLong  = 1<<32 - 1 // the size is in the extra field of zip64
)

// zipHead compares the directory's line of a file with its local header, which readers of a
// stream use.
func (c *agreement) zipHead(m *Member) {
	if err := c.a.checkZipHead(c.a.zip[m.Name]); err != nil {
		c.tell(m, "the directory of the zip archive is wrong, or its local header: %v", err)
	}
}

func (a *Archive) checkZipHead(f *zip.File) error {
	end, err := f.DataOffset()
	if err != nil {
		return err
	}
	head, err := a.localHeader(end)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	name := head[localHead : localHead+int(le.Uint16(head[localNameLen:]))]
	switch packed, size := le.Uint32(head[localPacked:]), le.Uint32(head[localSize:]); {
	case string(name) != f.Name:
		return fmt.Errorf("its local header names %.80q", name)
	case le.Uint16(head[localMethod:]) != f.Method:
		return fmt.Errorf("its local header has method %d, the directory %d", le.Uint16(head[localMethod:]), f.Method)
	case le.Uint16(head[localFlags:])&zipLater != 0 && packed == 0 && size == 0: // archive/zip compares what is behind the content
	case packed != zipLong && uint64(packed) != f.CompressedSize64, size != zipLong && uint64(size) != f.UncompressedSize64:
		return fmt.Errorf("its local header has 0x%x bytes, packed 0x%x, the directory 0x%x and 0x%x", size, packed, f.UncompressedSize64, f.CompressedSize64)
	}
	return nil
}

// localHeader returns the local header whose content begins at end. archive/zip does not tell
// where the header begins, but its two lengths do.
func (a *Archive) localHeader(end int64) ([]byte, error) {
	for _, most := range []int64{1 << 10, localMost} { // almost always it is short
		most = min(most, end)
		b := make([]byte, most)
		if err := flash.ReadInto(a.img, b, end-most); err != nil {
			return nil, err
		}
		for at := 0; ; at++ {
			i := bytes.Index(b[at:], []byte(zipMagic))
			if i < 0 {
				break
			}
			if at += i; isLocalHeader(b[at:]) {
				return b[at:], nil
			}
		}
	}
	return nil, errors.New("it has no local header")
}

// isLocalHeader reports whether b is one local header.
func isLocalHeader(b []byte) bool {
	le := binary.LittleEndian
	return len(b) >= localHead && localHead+int(le.Uint16(b[localNameLen:]))+int(le.Uint16(b[localNameLen+2:])) == len(b)
}
