package image

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Fields of MediaTek's section header, see the package comment.
const (
	sectionMagic = "\x88\x16\x88\x58"
	sectionExt   = "\x89\x16\x89\x58"

	offSectionSize   = 0x04
	offSectionName   = 0x08
	offSectionLoad   = 0x28
	offSectionExt    = 0x30
	offSectionHeader = 0x34
	offSectionLast   = 0x40
	offSectionAlign  = 0x44
	offSectionHigh   = 0x48
	sectionFields    = 0x4C

	sectionHeader = 0x200
	sectionAlign  = 16

	// maxSections limits the walk; the longest known chain, an lk of 2023, has 15.
	maxSections = 128
)

func readSections(h *head) (string, int64, bool) {
	label := h.text(offSectionName, 32)
	end, ok := walk(h.img, 0, nil)
	if !ok {
		return label, 0, true
	}
	return label, end, true
}

// tellSections adds the chain, one fact for each section, and facts about some
// payloads.
func tellSections(i *Info) {
	first := true
	end, ok := walk(i.img, 0, func(p int64, s section) {
		i.section(p, s)
		if first {
			first = false
			tellPayload(i, s, flash.Slice(i.img, flash.Extent{Offset: p + s.header, Length: int64(min(s.payload, math.MaxInt64>>1))}))
		}
	})
	if !ok && end > 0 {
		i.Known = fmt.Sprintf("the size of the section at 0x%x is larger than the slice: the slice is cut, or the size is wrong", end)
		i.problem(flash.Warning, end, "the payload of a section runs past the end of the image")
	}
}

// section adds the fact of one section.
func (i *Info) section(p int64, s section) {
	more := ""
	if s.load != 0xFFFFFFFF && s.load != 0 {
		more = fmt.Sprintf(", loaded at 0x%x", s.load)
	}
	if !s.ext {
		more += ", old form"
	}
	if s.last {
		more += ", marked as the last"
	}
	i.add("section", "%s: 0x%x bytes at 0x%x%s", s.name, s.payload, p+s.header, more)
}

// tellPayload looks into the kinds of payload that have more facts.
func tellPayload(i *Info, s section, payload flash.Image) {
	switch strings.ToLower(s.name) {
	case "logo":
		tellLogo(i, payload)
	case "kernel":
		tellKernel(i, payload)
	}
}

// walk follows a chain of sections from offset p, calls show for each, and returns the
// end of the chain. ok is false if no section starts at p (end is then 0) or if a
// section does not fit into the image (end is then its start). The mark of the last
// section ends the chain, but it is not required: unsigned chains have none.
func walk(img flash.Image, p int64, show func(at int64, s section)) (end int64, ok bool) {
	for range maxSections {
		s, found := readSection(img, p)
		if !found {
			return end, end != 0
		}
		if show != nil {
			show(p, s)
		}
		if s.header > img.Size()-p || s.payload > uint64(img.Size()-p-s.header) {
			return p + s.header, false
		}
		end = p + s.header + int64(s.payload)
		if padded := align(end, s.align); padded <= img.Size() {
			end = padded
		}
		if s.last {
			return end, true
		}
		p = end
	}
	return end, false
}

// section holds the values of a section header.
type section struct {
	name    string
	load    uint32
	header  int64
	payload uint64
	align   int64
	ext     bool // the newer form
	last    bool
}

func readSection(img flash.Image, p int64) (section, bool) {
	if p < 0 || p > img.Size()-sectionFields {
		return section{}, false
	}
	b, err := flash.ReadFull(img, p, sectionFields)
	if err != nil || string(b[:4]) != sectionMagic {
		return section{}, false
	}
	u32 := func(off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }
	s := section{
		name: printable(b[offSectionName : offSectionName+32]), load: u32(offSectionLoad),
		header: sectionHeader, payload: uint64(u32(offSectionSize)), align: 1,
	}
	if string(b[offSectionExt:offSectionExt+4]) != sectionExt {
		return s, true
	}
	s.ext = true
	s.header = max(int64(u32(offSectionHeader)), sectionFields) // so that the walk always moves on
	s.payload |= uint64(u32(offSectionHigh)) << 32
	s.last = u32(offSectionLast) == 1
	if a := int64(u32(offSectionAlign)); powerOfTwo(a) && a <= page {
		s.align = a
	}
	return s, true
}
