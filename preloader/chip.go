package preloader

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Confidence is how far a witness, or a conclusion, is to be believed.
type Confidence string

// The confidences, best first.
const (
	ConfidenceHigh   Confidence = "high"
	ConfidenceMedium Confidence = "medium"
	ConfidenceLow    Confidence = "low"
	ConfidenceStale  Confidence = "stale" // a default that builders leave in place: says nothing
)

// Evidence is one witness of the platform. What was found in 20 preloaders of 14 chips:
//
//	path     the preloader's own source path, "platform/mt6765/": in half of them,
//	         always right
//	rom_info AND_ROMINFO's platform: right on 10 chips, but MT6752 is the security
//	         library's default and stands on MT6580, MT6737M, MT6771 and MT6893;
//	         the only witness in most preloaders before 2019
//	text     "MT6893" in a message or a directory: right, but only few have any
//	board    digits in the board's name: "k6893v1_64" is right, but makers also write
//	         a sister chip (tb8788p1 on MT6771) or a model number
//
// Numbers of companion chips (power MT63xx, radio MT66xx) are no witness.
type Evidence struct {
	Source     string     `json:"source"` // "path", "rom_info", "text", "board"
	Chip       string     `json:"chip"`   // "MT6765"
	Text       string     `json:"text"`   // what was read
	Offset     int64      `json:"offset"` // of the first such place in the image
	Count      int        `json:"count"`
	Confidence Confidence `json:"confidence"`
}

// Platform is the chip a preloader was built for, in the words of the scatter file.
// That is the name of a family: an MT6762 says MT6765, an MT6891 says MT6893. Chip is
// "" when the evidence does not suffice.
type Platform struct {
	Chip       string     `json:"chip"`
	Confidence Confidence `json:"confidence,omitempty"`
}

// Chip returns the platform and how sure that is: high when a source path names it
// or two witnesses agree; medium when AND_ROMINFO alone does and nothing speaks
// against it, which wants a second witness from outside the preloader. Otherwise "".
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

// weigh turns what was found into evidence, one item a source and chip.
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

// accounted reports whether t lies in a place that is a witness of its own.
func (f *File) accounted(t hit) bool {
	in := func(at, length int64) bool { return t.offset >= at && t.offset < at+length }
	return strings.HasSuffix(t.before, "platform/") ||
		f.ROMInfo != nil && in(f.ROMInfo.Offset, romSize) ||
		f.Bloader != nil && in(f.Bloader.Offset, bliName+bliNameLen)
}

// conclude names the platform the evidence agrees on.
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
				agree++ // one item a source: these are different witnesses
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

// commonest returns the chip that a source names most, "" when it names none or two
// of them equally often.
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
