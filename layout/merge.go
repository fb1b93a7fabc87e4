package layout

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/scatter"
)

// foreignStarts is how many partition starts must disagree before a scatter file is
// refused: one may be a slip of an editor, two are another layout.
const foreignStarts = 2

// fromScatter takes the scatter's rows as they are: the dump has no table to ask.
func (l *Layout) fromScatter(img flash.Image, opt Options) error {
	t := opt.Scatter.Table(0)
	l.Generation, l.Witness = "scatter", "scatter"
	l.Table = *t
	l.Problems = append(l.Problems, t.Problems...)
	l.note(flash.Warning, "scatter", "the dump has no partition table of its own: the rows of %s are taken on its word", opt.ScatterName)
	return l.judge(l.contentDenies(img), opt)
}

// merge checks the scatter's rows against the dump's own table and joins the two.
func (l *Layout) merge(img flash.Image, own *flash.Table, opt Options) error {
	size := l.DeviceSize
	t := opt.Scatter.Table(size)
	l.Problems = append(l.Problems, t.Problems...)

	var differ []Difference
	if l.Generation == "gpt" {
		differ = l.mergeByName(own, t)
	} else {
		differ = l.mergeByStart(own, t)
	}
	starts := len(differ)
	if opt.Trust && starts > 0 {
		l.Table, l.Witness = *t, "scatter"
	}
	denied := l.contentDenies(img)
	if starts < foreignStarts {
		for _, d := range differ {
			l.Problems = append(l.Problems, flash.Problem{Severity: flash.Warning, Place: d.Name, Offset: d.Scatter, Text: d.Text})
		}
		differ = nil
	}
	return l.judge(append(differ, denied...), opt)
}

// judge stops at a foreign scatter, unless the user trusts it.
func (l *Layout) judge(differ []Difference, opt Options) error {
	if len(differ) == 0 {
		return nil
	}
	if !opt.Trust {
		return &ForeignError{opt.ScatterName, differ}
	}
	l.Differ = differ
	for _, d := range differ {
		l.Problems = append(l.Problems, flash.Problem{
			Severity: flash.Warning, Place: d.Name, Offset: d.Scatter, Text: d.Text + "; the scatter file is trusted",
		})
	}
	return nil
}

// mergeByName joins a GPT and a scatter file, which share their names. The GPT's rows
// stand; the scatter gives them file names and flash-tool words, and adds what a GPT
// does not list (preloader).
func (l *Layout) mergeByName(own, sc *flash.Table) []Difference {
	var differ []Difference
	byName := map[string]*flash.Partition{}
	for i := range sc.Partitions {
		p := &sc.Partitions[i]
		if p.Region == l.User {
			byName[scatter.Canonical(p.Name)] = p
		}
	}
	l.Table = *own
	for i := range l.Table.Partitions {
		p := &l.Table.Partitions[i]
		s, ok := byName[scatter.Canonical(p.Name)]
		if !ok {
			l.note(flash.Note, p.Name, "is in the dump's table and not in the scatter file")
			continue
		}
		delete(byName, scatter.Canonical(p.Name))
		adopt(p, s)
		if d, ok := startDiffers(p, s); ok {
			differ = append(differ, d)
		} else if s.Length != p.Length && s.Placed() && !s.ToEnd && !isTableCopy(p.Name) {
			l.note(flash.Note, p.Name, "size 0x%x in the scatter file, 0x%x in the dump's table, which is used", s.Length, p.Length)
		}
	}
	starts := map[int64]bool{}
	for _, p := range own.Partitions {
		starts[p.Offset] = true
	}
	for i := range sc.Partitions {
		p := &sc.Partitions[i]
		switch {
		case p.Region != l.User:
			l.Table.Partitions = append(l.Table.Partitions, *p)
		case byName[scatter.Canonical(p.Name)] != p || isTableCopy(p.Name) || p.Name == "":
		case p.Placed() && !p.Reserved && !starts[p.Offset]:
			differ = append(differ, Difference{p.Name, p.Offset, flash.NoOffset, fmt.Sprintf(
				"%s: 0x%x in the scatter file, no such partition in the dump's table", p.Name, p.Offset)})
		default:
			l.note(flash.Note, p.Name, "is in the scatter file and not in the dump's table")
		}
	}
	return differ
}

// isTableCopy names the rows that stand for the GPT itself; their sizes in scatter
// files are conventions, not measurements.
func isTableCopy(name string) bool {
	c := scatter.Canonical(name)
	return c == "pgpt" || c == "sgpt"
}

