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

// readMTD reads /proc/mtd: sizes and erase sizes. MediaTek's partitions of NAND follow
// one another; a device with another erase size is none of the chip's (a UBI volume
// has that of its logical blocks).
func readMTD(r *reader) {
	erase := uint64(0)
	r.procRows(mtdRow, mtdLike, func(row procRow) {
		if erase == 0 {
			erase = row.b
		}
		if row.b != erase {
			r.problem(flash.Note, row.name, row.line,
				"erase size 0x%x is not that of the chip, and the row is left out", row.b)
			return
		}
		r.add(row.line, flash.Partition{Name: row.name, Region: flash.NANDWhole,
			Extent: r.length(row.line, row.name, row.a)}, "mtd"+row.digits)
	})
	r.wholeChip()
	r.problem(flash.Warning, "", 0, "/proc/mtd holds no addresses: they are sums of the sizes, in the order of the rows")
	r.sumUp(flash.NANDWhole, 0)
}

// wholeChip takes away a first row that is as long as all others together: some
// kernels list the chip itself, as ALL.
func (r *reader) wholeChip() {
	t := r.out.Table
	if len(t.Partitions) < 2 {
		return
	}
	whole, rest := t.Partitions[0], int64(0)
	for _, p := range t.Partitions[1:] {
		rest += p.Length
		if rest > whole.Length || rest < 0 {
			return
		}
	}
	if !strings.EqualFold(whole.Name, "ALL") && rest != whole.Length {
		return
	}
	t.DeviceSize = whole.Length
	t.Partitions, r.out.Nodes = t.Partitions[1:], r.out.Nodes[1:]
	r.problem(flash.Note, whole.Name, r.at[0], "is the whole chip, not a partition")
	r.at = r.at[1:]
	for i := range t.Partitions {
		t.Partitions[i].Index = i
	}
}
