package capture

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Bounds on what a text can make us keep. Real tables have fewer than 150 rows.
const (
	maxRows     = 1024
	maxProblems = 256
)

// sectorSize is the unit in which Linux counts sectors, whatever the chip's is.
const sectorSize = 512

// reader builds a Capture, row by row.
type reader struct {
	text   string
	sector int64 // bytes, as the caller knows them; 0 unknown
	out    *Capture

	at      []int          // the line of each row
	names   map[string]int // the row of each name
	repeats int            // rows that were there already, word for word
}

// problem records damage or a remark at a line; 0 stands for the text as a whole.
func (r *reader) problem(s flash.Severity, place string, line int, text string, args ...any) {
	if t := r.out.Table; len(t.Problems) < maxProblems {
		t.Problems = append(t.Problems, problem(s, place, line, text, args...))
	}
}

func problem(s flash.Severity, place string, line int, text string, args ...any) flash.Problem {
	text = fmt.Sprintf(text, args...)
	if line > 0 {
		text = fmt.Sprintf("line %d: %s", line, text)
	}
	if place == "" {
		place = "list"
	}
	return flash.NewProblem(s, place, flash.NoOffset, "%s", text)
}

// damaged records a line that begins like a row and is none.
func (r *reader) damaged(line int) {
	r.problem(flash.Error, "", line, "a row that is cut or damaged")
}

// place returns the extent of a row, unplaced with an Error where it cannot exist.
func (r *reader) place(line int, name string, start, size uint64) flash.Extent {
	e, err := flash.NewExtent(start, size)
	if err != nil {
		r.problem(flash.Error, name, line, "start 0x%x and size 0x%x are impossible", start, size)
		return flash.Extent{Offset: flash.Unplaced}
	}
	return e
}

// length returns the extent of a row of which only the size is known.
func (r *reader) length(line int, name string, size uint64) flash.Extent {
	e := r.place(line, name, 0, size)
	e.Offset = flash.Unplaced
	return e
}

// add takes a row into the table, unless it is there already word for word: logs
// print a table twice.
func (r *reader) add(line int, p flash.Partition, node string) {
	t := r.out.Table
	if r.names == nil {
		r.names = map[string]int{}
	}
	if i, ok := r.names[p.Name]; ok {
		was := t.Partitions[i]
		was.Index, p.Witness = 0, r.out.Kind
		if was == p && r.out.Nodes[i] == node {
			r.repeats++
			return
		}
		r.problem(flash.Warning, p.Name, line, "the name was given before, on line %d", r.at[i])
	}
	switch {
	case len(t.Partitions) > maxRows:
		return
	case len(t.Partitions) == maxRows:
		r.problem(flash.Error, "", line, "more than %d rows: the rest is not read", maxRows)
		return
	}
	if p.Name == "" {
		r.problem(flash.Warning, "", line, "a row without a name")
	}
	r.names[p.Name] = len(t.Partitions)
	p.Index, p.Witness = len(t.Partitions), r.out.Kind
	t.Partitions = append(t.Partitions, p)
	r.at = append(r.at, line)
	r.out.Nodes = append(r.out.Nodes, node)
}

// sumUp places the rows of a region one after the other, as they are listed. The
// caller warns of it.
func (r *reader) sumUp(region flash.Region, start int64) {
	rows := r.out.Table.Partitions
	lost := false // the place of what follows is not known
	for i := range rows {
		switch {
		case rows[i].Region != region || rows[i].Reserved:
			continue
		case lost:
			rows[i].Offset = flash.Unplaced
			continue
		}
		rows[i].Extent = r.place(r.at[i], rows[i].Name, uint64(start), uint64(rows[i].Length))
		lost = !rows[i].Placed() || rows[i].Length == 0
		start = rows[i].End()
	}
}

// finish settles what needs all rows.
func (r *reader) finish() {
	if r.repeats > 0 {
		r.problem(flash.Note, "", 0, "%d rows are given twice, word for word", r.repeats)
	}
	r.out.Table.Problems = append(r.out.Table.Problems, resolveToEnd(r.out.Table.Partitions, r.at)...)
	r.out.Verified = flash.Worst(r.out.Table.Problems) == flash.Note && settled(r.out.Table)
}

// resolveToEnd gives a meaning to size 0, which old tables write for the last row: it
// runs to the end of the region. Anywhere else it is an oddity, and the row ends
// where the next begins.
func resolveToEnd(rows []flash.Partition, at []int) (problems []flash.Problem) {
	for i := range rows {
		p := &rows[i]
		if p.Length > 0 || !p.Placed() {
			continue
		}
		next := -1
		for j, o := range rows {
			if o.Region == p.Region && o.Offset > p.Offset && (next < 0 || o.Offset < rows[next].Offset) {
				next = j
			}
		}
		if p.ToEnd = next < 0; p.ToEnd {
			continue
		}
		p.Length = rows[next].Offset - p.Offset
		line := 0
		if at != nil {
			line = at[i]
		}
		problems = append(problems, problem(flash.Warning, p.Name, line,
			"size is 0; taken up to %s", rows[next].Name))
	}
	return problems
}

// settled reports whether every row has its place and none overlaps another.
func settled(t *flash.Table) bool {
	regions := map[flash.Region]bool{}
	for _, p := range t.Partitions {
		if !p.Placed() && !p.Reserved {
			return false
		}
		regions[p.Region] = true
	}
	for region := range regions {
		if len(t.Check(region, 0)) > 0 {
			return false
		}
	}
	return len(t.Partitions) > 0
}

// counted reports whether an address counts blocks from the end of the region: the
// upper half of its 32 bits is all ones, in some tables that of all 64. Addresses of
// partitions are multiples of a sector, so that most counts cannot be one; where one
// could, the name decides.
func counted(name string, addr uint64) bool {
	if addr>>16 != 0xFFFF && addr>>16 != 0xFFFFFFFFFFFF {
		return false
	}
	if addr%sectorSize != 0 {
		return true
	}
	switch strings.ToLower(name) {
	case "bmtpool", "otp", "flashinfo", "sgpt", "sdrpmb", "mrdump":
		return true
	}
	return false
}

// bootRegion returns the boot area of eMMC that a preloader's row names, or "".
func bootRegion(name string) flash.Region {
	switch strings.ToLower(name) {
	case "preloader", "preloader_a", "preloader1":
		return flash.EMMCBoot1
	case "preloader_b", "preloader2", "preloader_backup":
		return flash.EMMCBoot2
	}
	return ""
}
