package ebr

import (
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// maxSectors limits the chain: phones have two or three table sectors, a player of 2015
// has ten.
const maxSectors = 64

// lastSector is the largest sector number with 32 bits: 2 TiB.
const lastSector = 0xFFFFFFFF

// Sector is one table sector of the chain.
type Sector struct {
	Name    string // "MBR", "EBR1", "EBR2" … in chain order
	Offset  int64  // bytes from the start of the image
	Entries [4]Entry
}

// Chain holds the MBR and the EBRs that follow it, as far as they could be read.
type Chain struct {
	Sectors  []Sector // the MBR first
	Extended int64    // X: offset of the first EBR in bytes; 0 if the MBR has no link
	Problems flash.Problems
}

// LikePhones reports whether the chain is as MediaTek's tools write it: links to
// further sectors, and partitions of type 0x83. Disks of computers and memory cards
// differ.
func (c *Chain) LikePhones() bool {
	linux := false
	for _, s := range c.Sectors {
		linux = linux || slices.ContainsFunc(s.Entries[:], func(e Entry) bool { return e.Type == 0x83 })
	}
	return linux && c.Extended > 0
}

// Sniff reports whether img begins with an MBR: one of MediaTek, or at least a
// plausible one. It returns false for the protective MBR of a GPT, for the boot sector
// of a file system and for an EBR file alone.
func Sniff(img flash.Image) bool {
	b, err := flash.ReadFull(img, 0, sectorSize)
	if err != nil {
		return false
	}
	_, why := parseMBR(b, img.Size())
	return why == ""
}

// Read follows the chain from the MBR at the start of img. The image may be a whole
// user area or an MBR file of one sector. If the chain breaks (a link out of the image,
// a sector without a signature, a loop), it ends with a Problem, and the result is what
// was read so far. If the MBR is destroyed and EBR1 is at its usual offset, the chain
// begins there. The error is a *flash.FormatError if img does not start with an MBR; it
// wraps flash.ErrNotThis unless img could not be read.
func Read(img flash.Image) (*Chain, error) {
	if img.Size() < sectorSize {
		return nil, &flash.FormatError{Format: "ebr", Offset: 0, Err: flash.ErrNotThis,
			Text: fmt.Sprintf("%d bytes cannot contain an MBR", img.Size())}
	}
	b, err := flash.ReadFull(img, 0, sectorSize)
	if err != nil {
		return nil, &flash.FormatError{Format: "ebr", Offset: 0, Text: "MBR cannot be read", Err: err}
	}
	entries, why := parseMBR(b, img.Size())
	if why != "" {
		if c := headless(img, b); c != nil {
			return c, nil
		}
		return nil, &flash.FormatError{Format: "ebr", Offset: 0, Text: why, Err: flash.ErrNotThis}
	}
	c := &Chain{}
	mbr := Sector{"MBR", 0, entries}
	c.Extended, _ = c.link(mbr)
	c.add(mbr)
	c.follow(img)
	return c, nil
}

// headless reads the chain of a phone whose MBR is missing: MediaTek always puts EBR1
// at the same offset, and its rows do not depend on the MBR. The rows of the MBR itself
// are lost. headless returns nil if there is no MediaTek EBR at that offset, or if the
// first sector is something else.
func headless(img flash.Image, first []byte) *Chain {
	if entries, err := parseSector(first); err == nil && entries != ([4]Entry{}) {
		return nil
	}
	c := &Chain{Extended: mtkLink * sectorSize, Sectors: []Sector{{Name: "MBR"}}}
	ebr1 := Sector{Name: "EBR1", Offset: c.Extended}
	b, err := flash.ReadFull(img, ebr1.Offset, sectorSize)
	if err != nil {
		return nil
	}
	if ebr1.Entries, err = parseSector(b); err != nil || !isLoneEBR(b, ebr1.Entries, sectorSize) {
		return nil
	}
	c.Problems.AddAt(flash.Error, "MBR", 0, "the MBR is missing, and so are the partitions in it; EBR1 was found at its usual offset")
	c.add(ebr1)
	c.follow(img)
	return c
}

// follow reads the next sector as long as the last one has a link.
func (c *Chain) follow(img flash.Image) {
	for {
		off, ok := c.link(c.Sectors[len(c.Sectors)-1])
		if !ok {
			return
		}
		next := Sector{Name: fmt.Sprintf("EBR%d", len(c.Sectors)), Offset: off}
		if why := c.load(img, &next); why != "" {
			c.warn(next.Name, off, why+"; the chain ends here")
			return
		}
		c.add(next)
	}
}

// link returns the offset of the sector's first link. The link of the MBR is absolute;
// links of all EBRs count from the first EBR, not from their own sector.
func (c *Chain) link(s Sector) (off int64, ok bool) {
	for _, e := range s.Entries {
		if !e.link() {
			continue
		}
		off = int64(e.Start) * sectorSize
		if s.Offset != 0 {
			off += c.Extended
		}
		return off, true
	}
	return 0, false
}

// load reads the table sector at next.Offset into next, or returns why it cannot.
func (c *Chain) load(img flash.Image, next *Sector) string {
	for _, s := range c.Sectors {
		if s.Offset == next.Offset {
			return "link leads back to " + s.Name
		}
	}
	if len(c.Sectors) == maxSectors {
		return fmt.Sprintf("chain is longer than %d sectors", maxSectors)
	}
	if next.Offset > img.Size()-sectorSize {
		return fmt.Sprintf("link leads behind the end of the image of 0x%x bytes", img.Size())
	}
	b, err := flash.ReadFull(img, next.Offset, sectorSize)
	if err != nil {
		return fmt.Sprintf("cannot be read (%v)", err)
	}
	if next.Entries, err = parseSector(b); err == nil {
		return ""
	}
	if flash.IsZero(b) {
		return "sector is all zero, not a table"
	}
	return "sector does not end in 55 aa, not a table"
}

// add appends a sector to the chain and reports faults in its rows.
func (c *Chain) add(s Sector) {
	c.Sectors = append(c.Sectors, s)
	links := 0
	for slot, e := range s.Entries {
		at := s.Offset + offEntries + int64(slot)*entrySize
		extent, toEnd := s.place(e)
		switch {
		case !e.used():
		case e.link():
			if links++; links > 1 {
				c.warn(s.Name, at, fmt.Sprintf("slot %d is a second link and is not followed", slot))
			}
		case e.Count == 0:
			c.warn(s.Name, at, fmt.Sprintf("entry in slot %d has no length", slot))
		case toEnd && !c.sentinel(extent):
			c.warn(s.Name, at, fmt.Sprintf("entry in slot %d (%v) ends behind the largest sector number with 32 bits; "+
				"it is read as running to the end", slot, extent))
		}
	}
}

// sentinel reports whether an extent has one of the two lengths that mean "to the end":
// all ones, or all ones less the distance from X.
func (c *Chain) sentinel(e flash.Extent) bool {
	count := e.Length / sectorSize
	return count == lastSector || count == lastSector-(e.Offset-c.Extended)/sectorSize
}

// place returns the range of a data entry of sector s: data count from the sector that
// lists them. Sector numbers of 33 bits cannot overflow int64. A row whose end is
// larger than any 32-bit sector number has no true length; toEnd is then true.
func (s Sector) place(e Entry) (extent flash.Extent, toEnd bool) {
	extent.Offset = s.Offset + int64(e.Start)*sectorSize
	extent.Length = int64(e.Count) * sectorSize
	return extent, e.Count != 0 && extent.End() >= lastSector*sectorSize
}

func (c *Chain) warn(place string, off int64, text string) {
	c.Problems.AddAt(flash.Warning, place, off, "%s", text)
}
