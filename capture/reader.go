package capture

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Limits of the result, for untrusted texts. Real tables have fewer than 150 rows.
const (
	maxRows     = 1024
	maxProblems = 256
)

// sectorSize is the size of Linux's sectors, bytes, for all chips.
const sectorSize = 512

// reader builds a Capture, row by row.
type reader struct {
	text   string
	sector int64 // bytes, from the caller; 0 unknown
	out    *Capture

	at      []int          // the line of each row
	names   map[string]int // the row of each name
	repeats int            // number of exactly repeated rows
}

// problem records damage or a remark at a line; 0 means the whole text.
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

// damaged records a line that begins like a row but is not a valid row.
func (r *reader) damaged(line int) {
	r.problem(flash.Error, "", line, "a row that is cut or damaged")
}

// place returns the extent of a row. If it is impossible, it adds an Error and returns an unplaced
// extent.
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

// add adds a row to the table, unless it is an exact repetition: logs print a table twice.
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
		r.problem(flash.Warning, p.Name, line, "the name was used before, on line %d", r.at[i])
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

// sumUp places the rows of a region one after the other, in the order of the list. The caller adds
// a warning.
func (r *reader) sumUp(region flash.Region, start int64) {
	rows := r.out.Table.Partitions
	lost := false // the offsets of the next rows are unknown
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

// finish does the work that needs all rows.
func (r *reader) finish() {
	if r.repeats > 0 {
		r.problem(flash.Note, "", 0, "%d rows are exact repetitions", r.repeats)
	}
	r.out.Table.Problems = append(r.out.Table.Problems, resolveToEnd(r.out.Table.Partitions, r.at)...)
	r.out.Verified = flash.Worst(r.out.Table.Problems) == flash.Note && settled(r.out.Table)
}

// resolveToEnd handles size 0, which old tables have for the last row: it ends at the end of the
// region. For any other row it adds a Warning, and the row ends where the next one begins.
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
			"size is 0; the row is read as ending at %s", rows[next].Name))
	}
	return problems
}

// settled reports whether every row has its offset and none overlaps another.
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

// counted reports whether an address is a number of blocks from the end of the region: the upper
// half of its 32 bits is all ones, in some tables the upper 48 of 64. Addresses of partitions are
// multiples of a sector, so most counts cannot be addresses; for the others the name decides.
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

// bootRegion returns the boot area of eMMC for the name of a preloader's row, or "".
func bootRegion(name string) flash.Region {
	switch strings.ToLower(name) {
	case "preloader", "preloader_a", "preloader1":
		return flash.EMMCBoot1
	case "preloader_b", "preloader2", "preloader_backup":
		return flash.EMMCBoot2
	}
	return ""
}
