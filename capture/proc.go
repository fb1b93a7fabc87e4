package capture

import (
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Rows of the kernel's lists. Their numbers are hexadecimal without 0x.
var (
	emmcRow     = regexp.MustCompile(`^emmc_p(\d+):\s+([0-9a-fA-F]+)\s+([0-9a-fA-F]+)\s+"([^"]*)"`)
	partinfoRow = regexp.MustCompile(`^part(\d+):\s+([0-9a-fA-F]+)\s+([0-9a-fA-F]+)\s+"([^"]*)"`)
	mtdRow      = regexp.MustCompile(`^mtd(\d+):\s+([0-9a-fA-F]+)\s+([0-9a-fA-F]+)\s+"([^"]*)"`)

	// MediaTek's kernels for GPT phones write /proc/partinfo with names and bytes, under a header
	// line.
	startSizeRow  = regexp.MustCompile(`^(\S+)\s+0x([0-9a-fA-F]{16})\s+0x([0-9a-fA-F]{16})$`)
	startSizeHead = regexp.MustCompile(`^Name\s+Start\s+Size$`)
	startSizeLike = regexp.MustCompile(`^\S+\s+0x[0-9a-fA-F]`)

	emmcLike     = regexp.MustCompile(`^emmc_p\d+:`)
	partinfoLike = regexp.MustCompile(`^part\d+:`)
	mtdLike      = regexp.MustCompile(`^mtd\d+:`)
)

// procRow is a numbered row with two numbers and a name.
type procRow struct {
	line   int
	digits string // the row's number as written
	a, b   uint64
	name   string
}

// procRows calls fn for the rows of one form.
func (r *reader) procRows(whole, like *regexp.Regexp, fn func(procRow)) {
	for n, s := range lines(r.text) {
		m := whole.FindStringSubmatch(s)
		if m == nil {
			if like.MatchString(s) {
				r.damaged(n)
			}
			continue
		}
		a, aOK := hex(m[2])
		b, bOK := hex(m[3])
		if !aOK || !bOK {
			r.damaged(n)
			continue
		}
		fn(procRow{n, m[1], a, b, m[4]})
	}
}

// readEMMC reads /proc/emmc: start and count in sectors, of block devices only.
func readEMMC(r *reader) {
	r.out.Table.SectorSize = sectorSize
	r.procRows(emmcRow, emmcLike, func(row procRow) {
		r.sectors(row, "mmcblk0p"+row.digits)
		if row.b == 2 && strings.HasPrefix(strings.ToLower(row.name), "ebr") {
			r.problem(flash.Note, row.name, row.line,
				"the kernel always shows 2 sectors of an extended partition")
		}
	})
}

// readPartinfo reads /proc/partinfo. MediaTek's driver writes sectors and numbers rows as part01;
// another vendor's driver writes bytes and part1.
func readPartinfo(r *reader) {
	r.procRows(partinfoRow, partinfoLike, func(row procRow) {
		node := "mmcblk0p" + strings.TrimLeft(row.digits, "0")
		if len(row.digits) == 1 {
			r.add(row.line, flash.Partition{Name: row.name, Region: flash.EMMCUser,
				Extent: r.place(row.line, row.name, row.a, row.b)}, node)
			return
		}
		r.out.Table.SectorSize = sectorSize
		r.sectors(row, node)
	})
	if r.out.Table.SectorSize == 0 {
		r.problem(flash.Note, "", 0, "the unit is not stated; rows numbered part1, not part01, are in bytes")
	}
}

// readStartSize reads the /proc/partinfo of GPT phones. The kernel adds rows for the two copies of
// the GPT: the row of the backup has 0x80000 bytes on every phone, so it is read as a row up to the
// end of the region.
func readStartSize(r *reader) {
	headed := false
	for n, s := range lines(r.text) {
		m := startSizeRow.FindStringSubmatch(s)
		if m == nil {
			headed = headed || startSizeHead.MatchString(s)
			if headed && startSizeLike.MatchString(s) {
				r.damaged(n)
			}
			continue
		}
		if !headed {
			r.problem(flash.Error, m[1], n, "left out: no header line tells which number is the start")
			continue
		}
		start, startOK := hex(m[2])
		size, sizeOK := hex(m[3])
		if !startOK || !sizeOK {
			r.damaged(n)
			continue
		}
		p := flash.Partition{Name: m[1], Region: flash.EMMCUser, Extent: r.place(n, m[1], start, size)}
		if strings.EqualFold(p.Name, "sgpt") && p.Placed() {
			p.Length = 0
			r.problem(flash.Note, p.Name, n, "the kernel gives it 0x%x bytes on every phone: it is read as a row up to the end of the region", size)
		}
		r.add(n, p, "")
	}
}

// sectors adds a row that gives start and count in sectors of the user area.
func (r *reader) sectors(row procRow, node string) {
	start, startOK := times(row.a, sectorSize)
	size, sizeOK := times(row.b, sectorSize)
	if !startOK || !sizeOK {
		r.damaged(row.line)
		return
	}
	r.add(row.line, flash.Partition{Name: row.name, Region: flash.EMMCUser,
		Extent: r.place(row.line, row.name, start, size)}, node)
}
