package report

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/scatter"
)

// Software returns facts about the phone's software, from its build.prop files, boot images and
// vbmeta. It reads a few small blocks.
func Software(sources []Source) []Fact {
	facts := []Fact{}
	add := func(value, from string) {
		if value != "" && !slices.ContainsFunc(facts, func(f Fact) bool { return f.Value == value }) {
			facts = append(facts, Fact{value, from})
		}
	}
	addBuilds(sources, add)
	for _, s := range sources {
		if s.Image == nil || s.Kind != flash.KindPartition {
			continue
		}
		switch base, _ := slot.Cut(scatter.Canonical(s.Name)); base {
		case "boot":
			add(androidVersion(s.Image), s.Name)
		case "vbmeta", "vbmeta_system":
			for _, p := range fingerprints(s.Image) {
				add(p, s.Name)
			}
		}
	}
	return facts
}

// software adds the facts in the preloaders.
func (b *builder) software(sources []Source) []Fact {
	facts := Software(sources)
	for _, c := range b.Preloaders {
		if c.BuildTime != "" {
			facts = append(facts, Fact{"preloader built " + c.BuildTime, c.File})
		}
	}
	return facts
}

// androidVersion reads os_version of a boot image (AOSP bootimg.h): three numbers of 7 bits,
// then year from 2000 and month of the patch level. Its offset is different from header version
// 3 on.
func androidVersion(img flash.Image) string {
	const version, old, new = 0x28, 0x2C, 0x10
	if image.Sniff(img).Kind != image.AndroidBoot {
		return ""
	}
	h, err := flash.ReadFull(img, 0, 0x40)
	if err != nil {
		return ""
	}
	at := old
	if v := binary.LittleEndian.Uint32(h[version:]); v == 3 || v == 4 {
		at = new
	}
	w := binary.LittleEndian.Uint32(h[at:])
	major, minor, patch := w>>25, w>>18&0x7F, w>>11&0x7F
	year, month := 2000+(w>>4&0x7F), w&0xF
	if major == 0 || major > 50 || month < 1 || month > 12 {
		return ""
	}
	return fmt.Sprintf("Android %d.%d.%d, patch level %04d-%02d", major, minor, patch, year, month)
}

// fingerprints returns the build fingerprints in a vbmeta's properties.
func fingerprints(img flash.Image) []string {
	v, err := avb.Read(img)
	if err != nil {
		return nil
	}
	return v.Fingerprints()
}

// clean makes untrusted text safe for a terminal: one line, without characters that move the
// cursor or change the writing direction.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
