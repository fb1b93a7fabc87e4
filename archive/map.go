package archive

import (
	"errors"
	"os"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// WriteMap writes ddrescue's map of a file of size bytes, of which ranges were not read,
// or are lost: none when there are none. Where a file of that name, or the rest of an
// earlier run, is there, it is a *flash.Refusal.
func WriteMap(name string, size int64, unread, bad []flash.Extent) (made bool, err error) {
	if len(unread)+len(bad) == 0 {
		return false, nil
	}
	whole := []flash.Extent{{Length: size}}
	b := mapfile.Make(size, flash.Without(whole, flash.Union(unread, bad)), bad).Encode()
	opt := disk.PublishOptions{Before: func() error { // somebody may have been faster
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
