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

	// MediaTek's kernels for GPT phones write /proc/partinfo with names alone, in bytes,
	// under a header line.
	startSizeRow  = regexp.MustCompile(`^(\S+)\s+0x([0-9a-fA-F]{16})\s+0x([0-9a-fA-F]{16})$`)
	startSizeHead = regexp.MustCompile(`^Name\s+Start\s+Size$`)
	startSizeLike = regexp.MustCompile(`^\S+\s+0x[0-9a-fA-F]`)

	emmcLike     = regexp.MustCompile(`^emmc_p\d+:`)
	partinfoLike = regexp.MustCompile(`^part\d+:`)
	mtdLike      = regexp.MustCompile(`^mtd\d+:`)
)

// procRow is a numbered row of two numbers and a name.
type procRow struct {
	line   int
	digits string // the row's number as written
	a, b   uint64
	name   string
}

// procRows yields to fn the rows of one shape.
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
				"the kernel shows 2 sectors of an extended partition, however long it is")
		}
	})
}

// readPartinfo reads /proc/partinfo. Of the drivers that write it MediaTek's counts
// sectors and numbers rows part01; another vendor's counts bytes, with part1.
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

// readStartSize reads the /proc/partinfo of GPT phones. The kernel makes up the rows of
// the GPT's two copies: that of the backup is 0x80000 bytes long on every phone, and
// is taken to run to the end, as it does.
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
			r.problem(flash.Error, m[1], n, "no header line says which number is the start: left out")
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
			r.problem(flash.Note, p.Name, n, "the kernel gives it 0x%x bytes on every phone: it is taken to run to the end", size)
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