// adopt gives a row of the dump's table what only a scatter file knows.
func adopt(p, s *flash.Partition) {
	p.File, p.Type, p.Operation, p.Download, p.Reserved = s.File, s.Type, s.Operation, s.Download, s.Reserved
}

func startDiffers(p, s *flash.Partition) (Difference, bool) {
	if !s.Placed() || !p.Placed() || s.Reserved || isTableCopy(p.Name) || p.Offset == s.Offset {
		return Difference{}, false
	}
	return Difference{s.Name, s.Offset, p.Offset, fmt.Sprintf(
		"%s: 0x%x in the scatter file, 0x%x in the dump's table", s.Name, s.Offset, p.Offset)}, true
}

// mergeByStart joins an MBR/EBR chain and a scatter file. The chain has no names and
// lacks the raw partitions, so the scatter's rows are the table and the chain bears
// witness to some of them. Where only a size differs, the chain's is used; a row that
// runs to the end of the device has its true size only in the scatter.
func (l *Layout) mergeByStart(own, sc *flash.Table) []Difference {
	var differ []Difference
	var unlisted []flash.Partition // rows of the chain that the scatter file lacks
	byStart := map[int64]*flash.Partition{}
	byName := map[string]*flash.Partition{}
	l.Table = *sc
	for i := range l.Table.Partitions {
		p := &l.Table.Partitions[i]
		if p.Region == l.User && p.Placed() {
			byStart[p.Offset] = p
			byName[scatter.Canonical(p.Name)] = p
		}
	}
	for _, o := range own.Partitions {
		s := byStart[o.Offset]
		switch {
		case s == nil:
			d := Difference{o.Name, flash.NoOffset, o.Offset, fmt.Sprintf(
				"the dump's table has a partition at 0x%x (%s), the scatter file has none there", o.Offset, o.Name)}
			if named := byName[scatter.Canonical(o.Name)]; named != nil {
				d.Scatter = named.Offset
				d.Text = fmt.Sprintf("%s: 0x%x in the scatter file, 0x%x in the dump's table", o.Name, named.Offset, o.Offset)
			}
			differ = append(differ, d)
			unlisted = append(unlisted, o)
		case o.File != "": // a table sector, shorter than the row it stands in
			s.Witness = "ebr and scatter"
		case o.ToEnd && s.Length > 0:
			s.Witness = "ebr and scatter"
			l.note(flash.Note, s.Name, "runs to the end of the device by the dump's table; the scatter file's size 0x%x is used", s.Length)
		case s.Length != o.Length:
			l.note(flash.Note, s.Name, "size 0x%x in the scatter file, 0x%x in the dump's table, which is used", s.Length, o.Length)
			s.Extent, s.ToEnd, s.Witness = o.Extent, o.ToEnd, "ebr and scatter"
		default:
			s.Witness = "ebr and scatter"
		}
	}
	l.Table.Partitions = append(l.Table.Partitions, unlisted...)
	l.Witness = "ebr and scatter"
	return differ
}

// contentDenies lists the rows of the table in which something stands that cannot
// belong there.
func (l *Layout) contentDenies(img flash.Image) []Difference {
	var out []Difference
	for _, p := range l.Table.Partitions {
		if c, bad := l.contradicted(img, p); bad {
			out = append(out, Difference{p.Name, p.Offset, flash.NoOffset, fmt.Sprintf(
				"%s: at 0x%x stands %s", p.Name, p.Offset, describe(c))})
		}
	}
	return out
}

// checkContent reports the same as problems, for rows the dump's own table vouches for.
func (l *Layout) checkContent(img flash.Image, s flash.Severity) {
	for _, p := range l.Table.Partitions {
		if c, bad := l.contradicted(img, p); bad {
			l.Problems = append(l.Problems, flash.Problem{
				Severity: s, Place: p.Name, Offset: p.Offset, Text: "holds " + describe(c) + ", which does not belong in this partition"})
		}
	}
}

func (l *Layout) contradicted(img flash.Image, p flash.Partition) (image.Content, bool) {
	if p.Region != l.User || !p.Placed() || p.Offset >= l.Have {
		return image.Content{}, false
	}
	c := image.Sniff(flash.Slice(img, p.Extent))
	return c, image.Agrees(scatter.Canonical(p.Name), c) == image.Contradicted
}

func describe(c image.Content) string {
	if c.Label != "" {
		return fmt.Sprintf("%s %q", c.Kind, c.Label)
	}
	return c.Kind.String()
}
