package scatter

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// profile decides which rows are downloadable, and adds the reason to every row.
func (c *creator) profile() {
	s := &c.Spec
	s.Remarks = make([]string, len(s.Rows))
	for i := range s.Rows {
		p := &s.Rows[i]
		name := Canonical(p.Name)
		attr := Defaults(p.Name, s.Storage)
		r := Reason{Name: p.Name, Private: attr.Private, Place: c.whyThere(*p), Words: whyWords(name)}
		if p.Witness.IsGuess() {
			r.Guessed = true
			s.Remarks[i] = "guessed: " + string(p.Witness)
		}
		switch {
		case p.Reserved && !c.writeBack(*p):
		case c.facts.Profile == Restore:
			c.restorable(p, attr, &r)
		case (attr.Private || p.Witness.IsGuess()) && p.Download:
			p.File, p.Download = "", false
			r.Words += "; not downloadable in the firmware profile"
		}
		r.Values = p.Operation + ", " + p.Type + ", not downloaded"
		if p.Download {
			r.Values = p.Operation + ", " + p.Type + ", from " + p.File
		}
		c.Reasons = append(c.Reasons, r)
	}
}

// writeBack reports whether a row that flash tools reserve is written back to its real
// address: the profile is Restore, and its content is available. The backup GPT is
// never written back, because the flash tool makes it itself.
func (c *creator) writeBack(p flash.Partition) bool {
	return c.facts.Profile == Restore && c.facts.File != nil && p.Placed() &&
		!slices.Contains([]string{"sgpt", "bmtpool"}, Canonical(p.Name)) && c.facts.File(p) != ""
}

// restorable makes a row downloadable, so that the flash tool writes it back.
func (c *creator) restorable(p *flash.Partition, attr Attr, r *Reason) {
	file := p.File
	if c.facts.File != nil {
		file = c.facts.File(*p)
	}
	if file == "" && c.facts.File == nil && Canonical(p.Name) != "pgpt" {
		file = strings.ToLower(p.Name) + extension(p.Type)
	}
	p.File, p.Download, p.Reserved = file, file != "", false
	if !p.Download {
		return
	}
	if p.Operation != bootload {
		p.Operation = update
	}
	r.Words += fmt.Sprintf("; restorable from %s in the restore profile", path.Base(file))
	if attr.Private {
		c.Private = append(c.Private, p.Name)
	}
}

func extension(payload string) string {
	if payload == ext4 {
		return ".img"
	}
	return ".bin"
}

// whyThere gives the source of a row's address.
func (c *creator) whyThere(p flash.Partition) string {
	switch name := Canonical(p.Name); {
	case p.Region.IsBoot():
		return fmt.Sprintf("the phone starts from %s; the size is the smallest usual one that holds the preloader", p.Region)
	case name == "pgpt":
		return "the primary GPT, up to the first partition"
	case name == "sgpt":
		return "the backup GPT, behind the last partition"
	case p.Reserved && !p.Placed():
		return "counted from the end of the flash, and the size of the flash is not known"
	case p.Reserved:
		return fmt.Sprintf("at %s by %s; written as a count of blocks from the end if it is a whole number of blocks", p.Extent, p.Witness)
	case p.ToEnd:
		return fmt.Sprintf("from 0x%x to the end by %s", p.Offset, p.Witness)
	}
	return fmt.Sprintf("at %s by %s", p.Extent, p.Witness)
}

// whyWords gives the reason for a partition's type, operation and file.
func whyWords(name string) string {
	k, ok := find(name)
	if !ok {
		return "not in the published scatter files that were surveyed: hidden and not downloaded"
	}
	s := reasonOf(name, k)
	if k.note != "" {
		s += " (" + k.note + ")"
	}
	if _, slot := cutSlot(name); slot == "_b" && known[name].operation == "" {
		s += "; the second slot gets no file"
	}
	return s
}
