package compare

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// Relation says in two words what two dumps have to do with each other.
type Relation string

// The values of Relation.
const (
	OnePhone   Relation = "same phone"
	OneModel   Relation = "same model"
	OtherModel Relation = "other model"
	NotKnown   Relation = "not known"
)

// SamePhone says whether two dumps are of one phone.
type SamePhone string

// The values of SamePhone.
const (
	Same           SamePhone = "same"
	Another        SamePhone = "another"
	UnknownWhether SamePhone = "unknown"
)

// judge says whether the two sides are of one phone, or of one model.
func (r *Result) judge(x, y *side) {
	r.Phone, r.Why = UnknownWhether, "a firmware package is of no phone"
	if r.Package == "" && !x.firmware {
		r.Phone, r.Why = r.samePhone(x, y)
	}
	against, foreign := r.foreign(x, y)
	for_, same := r.agreeing(x, y)
	switch {
	case r.Phone == Same:
		r.Relation, r.Reasons = OnePhone, append([]string{r.Why}, against...)
	case foreign:
		r.Relation, r.Reasons = OtherModel, append(against, for_...)
	case same:
		r.Relation, r.Reasons = OneModel, append(for_, against...)
	default:
		r.Relation, r.Reasons = NotKnown, append(against, for_...)
	}
	if r.Phone == Another {
		r.Reasons = append(r.Reasons, r.Why)
	}
}

// SameModel reports whether chip and partitions of two dumps are the same.
func (r *Result) SameModel() bool { return r.Relation == OnePhone || r.Relation == OneModel }

// foreign returns what speaks against one model, and whether it is proof.
func (r *Result) foreign(x, y *side) (why []string, proof bool) {
	a, b := x.Layout.Chip.Value, y.Layout.Chip.Value
	if a != "" && b != "" && !preloader.SameChip(a, b) {
		why, proof = append(why, fmt.Sprintf("A has the chip %s, B %s", a, b)), true
	}
	if a, b := x.Layout.Project.Value, y.Layout.Project.Value; a != "" && b != "" && !strings.EqualFold(a, b) {
		why = append(why, fmt.Sprintf("A is of the board %s, B of %s", a, b))
		proof = proof || !preloader.Related(a, b)
	}
	if r.Package == "" {
		if moved := r.count(func(row *Row) bool {
			return row.Kind == flash.KindPartition && !row.Logical && (row.State == Moved || row.State == OnlyInA || row.State == OnlyInB)
		}); moved > 0 {
			why, proof = append(why, fmt.Sprintf("%d partitions are elsewhere, or in one of the two only", moved)), true
		}
	}
	return why, proof
}

// agreeing returns what speaks for one model, and whether it is enough.
func (r *Result) agreeing(x, y *side) (why []string, enough bool) {
	if a := x.Layout.Chip.Value; a != "" && y.Layout.Chip.Value != "" {
		why = append(why, "both have the chip "+a)
	}
	if a, b := x.Layout.Project.Value, y.Layout.Project.Value; a != "" && strings.EqualFold(a, b) {
		why, enough = append(why, "both are of the board "+a), true
	}
	if r.Package == "" {
		return append(why, "both have the same partitions"), true
	}
	both := r.count(func(row *Row) bool { return row.Compared > 0 })
	equal := r.count(func(row *Row) bool { return row.Compared > 0 && row.State == Equal && row.Usual == "" })
	if both > 0 {
		why = append(why, fmt.Sprintf("%d of the %d partitions that the package has are as in it", equal, both))
	}
	return why, enough || equal > 0
}

func (r *Result) count(is func(*Row) bool) (n int) {
	for i := range r.Rows {
		if is(&r.Rows[i]) {
			n++
		}
	}
	return n
}

// samePhone says whether the two dumps are of one phone. proinfo is written once, in the factory;
// the other partitions with an identity change in use.
func (r *Result) samePhone(x, y *side) (phone SamePhone, why string) {
	phone, why = UnknownWhether, "no partition that identifies a phone (proinfo, nvram …) is known by name in both and has data"
	for _, name := range []string{"proinfo", "nvram", "protect1", "nvdata"} {
		i := slices.IndexFunc(r.Rows, func(row Row) bool { return scatter.Canonical(row.Name) == name })
		if i < 0 || r.Rows[i].State != Equal && r.Rows[i].State != Differs || !x.holds(name) || !y.holds(name) {
			continue
		}
		reason, _ := scatter.Identity(name)
		switch {
		case r.Rows[i].State == Equal:
			return Same, fmt.Sprintf("%s is the same: %s", name, reason)
		case name == "proinfo":
			return Another, fmt.Sprintf("%s differs, and it is only written in the factory", name)
		}
		why = fmt.Sprintf("%s differs, but it also changes while a phone is used", name)
	}
	return phone, why
}

// holds reports whether the start of a partition has a byte other than 0 and FF.
func (s *side) holds(name string) bool {
	for i := range s.items {
		if it := &s.items[i]; it.kind == flash.KindPartition && scatter.Canonical(it.name) == name {
			head := make([]byte, 64<<10)
			n, _ := it.img.ReadAt(head, 0)
			return len(bytes.Trim(head[:n], "\x00\xff")) > 0
		}
	}
	return false
}
