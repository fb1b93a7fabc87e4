package archive

import (
	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/flash"
)

// RescueMap returns the ddrescue map of a file of size bytes. Unread ranges were not read, bad ones
// are lost. Without any, it returns nil: the file needs no map.
func RescueMap(size int64, unread, bad []flash.Extent) []byte {
	if len(unread)+len(bad) == 0 {
		return nil
	}
	whole := []flash.Extent{{Length: size}}
	return mapfile.Make(size, flash.Without(whole, flash.Union(unread, bad)), bad).Encode()
}
