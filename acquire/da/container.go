package da

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Offsets and sizes in the file, bytes.
const (
	offMagic   = 0x00
	offID      = 0x20
	lenID      = 64
	offVersion = 0x60
	offMagic2  = 0x64
	offCount   = 0x68
	offEntries = 0x6c

	entrySize    = 0xdc
	oldEntrySize = 0xd8
	entryMagic   = 0xdada
	regionSize   = 20
	maxEntries   = 256
	maxRegions   = 10       // an entry has room for so many
	maxStage     = 32 << 20 // bytes of a region; real ones have less than 2 MiB
)

var (
	magic  = []byte("MTK_DOWNLOAD_AGENT")
	magic2 = []byte{0x99, 0x88, 0x66, 0x22}
)

// Container is a file with Download Agents.
type Container struct {
	ID       string // "MTK_AllInOne_DA_v3.3001.2020-07-08"
	Version  uint32
	Entries  []Entry
	Problems flash.Problems // entries that were left out, and why

	img flash.Image
}

// Entry is the agent for one chip, or for one version of a chip.
type Entry struct {
	Code, HWSubCode, HWVersion, SWVersion uint16
	PageSize                              uint16
	First                                 uint16 // the region to begin with, as the file has it
	Regions                               []Stage
}

// Stage is one region of an entry: a program that is loaded into the phone's RAM.
type Stage struct {
	flash.Extent        // in the file, signature included
	Address      uint32 // where it is loaded
	Signature    int    // bytes of signature at its end
}

// IsXML reports whether the agents use the XML protocol, by the id text in the file.
func (c *Container) IsXML() bool { return strings.Contains(c.ID, "MTK_DA_v6") }

// Sniff reports whether img begins as a container of Download Agents.
func Sniff(img flash.Image) bool {
	b := make([]byte, len(magic))
	_, err := img.ReadAt(b, offMagic)
	return err == nil && bytes.Equal(b, magic)
}

// Read reads the directory of a container. Entries that point outside the file are left out and
// reported in Problems. The error is a *flash.FormatError; it wraps flash.ErrNotThis if img is no
// container. A container without a single complete entry is an error and is returned, too, with the
// problems of all its entries.
func Read(img flash.Image) (*Container, error) {
	bad := func(off int64, err error, format string, args ...any) error {
		return &flash.FormatError{Format: "da", Offset: off, Text: fmt.Sprintf(format, args...), Err: err}
	}
	head := make([]byte, offEntries+maxEntries*entrySize)
	n, err := img.ReadAt(head, 0)
	head = head[:n]
	switch {
	case n < offEntries && err != nil:
		return nil, bad(int64(n), flash.ErrNotThis, "too short for a header")
	case !bytes.HasPrefix(head, magic):
		return nil, bad(offMagic, flash.ErrNotThis, "does not begin with %s", magic)
	case !bytes.Equal(head[offMagic2:offMagic2+4], magic2):
		return nil, bad(offMagic2, nil, "magic % x, want % x", head[offMagic2:offMagic2+4], magic2)
	}
	count := binary.LittleEndian.Uint32(head[offCount:])
	if count == 0 || count > maxEntries {
		return nil, bad(offCount, nil, "entry count %d is not in 1 to %d", count, maxEntries)
	}
	id, _, _ := bytes.Cut(head[offID:offID+lenID], []byte{0})
	c := &Container{ID: string(id), Version: binary.LittleEndian.Uint32(head[offVersion:]), img: img}
	c.readEntries(head, int(count))
	if len(c.Entries) == 0 {
		return c, bad(offEntries, nil, "none of %d agents is complete: %s", count, c.Problems[0].Text)
	}
	return c, nil
}

