package image

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/erofs"
	"github.com/mtkkit/mtkkit/image/ext4"
	"github.com/mtkkit/mtkkit/image/files"
)

// Files opens the file system in an image. For an image of another kind the error is a
// *flash.FormatError that names the kind and wraps flash.ErrNotThis.
func Files(img flash.Image) (*files.Tree, error) {
	var (
		sys files.System
		err error
	)
	switch kind := Sniff(img).Kind; kind {
	case Ext4, Zero, Unknown: // if its start is lost, ext4 has copies of it
		sys, err = ext4.Read(img)
	case EROFS:
		sys, err = erofs.Read(img)
	default:
		return nil, &flash.FormatError{Format: "image", Offset: 0, Text: fmt.Sprintf("%s: only files of ext2 to ext4 and EROFS can be read", kind), Err: flash.ErrNotThis}
	}
	if err != nil {
		return nil, err
	}
	return &files.Tree{System: sys}, nil
}
