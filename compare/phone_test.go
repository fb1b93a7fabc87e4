package compare

import (
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/source"
)

func dumpOf(name Name, chip, board string, list ...*item) *side {
	s := &side{name: name, Dump: &dump.Dump{Source: &source.Source{}, Layout: &layout.Layout{Chip: layout.Fact{Value: chip}, Project: layout.Fact{Value: board}}}}
	for _, it := range list {
		s.items = append(s.items, *it)
	}
	return s
}

func part(state State, usual string) Row {
	row := Row{Kind: flash.KindPartition, State: state, Usual: usual, Name: "p", Compared: 1}
	if state == OnlyInA {
		row.Compared = 0
	}
	return row
}

// Same model or another: chip, board, software and layout, the strongest first.
func TestRelation(t *testing.T) {
	equal, mine := part(Equal, ""), part(Differs, "logs")
	for name, c := range map[string]struct {
		chips, boards, builds [2]string
		firmware              Name
		rows                  []Row
		want                  Relation
		first                 string
	}{
		"all equal":               {[2]string{"MT6765", "MT6765"}, [2]string{"k5", "K5"}, [2]string{}, "", []Row{equal}, OneModel, "both have the chip MT6765"},
		"another chip":            {[2]string{"MT6765", "MT6592"}, [2]string{"k5", "k5"}, [2]string{}, "", []Row{equal}, OtherModel, "A has the chip MT6765, B MT6592"},
		"another board":           {[2]string{"MT6765", "MT6765"}, [2]string{"k5", "u8"}, [2]string{}, "", []Row{equal}, OtherModel, "A is of the board k5, B of u8"},
		"another layout":          {[2]string{}, [2]string{}, [2]string{}, "", []Row{equal, part(OnlyInA, "")}, OtherModel, "1 of 2 partitions are in one of the two only"},
		"moved":                   {[2]string{}, [2]string{}, [2]string{}, "", []Row{equal, part(Moved, "")}, OtherModel, "1 partitions are elsewhere"},
		"moved, of one board":     {[2]string{}, [2]string{"k5", "k5"}, [2]string{}, "", []Row{equal, part(Moved, "")}, OneModel, "both are of the board k5"},
		"a larger flash":          {[2]string{}, [2]string{}, [2]string{}, "", []Row{equal, part(Moved, "data")}, OneModel, "both have the same partitions, but for the end: the flash of one is larger"},
		"the same layout":         {[2]string{}, [2]string{}, [2]string{}, "", []Row{equal, mine}, OneModel, "both have the same partitions"},
		"nothing":                 {[2]string{}, [2]string{}, [2]string{}, "", nil, NotKnown, "neither chip nor board is known of both, and they share no partition"},
		"its firmware":            {[2]string{}, [2]string{}, [2]string{}, B, []Row{equal, part(OnlyInA, "")}, OneModel, "1 of 1 partitions that both have are equal"},
		"all changed":             {[2]string{}, [2]string{}, [2]string{}, B, []Row{part(Differs, "")}, NotKnown, "0 of 1 partitions that both have are equal"},
		"changed, of one board":   {[2]string{}, [2]string{"k5", "k5"}, [2]string{}, B, []Row{part(Differs, "")}, OneModel, "both are of the board k5"},
		"only an empty cache":     {[2]string{}, [2]string{}, [2]string{}, B, []Row{part(Equal, "cache")}, NotKnown, "1 of 1 partitions that both have are equal"},
		"another chip's firmware": {[2]string{"MT6765", "MT6592"}, [2]string{}, [2]string{}, A, []Row{equal}, OtherModel, "A has the chip MT6765, B MT6592"},
		"an update":               {[2]string{}, [2]string{}, [2]string{"x/p/d:9/1", "x/p/d:10/2"}, B, []Row{part(Differs, "")}, OneModel, "0 of 1 partitions that both have are equal"},
		"other software":          {[2]string{}, [2]string{}, [2]string{"x/p/d:9/1", "y/q/e:10/2"}, B, []Row{part(Differs, "")}, NotKnown, "A has the software x/p/d:9/1, B y/q/e:10/2"},
		"two packages":            {[2]string{}, [2]string{}, [2]string{"x/p/d:9/1", "x/p/d:9/1"}, Both, []Row{equal}, OneModel, "both have the software x/p/d:9/1"},
	} {
		r := &Result{Package: c.firmware, Rows: c.rows, Builds: map[Name]string{A: c.builds[0], B: c.builds[1]}}
		r.judge(dumpOf(A, c.chips[0], c.boards[0]), dumpOf(B, c.chips[1], c.boards[1]))
		if r.Relation != c.want || len(r.Reasons) == 0 || r.Reasons[0] != c.first {
			t.Errorf("%s: %s: %q; want %s: %q", name, r.Relation, r.Reasons, c.want, c.first)
		}
		if r.SameModel() != (c.want == OneModel) || r.Phone != UnknownWhether {
			t.Errorf("%s: same model %v, phone %s", name, r.SameModel(), r.Phone)
		}
	}
}

// proinfo decides; the others can only prove that it is one phone.
func TestSamePhone(t *testing.T) {
	full, other, zeros := filled(512, 7), filled(512, 8), filled(512, 0)
	type pairOf struct {
		name string
		a, b []byte
	}
	for name, c := range map[string]struct {
		pairs []pairOf
		want  SamePhone
		model Relation
		why   string
	}{
		"proinfo equal":           {[]pairOf{{"proinfo", full, full}, {"nvram", full, other}}, Same, OnePhone, "proinfo is the same, "},
		"proinfo differs":         {[]pairOf{{"PRO_INFO", full, other}, {"nvram", full, full}}, Another, OneModel, "proinfo differs, and only the factory writes it"},
		"nvram equal":             {[]pairOf{{"nvram", full, full}}, Same, OnePhone, "nvram is the same, "},
		"nvram differs":           {[]pairOf{{"nvram", full, other}}, UnknownWhether, OneModel, "nvram differs, but it also changes while a phone is used"},
		"proinfo empty":           {[]pairOf{{"proinfo", zeros, zeros}}, UnknownWhether, OneModel, "no partition that identifies a phone"},
		"proinfo empty, nvram is": {[]pairOf{{"proinfo", zeros, zeros}, {"nvram", full, full}}, Same, OnePhone, "nvram is the same, "},
		"erased on one":           {[]pairOf{{"proinfo", full, filled(512, 0xFF)}}, UnknownWhether, OneModel, "no partition that identifies a phone"},
		"none":                    {[]pairOf{{"boot", full, full}}, UnknownWhether, OneModel, "no partition that identifies a phone"},
	} {
		x, y := dumpOf(A, "", ""), dumpOf(B, "", "")
		for _, p := range c.pairs {
			x.items, y.items = append(x.items, *phoneItem(p.name, p.a)), append(y.items, *phoneItem(p.name, p.b))
		}
		r := &Result{}
		if err := r.compare(t.Context(), pair(x, y), nil); err != nil {
			t.Fatal(err)
		}
		r.judge(x, y)
		if r.Phone != c.want || !strings.HasPrefix(r.Why, c.why) || r.Relation != c.model {
			t.Errorf("%s: %s, %s, %q", name, r.Relation, r.Phone, r.Why)
		}
		if c.want == Another && !slices.Contains(r.Reasons, "two different phones: "+r.Why) || c.want == Same && r.Reasons[0] != r.Why {
			t.Errorf("%s: the reason is not said: %q", name, r.Reasons)
		}
	}
}
