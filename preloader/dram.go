package preloader

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// DRAM has the memory settings of a preloader, for another program that sets up the phone's memory.
type DRAM struct {
	Version uint32 // the number in the name of the block
	Block   []byte // the whole MTK_BLOADER_INFO, as newer Download Agents need it
	Entries []byte // only its entries, as legacy agents need them (mtkclient daconfig.py)
}

// errNoDRAM is the error if there is no usable block: the newest chips have their settings
// elsewhere, and the end of some blocks is unknown.
var errNoDRAM = errors.New("preloader: no memory settings that can be extracted (MTK_BLOADER_INFO)")

// DRAM returns the memory settings in the file. img must be the image that was given to Read.
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
