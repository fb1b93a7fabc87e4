package preloader

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// boardRE is the only form of a file name that is used; it captures the board.
var boardRE = regexp.MustCompile(`^preloader_([A-Za-z0-9_.+-]+)\.bin$`)

// defaultName is a default that some vendors did not change in preloaders of other boards (MT8173).
const defaultName = "preloader_mt6575_evb.bin"

// boardOf returns the board in a preloader's file name, or "" if the name is malformed or the
// default. The result is safe in a file name.
func boardOf(name string) string {
	m := boardRE.FindStringSubmatch(name)
	if m == nil || strings.EqualFold(name, defaultName) {
		return ""
	}
	return m[1]
}

// readBloader reads MTK_BLOADER_INFO. The last word of the content is its length; if there is no
// block at this length, the last hit is used.
func (f *File) readBloader(img flash.Image, hits []hit) ([]flash.Problem, error) {
	if f.Cut() && len(hits) == 0 {
		return nil, nil
	}
	for _, end := range []int64{f.Content.End(), f.Content.End() - bliRetry} {
		b, err := peek(img, end-4, 4)
		if err != nil {
			return nil, err
		}
		if end-4 < f.Content.Offset || len(b) < 4 {
			break
		}
		n := int64(binary.LittleEndian.Uint32(b))
		if n == 0 {
			continue
		}
		at := end - 4 - n
		if n < bliEntries || n > bliMaxSize || at < f.Content.Offset {
			break
		}
		if b, err = peek(img, at, int(n)); err != nil {
			return nil, err
		}
		if bytes.HasPrefix(b, []byte(bliMagic)) && int64(len(b)) == n {
			var ps []flash.Problem
			f.Bloader, ps = parseBloader(b, at, true)
			return ps, nil
		}
		break
	}
	if len(hits) == 0 {
		return nil, nil
	}
	at := hits[len(hits)-1].offset
	b, err := peek(img, at, int(min(bliEntries, f.Content.End()-at)))
	if err != nil || len(b) < bliEntries {
		return nil, err
	}
	f.Bloader, _ = parseBloader(b, at, false)
	return []flash.Problem{flash.NewProblem(flash.Note, "MTK_BLOADER_INFO", at, "is not at the end of the content; its DRAM entries are not listed")}, nil
}

// parseBloader parses the block b, which is at off in the image. It lists the entries if b is the
// whole block.
func parseBloader(b []byte, off int64, whole bool) (*Bloader, []flash.Problem) {
	name := text(b[bliName : bliName+bliNameLen])
	bl := &Bloader{
		Offset:   off,
		Version:  "v" + strings.TrimPrefix(text(b[:bliIDLen]), bliMagic),
		FileName: name,
		Board:    boardOf(name),
		EMICount: binary.LittleEndian.Uint32(b[bliCount:]),
	}
	if !whole || bl.EMICount == 0 {
		return bl, nil
	}
	// In every known preloader the entries have equal lengths and fill the block exactly.
	entries := b[bliEntries:]
	bl.EMICount = entryTotal(bl.EMICount, len(entries))
	n := int(min(bl.EMICount, bliMaxCount+1))
	if n > bliMaxCount || len(entries)%n != 0 {
		return bl, []flash.Problem{warn("MTK_BLOADER_INFO", off+bliCount,
			"%d DRAM entries do not fill 0x%x bytes", bl.EMICount, len(entries))}
	}
	size := len(entries) / n
	for i := range n {
		bl.EMI = append(bl.EMI, EMIEntry{
			Offset: off + bliEntries + int64(i*size),
			Raw:    Hex(entries[i*size : (i+1)*size]),
		})
	}
	return bl, nil
}

// entryTotal returns how many entries fill size bytes, from the count that the block states. Blocks
// of version 12 have the decimal digits as hexadecimal ones: 0x10 means ten entries on an MT6582,
// 0x24 means twenty-four. Below ten both are equal. One board with MT8173 has spaces instead of
// zeros in the whole block, also in the count.
func entryTotal(stated uint32, size int) uint32 {
	if stated>>8 == 0x202020 {
		stated &= 0xFF
	}
	if size%int(stated) == 0 {
		return stated
	}
	n, err := strconv.ParseUint(strconv.FormatUint(uint64(stated), 16), 10, 32)
	if err != nil || size%int(n) != 0 {
		return stated
	}
	return uint32(n)
}
