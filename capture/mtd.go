package capture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// readMTD reads /proc/mtd: sizes and erase sizes. MediaTek's NAND partitions follow one another. A
// device with another erase size is not a partition of the chip (a UBI volume has the size of its
// logical blocks). Some kernels also list the chip itself, and rows that are inside another row
// (OpenWrt's firmware: kernel and rootfs). The list does not mark them, so names and sizes decide;
// if these are not clear, Capture.Others has the other possible tables.
func readMTD(r *reader) {
	erase := uint64(0)
	r.procRows(mtdRow, mtdLike, func(row procRow) {
		if erase == 0 {
			erase = row.b
		}
		if row.b != erase {
			r.problem(flash.Note, row.name, row.line,
				"erase size 0x%x is not that of the chip, so the row is left out", row.b)
			return
		}
		r.add(row.line, flash.Partition{Name: row.name, Region: flash.NANDWhole,
			Extent: r.length(row.line, row.name, row.a)}, "mtd"+row.digits)
	})
	m := mtdRows{reader: r, rows: slices.Clone(r.out.Table.Partitions), rest: map[int]int64{}}
	sure, maybe := m.notBehind()
	m.others(sure, maybe)
	r.problem(flash.Warning, "", 0, "/proc/mtd has no offsets: they are sums of the sizes, in the order of the rows")
	m.take(sure)
}

// mtdRows are the rows of the list. Some may be inside others.
type mtdRows struct {
	*reader
	rows []flash.Partition
	rest map[int]int64 // bytes of a row after the last row inside it, by the index of the row after that
}

// Names of rows that contain others, in lower case. wholeNames are the whole chip; the rows inside
// one of outerNames (childNames) follow it; innerNames are at the end of the row before them.
var (
	wholeNames = []string{"all", "whole", "full", "entire", "chip", "flash", "nand", "nand0", "mtk-nand", "mtk_nand", "spinand", "spi0.0", "spi0.1", "device"}
	outerNames = []string{"firmware", "firmware1", "firmware2"}
	innerNames = []string{"rootfs_data"}
	childNames = []string{"kernel", "rootfs", "ubi", "rootfs_data", "kernel1", "rootfs1", "kernel2", "rootfs2"}
)

// smallChip is smaller than any NAND chip, bytes. The sizes of chips are powers of two.
const smallChip = 16 << 20

// notBehind returns the rows that do not begin at the end of the row before them: those that are
// certain, and those that may also be normal partitions.
func (m *mtdRows) notBehind() (sure, maybe []int) {
	sure, maybe = m.nested()
	double := slices.Concat(sure, maybe)
	for i, p := range m.rows {
		rest := int64(0)
		for j, o := range m.rows {
			if j != i && !slices.Contains(double, j) && rest >= 0 {
				rest += o.Length
			}
		}
		size := p.Length
		switch {
		case rest <= 0 || rest > size || slices.Contains(sure, i):
		case rest == size && len(m.rows) > 2, isOneOf(p.Name, wholeNames), i == 0 && len(m.rows) > 2 && isChipSize(size):
			m.out.Table.DeviceSize = size
			m.problem(flash.Note, p.Name, m.at[i], "is the whole chip, not a partition")
			return append(sure, i), maybe
		case isChipSize(size):
			m.problem(flash.Note, p.Name, m.at[i], "is longer than all other rows together: it may be the whole chip")
			maybe = append(maybe, i)
		}
	}
	return sure, maybe
}

