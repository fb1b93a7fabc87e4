package preloader

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Confidence is how reliable a witness or a conclusion is.
type Confidence string

// The confidences, best first.
const (
	ConfidenceHigh   Confidence = "high"
	ConfidenceMedium Confidence = "medium"
	ConfidenceLow    Confidence = "low"
	ConfidenceStale  Confidence = "stale" // a default that vendors do not change: proves nothing
)

// Evidence is one witness of the platform. 20 preloaders of 14 chips have:
//
//	path     the preloader's own source path, "platform/mt6765/": in half of them,
//	         always right
//	rom_info AND_ROMINFO's platform: right on 10 chips, but MT6752 is the security
//	         library's default and is on MT6580, MT6737M, MT6771 and MT6893;
//	         the only witness in most preloaders before 2019
//	text     "MT6893" in a message or a directory: right, but only few have it
//	board    digits in the board's name: "k6893v1_64" is right, but makers also use
//	         a sister chip (tb8788p1 on MT6771) or a model number
//
// Numbers of companion chips (power MT63xx, radio MT66xx) are not used.
type Evidence struct {
	Source     string     `json:"source"` // "path", "rom_info", "text", "board"
	Chip       string     `json:"chip"`   // "MT6765"
	Text       string     `json:"text"`   // the text that was read
	Offset     int64      `json:"offset"` // of the first occurrence in the image, bytes
	Count      int        `json:"count"`
	Confidence Confidence `json:"confidence"`
}

// Platform is the chip that a preloader was built for, as in the scatter file. It is the name of a
// family: an MT6762 has MT6765, an MT6891 has MT6893. Chip is "" if the evidence is not sufficient.
type Platform struct {
	Chip       string     `json:"chip"`
	Confidence Confidence `json:"confidence,omitempty"`
}

// Chip returns the platform and its confidence: high if a source path names it or two witnesses
// agree; medium if only AND_ROMINFO names it and nothing contradicts it, so that a second witness
// from outside the preloader is needed. Otherwise it returns "".
func (f *File) Chip() (string, Confidence) { return f.Platform.Chip, f.Platform.Confidence }

const (
	sourcePath  = "path"
	sourceROM   = "rom_info"
	sourceText  = "text"
	sourceBoard = "board"

	staleChip = "MT6752"
)

var (
	boardChipRE = regexp.MustCompile(`(?:^|[^0-9])(6[5789]\d\d|8[1367]\d\d)(?:[^0-9]|$)`)
	platformRE  = regexp.MustCompile(`^MT(\d{4})[A-Z]?$`)
)

// weigh makes evidence from the hits, one item for each source and chip.
func (f *File) weigh(h *hits) []Evidence {
	ev := []Evidence{}
	add := func(source, digits, text string, off int64, c Confidence) {
		chip := "MT" + digits
		i := slices.IndexFunc(ev, func(e Evidence) bool { return e.Source == source && e.Chip == chip })
		if i < 0 {
			ev = append(ev, Evidence{source, chip, text, off, 1, c})
			return
		}
		ev[i].Count++
	}
	for _, p := range h[hitPath] {
		add(sourcePath, p.text, "platform/mt"+p.text+"/", p.offset, ConfidenceHigh)
	}
	if r := f.ROMInfo; r != nil {
		if m := platformRE.FindStringSubmatch(r.Platform); m != nil {
			c := ConfidenceMedium
			if r.Platform == staleChip {
				c = ConfidenceStale
			}
			add(sourceROM, m[1], r.Platform, r.Offset+romPlatform, c)
		}
	}
	for _, t := range h[hitChip] {
		if !f.accounted(t) {
			add(sourceText, t.text, "MT"+t.text, t.offset, ConfidenceLow)
		}
	}
	if b := f.Bloader; b != nil && b.Board != "" {
		if m := boardChipRE.FindStringSubmatch(b.Board); m != nil {
			add(sourceBoard, m[1], b.FileName, b.Offset+bliName, ConfidenceLow)
		}
	}
	order := []string{sourcePath, sourceROM, sourceText, sourceBoard}
	slices.SortStableFunc(ev, func(a, b Evidence) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.Source), slices.Index(order, b.Source)),
			cmp.Compare(b.Count, a.Count))
	})
	return ev
}

// accounted reports whether t is inside text that is a separate witness.
func (f *File) accounted(t hit) bool {
	in := func(at, length int64) bool { return t.offset >= at && t.offset < at+length }
	return strings.HasSuffix(t.before, "platform/") ||
		f.ROMInfo != nil && in(f.ROMInfo.Offset, romSize) ||
		f.Bloader != nil && in(f.Bloader.Offset, bliName+bliNameLen)
}

// conclude returns the platform on which the evidence agrees.
func conclude(ev []Evidence) Platform {
	if p := commonest(ev, sourcePath); p != "" {
		return Platform{p, ConfidenceHigh}
	}
	var best Platform
	for _, e := range ev {
		agree, against := 0, false
		for _, o := range ev {
			switch {
			case o.Chip == e.Chip:
				agree++ // there is one item for each source, so these are different witnesses
			case o.Confidence != ConfidenceStale:
				against = true
			}
		}
		switch {
		case agree >= 2 && !against && e.Confidence != ConfidenceStale:
			return Platform{e.Chip, ConfidenceHigh}
		case agree >= 2 && e.Confidence != ConfidenceStale, e.Confidence == ConfidenceMedium && !against:
			best = Platform{e.Chip, ConfidenceMedium}
		}
	}
	return best
}

// commonest returns the chip that a source names most often, or "" if it names none or two of them
// equally often.
func commonest(ev []Evidence, source string) string {
	chip, most := "", 0
	for _, e := range ev {
		switch {
		case e.Source != source || e.Count < most:
		case e.Count == most:
			chip = ""
		default:
			chip, most = e.Chip, e.Count
		}
	}
	return chip
}
