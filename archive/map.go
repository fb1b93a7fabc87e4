package archive

import (
	"errors"
	"os"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// WriteMap writes the ddrescue map of a file of size bytes. Unread ranges were not read, bad ones
// are lost. Without any, it writes nothing and returns false. It returns a *flash.Refusal if a
// file of that name, or the part of an earlier run, exists.
func WriteMap(name string, size int64, unread, bad []flash.Extent) (made bool, err error) {
	if len(unread)+len(bad) == 0 {
		return false, nil
	}
	whole := []flash.Extent{{Length: size}}
	b := mapfile.Make(size, flash.Without(whole, flash.Union(unread, bad)), bad).Encode()
	opt := disk.PublishOptions{Before: func() error { // another program may have made it in between
		if _, err := os.Lstat(name); err == nil {
			return refuse(flash.ReasonExists, name, "exists")
		}
		return nil
	}}
	err = disk.WriteNew(name, opt, func(f *os.File) error { _, err := f.Write(b); return err })
	if errors.Is(err, disk.ErrPart) {
		err = refuse(flash.ReasonInTheWay, name+disk.PartSuffix, "is in the way")
	}
	return err == nil, err
}
