package preloader

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// DRAM are the memory settings of a preloader, for a program that sets the phone's
// memory up in its place.
type DRAM struct {
	Version uint32 // of the block, the number in its name
	Block   []byte // MTK_BLOADER_INFO whole, as newer Download Agents take it
	Entries []byte // its entries alone, as legacy agents take them (mtkclient daconfig.py)
}

// errNoDRAM: the newest chips keep their settings elsewhere, and some blocks do not say
// where they end.
var errNoDRAM = errors.New("preloader: no memory settings that could be taken out (MTK_BLOADER_INFO)")

// DRAM returns the memory settings in the file. img is the image given to Read.
func (f *File) DRAM(img flash.Image) (*DRAM, error) {
	b := f.Bloader
	if b == nil || len(b.EMI) == 0 {
		return nil, errNoDRAM
	}
	version, err := strconv.ParseUint(strings.TrimPrefix(b.Version, "v"), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("%w: version %q", errNoDRAM, b.Version)
	}
	last := b.EMI[len(b.EMI)-1]
	block, err := flash.ReadFull(img, b.Offset, int(last.Offset+int64(len(last.Raw))-b.Offset)) // ≤ bliMaxSize
	if err != nil {
		return nil, fmt.Errorf("preloader: %w", err)
	}
	return &DRAM{Version: uint32(version), Block: block, Entries: block[bliEntries:]}, nil
}
