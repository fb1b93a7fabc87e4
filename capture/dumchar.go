package capture

import (
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// A row of /proc/dumchar_info: name, size, start, 1 for MTD or 2 for eMMC, node. The header line
// and the legend after the rows have other forms.
var (
	dumcharRow  = regexp.MustCompile(`^(\S+)\s+0x([0-9a-fA-F]+)\s+0x([0-9a-fA-F]+)\s+([12])\s+(/dev/\S+)$`)
	dumcharLike = regexp.MustCompile(`^[A-Za-z]\w*\s+0x[0-9a-fA-F]`)
)

// A preloader's row with a size in these limits, bytes, means the whole area before the user area.
// Preloaders themselves have at most half a MiB; known bases are 0x380000 to 0x1800000.
const (
	minBase = 0x200000
	maxBase = 0x4000000
)

func isBase(size uint64) bool { return minBase <= size && size <= maxBase }

// linear is a row of a table with linear addresses through all areas of the chip, or from which the
// kernel subtracted the base.
type linear struct {
	line        int
	name        string
	start, size uint64
	region      flash.Region // "" if the table does not have it
	node        string
}

func readDumchar(r *reader) {
	var rows []linear
	for n, s := range lines(r.text) {
		m := dumcharRow.FindStringSubmatch(s)
		if m == nil {
			if dumcharLike.MatchString(s) {
				r.damaged(n)
			}
			continue
		}
		row := linear{line: n, name: m[1], node: trimNode(m[5])}
		var sizeOK, startOK bool
		row.size, sizeOK = hex(m[2])
		row.start, startOK = hex(m[3])
		if !sizeOK || !startOK {
			r.damaged(n)
			continue
		}
		if m[4] == "1" {
			row.region = flash.NANDWhole
		}
		if row.size == 0 && row.start == 0 {
			r.problem(flash.Note, row.name, n, "has neither an offset nor a size, and is left out")
			continue
		}
		if rows = append(rows, row); len(rows) > maxRows {
			break
		}
	}
	if base := dumcharBase(rows); base > 0 {
		r.out.Base = int64(base)
	}
	r.addLinear(rows, 0)
	if len(rows) > 0 && rows[0].region == flash.NANDWhole && isIndex(rows) {
		r.problem(flash.Warning, "", 0, "on NAND the third column is the number of the MTD device: "+
			"offsets are sums of the sizes, in the order of the rows")
		r.sumUp(flash.NANDWhole, 0)
	}
}

// dumcharBase finds the base that the kernel subtracted from linear addresses. It follows from the
// row of the bad block pool: the kernel treated its count 0xFFFFnnnn as an address, and bases are
// multiples of 0x10000. Otherwise it is the size in the preloader's row.
func dumcharBase(rows []linear) uint64 {
	var base uint64
	for _, row := range rows {
		if row.region == flash.NANDWhole {
			return 0
		}
		if bootRegion(row.name) != "" && isBase(row.size) {
			base = row.size
		}
	}
	for _, row := range rows {
		if !strings.EqualFold(row.name, "bmtpool") || row.start > 0xFFFFFFFF {
			continue
		}
		if b := (0xFFFF0000 | row.start&0xFFFF) - row.start; 0 < b && b <= maxBase {
			base = b
		}
	}
	return base
}

// isIndex reports whether the starts are numbers of devices: 0, 1, 2 …
func isIndex(rows []linear) bool {
	for i, row := range rows {
		if row.start != uint64(i) && row.start != rows[0].start+uint64(i) {
			return false
		}
	}
	return len(rows) > 1
}

// addLinear adds rows to the table. sub is the difference between their addresses and their offsets
// in the user area. The base, if known, was subtracted from counts from the end of the region.
func (r *reader) addLinear(rows []linear, sub uint64) {
	for _, row := range rows {
		p := flash.Partition{Name: row.name, Region: row.region}
		base := uint64(r.out.Base) - sub
		switch {
		case counted(row.name, row.start), counted(row.name, row.start+base):
			p.Reserved = true
			p.Region = cmpRegion(row.region, flash.EMMCUser)
			p.Extent = r.length(row.line, row.name, row.size)
			r.problem(flash.Note, row.name, row.line, "is counted from the end of the region and gets no offset")
		case row.region == "" && bootRegion(row.name) != "", row.region.IsBoot():
			p.Region = cmpRegion(row.region, bootRegion(row.name))
			p.Extent = r.place(row.line, row.name, row.start, row.size)
			if isBase(row.size) {
				p.Length = 0
				r.problem(flash.Note, row.name, row.line, "its size 0x%x is the start of the user area in "+
					"linear addresses, not that of a preloader", row.size)
			}
		case row.start < sub && cmpRegion(row.region, flash.EMMCUser) == flash.EMMCUser:
			p.Region = flash.EMMCUser
			p.Extent = r.length(row.line, row.name, row.size)
			r.problem(flash.Warning, row.name, row.line, "address 0x%x is before the user area", row.start)
		case cmpRegion(row.region, flash.EMMCUser) == flash.EMMCUser:
			p.Region = flash.EMMCUser
			p.Extent = r.place(row.line, row.name, row.start-sub, row.size)
		default:
			p.Extent = r.place(row.line, row.name, row.start, row.size)
		}
		r.add(row.line, p, row.node)
	}
}

// cmpRegion returns the first region that is not "".
func cmpRegion(a, b flash.Region) flash.Region {
	if a != "" {
		return a
	}
	return b
}