// readEntries reads the complete entries, and reports the others. Entries that are cut off have one cause,
// and are one problem.
func (c *Container) readEntries(head []byte, count int) {
	size := entryStride(head)
	var cut, others flash.Problems
	var lost []string
	var need int64 // bytes that the file must have for the entries that are cut off
	for i := range count {
		off := offEntries + i*size
		e, err := readEntry(head, off, size, c.img.Size())
		if err == nil {
			c.Entries = append(c.Entries, e)
			continue
		}
		name := fmt.Sprintf("agent %d", i)
		if e.Code != 0 {
			name += fmt.Sprintf(" (chip 0x%x)", e.Code)
		}
		found := &others
		if short, ok := errors.AsType[*cutError](err); ok {
			found, lost, need = &cut, append(lost, name), max(need, short.end)
		}
		found.AddAt(flash.Error, name, int64(off), "%v", err)
	}
	if len(cut) > 1 {
		first := cut[0].Offset
		if len(cut) == count && count > 3 {
			lost = []string{"all agents"}
		}
		cut = nil
		cut.AddAt(flash.Error, "agents", first, "the file ends at 0x%x, but it must have 0x%x bytes at least; cut off: %s", c.img.Size(), need, strings.Join(lost, ", "))
	}
	c.Problems = append(cut, others...)
}

// cutError reports a region or an entry that ends behind the file.
type cutError struct{ end, file int64 }

func (e *cutError) Error() string {
	return fmt.Sprintf("it ends at 0x%x, but the file ends at 0x%x", e.end, e.file)
}

// entryStride returns the size of an entry. In old files the second entry begins four bytes
// earlier.
func entryStride(head []byte) int {
	at := offEntries + oldEntrySize
	if len(head) >= at+2 && binary.LittleEndian.Uint16(head[at:]) == entryMagic {
		return oldEntrySize
	}
	return entrySize
}

// readEntry reads one entry. Only the used part of the entry must be within head: in some files
// with one entry, the first region begins where the unused part of the entry would be.
func readEntry(head []byte, off, size int, file int64) (Entry, error) {
	fixed := 20
	if size == oldEntrySize {
		fixed = 16
	}
	if len(head) < off+fixed {
		return Entry{}, &cutError{int64(off + fixed), file}
	}
	b := head[off:]
	u16 := func(i int) uint16 { return binary.LittleEndian.Uint16(b[2*i:]) }
	if u16(0) != entryMagic {
		return Entry{}, fmt.Errorf("magic 0x%04x, want 0x%04x", u16(0), entryMagic)
	}
	e := Entry{Code: u16(1), HWSubCode: u16(2), HWVersion: u16(3)}
	if size == entrySize {
		e.SWVersion = u16(4)
	}
	e.PageSize, e.First = u16(fixed/2-4), u16(fixed/2-2)
	n := int(u16(fixed/2 - 1))
	if n > maxRegions {
		return e, fmt.Errorf("%d regions do not fit in the entry", n)
	}
	if end := off + fixed + n*regionSize; end > len(head) {
		return e, &cutError{int64(end), file}
	}
	for i := range n {
		s, err := readStage(b[fixed+i*regionSize:], file)
		if err != nil {
			return e, fmt.Errorf("region %d: %w", i, err)
		}
		e.Regions = append(e.Regions, s)
	}
	return e, nil
}

func readStage(b []byte, file int64) (Stage, error) {
	u32 := func(i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
	s := Stage{Extent: flash.Extent{Offset: int64(u32(0)), Length: int64(u32(1))}, Address: u32(2)}
	switch {
	case s.Length > maxStage:
		return s, fmt.Errorf("0x%x bytes are too many for an agent", s.Length)
	case s.End() > file:
		return s, &cutError{s.End(), file}
	case int64(u32(4)) > s.Length:
		return s, fmt.Errorf("a signature of 0x%x in 0x%x bytes", u32(4), s.Length)
	}
	s.Signature = int(u32(4))
	return s, nil
}

// bytes reads a stage from the file.
func (c *Container) bytes(s Stage) ([]byte, error) {
	b, err := flash.ReadFull(c.img, s.Offset, int(s.Length)) // Length ≤ maxStage
	if err != nil {
		return nil, fmt.Errorf("da: reading the agent: %w", err)
	}
	return b, nil
}
