package ext4

import (
	"bytes"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// Small files and directories begin in i_block and continue in the attribute
// system.data behind the inode's fields:
//
//	u32 EA020000, then entries, aligned to 4:
//	u8 length of the name, u8 namespace (7 is system), u16 offset of the value from the
//	first entry, u32 inode of the value or 0, u32 length of it, u32 hash, name
const (
	attributeMagic  = 0xEA020000
	attributeEntry  = 16
	attributeSystem = 7
)

// inline returns the bytes of an inode that contains them. mke2fs 1.47 also marks large
// files of zeros in this way.
func (f *FS) inline(n *files.Inode) flash.Image {
	first, rest := f.inlineParts(n)
	b := append(append([]byte{}, first...), rest...)
	if n.Size > int64(len(b)) {
		f.Add(flash.Warning, fmt.Sprintf("inode %d", n.Num), sysOf(n).at, "only %d of its %d bytes are stored; the rest is read as zeros", len(b), n.Size)
	}
	return files.NewMapped(bytes.NewReader(b), n.Size, []files.Run{{Length: int64(len(b))}})
}

// inlineParts returns both parts of inline data.
func (f *FS) inlineParts(n *files.Inode) (first, rest []byte) {
	own := sysOf(n)
	first = own.block()
	if len(own.raw) <= smallInode {
		return first, nil
	}
	body := own.raw[smallInode+extra(own.raw):]
	if len(body) < 4 || le.Uint32(body) != attributeMagic {
		return first, nil
	}
	body = body[4:]
	for e := body; len(e) >= attributeEntry && le.Uint32(e) != 0; {
		name := int(e[0])
		next := (attributeEntry + name + 3) &^ 3
		if next > len(e) {
			break
		}
		if e[1] == attributeSystem && string(e[attributeEntry:attributeEntry+name]) == "data" && le.Uint32(e[4:]) == 0 {
			at, size := int64(le.Uint16(e[2:])), int64(le.Uint32(e[8:]))
			if at+size <= int64(len(body)) {
				return first, body[at : at+size]
			}
		}
		e = e[next:]
	}
	return first, nil
}