// nested finds rows that contain the rows after them.
func (m *mtdRows) nested() (sure, maybe []int) {
	for i, p := range m.rows {
		if isOneOf(p.Name, innerNames) && i > 0 && p.Length < m.rows[i-1].Length {
			m.problem(flash.Note, p.Name, m.at[i], "is inside the row before it, and is left out")
			sure = append(sure, i)
			continue
		}
		n := m.children(i)
		if n == 0 || n == len(m.rows)-1 { // all other rows: this is the chip
			continue
		}
		names := fmt.Sprintf("%s to %s", m.rows[i+1].Name, m.rows[i+n].Name)
		if isOneOf(p.Name, outerNames) {
			m.problem(flash.Note, p.Name, m.at[i], "contains %s, and is not a separate partition", names)
			sure = append(sure, i)
		} else {
			m.problem(flash.Note, p.Name, m.at[i], "is as long as %s together: they may be inside it", names)
			maybe = append(maybe, i)
		}
	}
	return sure, maybe
}

// children returns how many rows are inside row i, by their sizes: two or more rows that together
// are as long as row i. If row i is known to contain others, they need not fill it.
func (m *mtdRows) children(i int) (n int) {
	sum, size := int64(0), m.rows[i].Length
	for n, p := range m.rows[i+1:] {
		if isOneOf(p.Name, innerNames) {
			continue // its bytes are inside the row before it
		}
		if sum += p.Length; sum < 0 || sum > size {
			break
		}
		if sum == size && n > 0 {
			return n + 1
		}
	}
	if !isOneOf(m.rows[i].Name, outerNames) {
		return 0
	}
	sum = 0
	for _, p := range m.rows[i+1:] {
		inner := isOneOf(p.Name, innerNames) // its bytes count twice
		if !inner && !isOneOf(p.Name, childNames) || !inner && (sum+p.Length < 0 || sum+p.Length > size) {
			break
		}
		if n++; !inner {
			sum += p.Length
		}
	}
	if n > 0 {
		m.rest[i+n+1] = size - sum
	}
	return n
}

func isOneOf(name string, list []string) bool { return slices.Contains(list, strings.ToLower(name)) }

func isChipSize(n int64) bool { return n >= smallChip && n&(n-1) == 0 }

// maxOthers is how many other tables are kept at most.
const maxOthers = 8

// others adds the other possible tables: without all rows that may contain others, without each of
// them, and with all rows.
func (m *mtdRows) others(sure, maybe []int) {
	add := func(without []int) {
		if o := &m.out.Others; len(*o) < maxOthers {
			t := &flash.Table{Format: string(m.out.Kind), DeviceSize: m.out.Table.DeviceSize}
			t.Partitions = m.oneAfterTheOther(without)
			*o = append(*o, t)
		}
	}
	if len(maybe) > 1 {
		add(slices.Concat(sure, maybe))
	}
	for _, i := range maybe {
		add(slices.Concat(sure, []int{i}))
	}
	if len(sure) > 0 {
		add(nil)
	}
}

// oneAfterTheOther places the rows one after the other, without those in without.
func (m *mtdRows) oneAfterTheOther(without []int) (out []flash.Partition) {
	at := int64(0)
	for i, p := range m.rows {
		if len(without) > 0 && at >= 0 {
			at += m.rest[i]
		}
		if slices.Contains(without, i) {
			continue
		}
		p.Index, p.Extent = len(out), flash.Extent{Offset: flash.Unplaced, Length: p.Length}
		if at >= 0 && at+p.Length >= at {
			p.Offset = at
			at += p.Length
		}
		if !p.Placed() || p.Length == 0 {
			at = -1 // the offsets of the next rows are unknown
		}
		out = append(out, p)
	}
	return out
}

// take makes the most probable table the table of the capture.
func (m *mtdRows) take(without []int) {
	m.out.Table.Partitions = m.oneAfterTheOther(without)
	slices.Sort(without)
	for _, i := range slices.Backward(without) {
		m.out.Nodes = slices.Delete(m.out.Nodes, i, i+1)
		m.at = slices.Delete(m.at, i, i+1)
	}
	for i, p := range m.out.Table.Partitions {
		if !p.Placed() {
			m.problem(flash.Error, p.Name, m.at[i], "its offset is unknown: a size before it is missing or too large")
			return
		}
	}
}
