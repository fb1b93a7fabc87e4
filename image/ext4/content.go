package ext4

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// Content implements files.System.
func (f *FS) Content(n *files.Inode) (flash.Image, error) {
	switch {
	case !n.Mode.IsRegular():
		return nil, f.fail(sysOf(n).at, fmt.Sprintf("inode %d is %s, not a regular file", n.Num, files.Kind(n.Mode)), nil)
	case n.Encrypted:
		return nil, f.fail(sysOf(n).at, fmt.Sprintf("the content of inode %d", n.Num), files.ErrEncrypted)
	}
	return f.data(n)
}

// data returns the bytes of any inode.
func (f *FS) data(n *files.Inode) (flash.Image, error) {
	own := sysOf(n)
	m := mapper{FS: f, node: n, own: own, nodes: f.img.Size()/f.block + 1}
	var err error
	switch {
	case own.has(flagCompressed):
		return nil, f.fail(own.at, fmt.Sprintf("inode %d is compressed in a way that Linux never supported", n.Num), nil)
	case own.has(flagInline):
		return f.inline(n), nil
	case own.has(flagExtents):
		err = m.extents()
	default:
		err = m.blockMap()
	}
	if err != nil {
		return nil, err
	}
	return files.NewMapped(f.img, n.Size, m.runs), nil
}

// maxTarget is the longest target of a link in Linux, in bytes.
const maxTarget = 4096

// Target implements files.System.
func (f *FS) Target(n *files.Inode) (string, error) {
	own := sysOf(n)
	switch {
	case n.Mode&fs.ModeSymlink == 0:
		return "", f.fail(own.at, fmt.Sprintf("inode %d is %s, not a link", n.Num, files.Kind(n.Mode)), nil)
	case n.Encrypted:
		return "", f.fail(own.at, fmt.Sprintf("the target of link inode %d", n.Num), files.ErrEncrypted)
	case n.Size == 0 || n.Size > maxTarget:
		return "", f.fail(own.at+offSizeLow, fmt.Sprintf("link inode %d has a target of %d bytes", n.Num, n.Size), nil)
	}
	b := own.block()
	if n.Size < sizeBlock && !own.has(flagExtents) && !own.has(flagInline) {
		b = b[:n.Size]
	} else {
		img, err := f.data(n)
		if err != nil {
			return "", err
		}
		if b, err = flash.ReadFull(img, 0, int(n.Size)); err != nil {
			return "", f.fail(own.at, fmt.Sprintf("the target of link inode %d", n.Num), err)
		}
	}
	if strings.IndexByte(string(b), 0) >= 0 {
		return "", f.fail(own.at, fmt.Sprintf("the target of link inode %d has a NUL", n.Num), nil)
	}
	return string(b), nil
}
