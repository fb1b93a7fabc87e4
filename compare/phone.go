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
	if r.Package == "" {
		r.Phone, r.Why = r.samePhone(x, y)
	}
	e := &evidence{}
	e.chips(x, y)
	e.boards(x, y)
	r.builds(e)
	r.layouts(e)
	r.shares(e)
	switch {
	case r.Phone == Same:
		r.Relation, r.Reasons = OnePhone, slices.Concat([]string{r.Why}, e.against, e.in)
	case e.foreign && !e.board:
		r.Relation, r.Reasons = OtherModel, slices.Concat(e.against, e.in)
	case e.same:
		r.Relation, r.Reasons = OneModel, slices.Concat(e.in, e.against)
	default:
		r.Relation, r.Reasons = NotKnown, slices.Concat(e.against, e.in)
	}
	if r.Phone == Another {
		r.Reasons = append(r.Reasons, "two different phones: "+r.Why)
	}
	if len(r.Reasons) == 0 {
		r.Reasons = []string{"neither chip nor board is known of both, and they share no partition"}
	}
}

// SameModel reports whether chip and partitions of two dumps are the same.
func (r *Result) SameModel() bool { return r.Relation == OnePhone || r.Relation == OneModel }

// evidence is what speaks for and against one model.
type evidence struct {
	in, against []string
	same        bool // enough speaks for it
	foreign     bool // it is another model
	board       bool // both name one board: the strongest evidence
}

func (e *evidence) chips(x, y *side) {
	switch a, b := x.Layout.Chip.Value, y.Layout.Chip.Value; {
	case a == "" || b == "":
	case preloader.SameChip(a, b):
		e.in = append(e.in, "both have the chip "+a)
	default:
		e.against, e.foreign = append(e.against, fmt.Sprintf("A has the chip %s, B %s", a, b)), true
	}
}

func (e *evidence) boards(x, y *side) {
	switch a, b := x.Layout.Project.Value, y.Layout.Project.Value; {
	case a == "" || b == "":
	case strings.EqualFold(a, b):
		e.in, e.same, e.board = append(e.in, "both are of the board "+a), true, !e.foreign
	default:
		e.against = append(e.against, fmt.Sprintf("A is of the board %s, B of %s", a, b))
		e.foreign = e.foreign || !preloader.Related(a, b)
	}
}

// builds compares the software. A phone with other software is still the same model: it may have
// an update, or a system that somebody else made.
func (r *Result) builds(e *evidence) {
	switch a, b := r.Builds[A], r.Builds[B]; {
	case a == "" || b == "":
	case a == b:
		e.in, e.same = append(e.in, "both have the software "+a), true
	default:
		e.against = append(e.against, fmt.Sprintf("A has the software %s, B %s", a, b))
		product := func(s string) string { p, _, _ := strings.Cut(s, ":"); return p } // brand/product/device
		e.same = e.same || product(a) == product(b)
	}
}

// layouts compares the tables of two dumps. The partitions that a phone writes are at its end, and
// are elsewhere if its flash is larger.
func (r *Result) layouts(e *evidence) {
	if r.Package != "" {
		return
	}
	rows := r.count(func(row *Row) bool { return row.Kind == flash.KindPartition && !row.Logical })
	lone := r.count(func(row *Row) bool {
		return row.Kind == flash.KindPartition && !row.Logical && (row.State == OnlyInA || row.State == OnlyInB)
	})
	moved := r.count(func(row *Row) bool { return row.State == Moved && row.Usual == "" })
	size := r.count(func(row *Row) bool { return row.State == Moved && row.Usual != "" })
	if lone > 0 {
		e.against, e.foreign = append(e.against, fmt.Sprintf("%d of %d partitions are in one of the two only", lone, rows)), true
	}
	if moved > 0 {
		e.against, e.foreign = append(e.against, fmt.Sprintf("%d partitions are elsewhere", moved)), true
	}
	switch {
	case lone+moved > 0 || rows == 0:
	case size > 0:
		e.in, e.same = append(e.in, "both have the same partitions, but for the end: the flash of one is larger"), true
	default:
		e.in, e.same = append(e.in, "both have the same partitions"), true
	}
}

// shares counts what a package and a dump have in common.
func (r *Result) shares(e *evidence) {
	if r.Package == "" {
		return
	}
	both := r.count(func(row *Row) bool { return row.Compared > 0 })
	equal := r.count(func(row *Row) bool { return row.Compared > 0 && row.State == Equal })
	if both > 0 {
		e.in = append(e.in, fmt.Sprintf("%d of %d partitions that both have are equal", equal, both))
	}
	e.same = e.same || r.count(func(row *Row) bool { return row.Compared > 0 && row.State == Equal && row.Usual == "" }) > 0
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
		switch {
		case r.Rows[i].State == Equal:
			return Same, name + " is the same, and every phone has its own"
		case name == "proinfo":
			return Another, "proinfo differs, and only the factory writes it"
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
