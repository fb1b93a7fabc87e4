package layout

import (
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// foreignStarts is the number of different partition starts for which a claim is refused: one
// may be an editing mistake, two are another layout.
const foreignStarts = 2

// fromClaim uses the claim's rows as they are, because the dump has no table to compare with.
func (l *Layout) fromClaim(img flash.Image, opt Options) error {
	t := l.bestReading(img, opt.Claim)
	l.Generation, l.Witness = flash.GenerationClaim, opt.Claim.Kind
	l.Table = *t
	l.AtLeast = max(t.AtLeast, t.DeviceSize)
	l.Problems = append(l.Problems, opt.Claim.Table(0).Problems...)
	l.note(flash.Warning, opt.Claim.place(), "the dump has no partition table of its own: the rows of %s are used unchecked", opt.Claim.Name)
	l.lookAt(img)
	denied := l.contentDenies()
	if len(denied) == 0 && !l.confirmed() {
		denied = []Difference{{opt.Claim.place(), flash.NoOffset, flash.NoOffset, fmt.Sprintf(
			"no row of %s begins with content that fits its name, and the dump has no table to compare with", opt.Claim.Name)}}
	}
	return l.judge(denied, opt)
}

// merge checks the claim's rows against the dump's own table and joins the two.
func (l *Layout) merge(img flash.Image, own *flash.Table, opt Options) error {
	t := opt.Claim.Table(l.DeviceSize)
	l.Problems = append(l.Problems, t.Problems...)

	m := &merger{l: l, own: own, claim: t, name: opt.Claim.Name}
	if l.Generation == flash.GenerationGPT {
		m.byName()
	} else {
		m.byStart()
		l.Witness = opt.Claim.Kind.AndEBR()
	}
	if opt.Trust && len(m.differ) > 0 {
		l.Table, l.Witness = *t, opt.Claim.Kind
	}
	if len(m.differ) < foreignStarts {
		for _, d := range m.differ {
			l.Problems.AddAt(flash.Warning, d.Name, d.Claim, "%s", d.rest())
		}
		m.loose, m.differ = m.loose+len(m.differ), nil
	}
	l.matched, l.loose = m.matched, m.loose+len(m.differ)
	l.lookAt(img)
	return l.judge(append(m.differ, l.contentDenies()...), opt)
}

// judge refuses a foreign claim, unless the user trusts it.
func (l *Layout) judge(differ []Difference, opt Options) error {
	if len(differ) == 0 {
		return nil
	}
	if other := opt.Claim.otherFlash; other != "" {
		differ = slices.Insert(differ, 0, Difference{opt.Claim.place(), flash.NoOffset, flash.NoOffset, other})
	}
	if !opt.Trust {
		return &ForeignError{opt.Claim, differ, l.Generation == flash.GenerationClaim}
	}
	l.Differ = differ
	for _, d := range differ {
		l.Problems.AddAt(flash.Warning, d.Name, d.Claim, "%s; %s is trusted", d.rest(), opt.Claim.Name)
	}
	return nil
}

// merger joins the dump's own table with a claim.
type merger struct {
	l          *Layout
	own, claim *flash.Table
	name       string // name of the claim for messages
	differ     []Difference

	matched, loose int // number of equal rows; number of differences, small ones included
}

func (m *merger) disagree(name string, claim, dump int64) {
	var text string
	switch {
	case claim == flash.NoOffset:
		text = fmt.Sprintf("the dump's table has a partition at 0x%x (%s), but %s has none there", dump, name, m.name)
	case dump == flash.NoOffset:
		text = fmt.Sprintf("%s: at 0x%x in %s, but not in the dump's table", name, claim, m.name)
	default:
		text = fmt.Sprintf("%s: at 0x%x in %s, at 0x%x in the dump's table", name, claim, m.name, dump)
	}
	m.differ = append(m.differ, Difference{name, claim, dump, text})
}

// byName joins a GPT and a claim, which have the same names. The GPT's rows are kept; the claim
// adds file names, fields for flash tools, and the row that a GPT does not list (preloader).
func (m *merger) byName() {
	l := m.l
	claimed := map[string][]*flash.Partition{}
	for i := range m.claim.Partitions {
		p := &m.claim.Partitions[i]
		if p.Region == l.User {
			key := scatter.Canonical(p.Name)
			claimed[key] = append(claimed[key], p)
		}
	}
	l.Table = *m.own
	for i := range l.Table.Partitions {
		p := &l.Table.Partitions[i]
		key := scatter.Canonical(p.Name)
		if len(claimed[key]) == 0 {
			if !isTableCopy(p.Name) {
				m.loose++
			}
			l.note(flash.Note, p.Name, "is in the dump's table, but not in %s", m.name)
			continue
		}
		// If several rows have one name, or equivalent names, use the one that begins at the
		// same offset.
		n := max(0, slices.IndexFunc(claimed[key], func(c *flash.Partition) bool { return c.Offset == p.Offset }))
		c := claimed[key][n]
		claimed[key] = slices.Delete(claimed[key], n, n+1)
		p.File, p.Type, p.Operation, p.Download, p.Reserved = c.File, c.Type, c.Operation, c.Download, c.Reserved
		switch {
		case !c.Placed() || !p.Placed() || c.Reserved || isTableCopy(p.Name):
		case p.Offset != c.Offset:
			m.disagree(c.Name, c.Offset, p.Offset)
		case c.Length != p.Length && !c.ToEnd && c.Length > 0:
			l.note(flash.Note, p.Name, "size 0x%x in %s, but 0x%x in the dump's table, which is used", c.Length, m.name, p.Length)
			m.loose++
		default:
			m.matched++
		}
	}
	m.addUnlisted(claimed)
}

// addUnlisted handles the rows that only the claim has.
func (m *merger) addUnlisted(claimed map[string][]*flash.Partition) {
	starts := map[int64]bool{}
	for _, p := range m.own.Partitions {
		starts[p.Offset] = true
	}
	for i := range m.claim.Partitions {
		p := &m.claim.Partitions[i]
		switch {
		case p.Region != m.l.User:
			m.l.Table.Partitions = append(m.l.Table.Partitions, *p)
		case !slices.Contains(claimed[scatter.Canonical(p.Name)], p) || isTableCopy(p.Name) || p.Name == "":
		case p.Placed() && !p.Reserved && !starts[p.Offset]:
			m.disagree(p.Name, p.Offset, flash.NoOffset)
		default:
			if !p.Reserved {
				m.loose++
			}
			m.l.note(flash.Note, p.Name, "is in %s, but not in the dump's table", m.name)
		}
	}
}

// isTableCopy reports whether a row is the GPT itself; its size in scatter files is a
// convention, not a measured size.
func isTableCopy(name string) bool {
	c := scatter.Canonical(name)
	return c == "pgpt" || c == "sgpt"
}

// byStart joins an MBR/EBR chain and a claim. The chain has no names and no raw partitions, so
// the table has the claim's rows, and the chain confirms some of them. If only a size differs,
// the chain's is used. A row that runs to the end of the device has its true size only in the
// claim.
func (m *merger) byStart() {
	l := m.l
	l.Table = *m.claim
	byStart, byName := map[int64]*flash.Partition{}, map[string]*flash.Partition{}
	for i := range l.Table.Partitions {
		p := &l.Table.Partitions[i]
		if p.Region == l.User && p.Placed() {
			byStart[p.Offset] = p
			byName[scatter.Canonical(p.Name)] = p
		}
	}
	var unlisted []flash.Partition
	for _, o := range m.own.Partitions {
		c := byStart[o.Offset]
		if c == nil {
			at := int64(flash.NoOffset)
			if named := byName[scatter.Canonical(o.Name)]; named != nil {
				at = named.Offset
			}
			m.disagree(o.Name, at, o.Offset)
			unlisted = append(unlisted, o)
			continue
		}
		c.Witness = c.Witness.AndEBR()
		switch {
		case o.File != "": // a table sector, shorter than its row
		case o.ToEnd && c.Length > 0:
			l.note(flash.Note, c.Name, "runs to the end of the device in the dump's table; the size 0x%x in %s is used", c.Length, m.name)
		case c.Length != o.Length:
			l.note(flash.Note, c.Name, "size 0x%x in %s, but 0x%x in the dump's table, which is used", c.Length, m.name, o.Length)
			c.Extent, c.ToEnd = o.Extent, o.ToEnd
			m.loose++
			continue
		}
		if o.File == "" {
			m.matched++
		}
	}
	l.Table.Partitions = append(l.Table.Partitions, unlisted...)
}
