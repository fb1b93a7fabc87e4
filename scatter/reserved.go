package scatter

import (
	"cmp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// resolveReserved places the rows that are counted from the end of the user area. They
// form a chain: the last ends where the area ends, and each other row ends where the
// next begins. The count (0xFFFFnnnn: nnnn blocks before the end) is only used as a
// check, because it does not include a last row whose count is 0 (an sgpt of 0x4200
// bytes). Phones place flashinfo and otp by the chain.
//
// A row that would overlap the rows before it is not placed. In that case the size is
// that of a cut dump, or the phone does not have the row at all, such as the BMTPOOL
// (bad block pool) that eMMC scatter files inherited from NAND.
func (b *builder) resolveReserved() {
	c := chain{b: b, next: b.size}
	c.reach, c.reacher = b.reach()
	for i := len(b.rows) - 1; i >= 0; i-- {
		e := &b.rows[i]
		switch {
		case e.counted && !e.Region.IsUser():
			b.problem(flash.Note, e, "region", "is counted from the end of %s, and the size of that region is not known", e.Region)
		case e.counted && b.size > 0:
			c.resolve(e)
		case !e.counted && e.Region.IsUser() && e.Reserved && e.Placed():
			c.next = min(c.next, e.Offset)
		}
	}
}

// reach returns the highest end of the ordinary rows in the user area, and the name of
// that row.
func (b *builder) reach() (end int64, name string) {
	for _, e := range b.rows {
		if e.Region.IsUser() && e.Placed() && !e.Reserved && e.End() > end {
			end, name = e.End(), e.Name
		}
	}
	return end, name
}

// chain walks the reserved rows from the last to the first.
type chain struct {
	b       *builder
	next    int64  // the offset where the row must end
	outside int64  // length of the rows so far whose count is 0
	reach   int64  // highest end of the ordinary rows
	reacher string // name of that row
	broken  string // name of the row that could not be placed; no row before it can be placed either
}

func (c *chain) resolve(e *entry) {
	start, why := c.start(e)
	if agrees, text := c.agrees(e, start); why == "" && !agrees {
		if isPool(e) {
			why = text
		} else {
			c.b.problem(flash.Warning, e, "physical_start_addr", "%s; placed by the sizes", text)
		}
	}
	if why != "" {
		severity := flash.Warning
		if isPool(e) || c.b.sizeless {
			severity = flash.Note
		}
		c.b.problem(severity, e, "physical_start_addr", "not placed: %s", why)
		c.broken = cmp.Or(e.Name, "without a name")
		return
	}
	e.Extent = flash.Extent{Offset: start, Length: c.next - start}
	c.next = start
	if e.count == 0 {
		c.outside += e.Length
	}
}

// start returns where the row begins, or why this cannot be known.
func (c *chain) start(e *entry) (start int64, why string) {
	block := c.b.block(e)
	switch {
	case c.broken != "":
		return 0, "the row after it, " + c.broken + ", is not placed"
	case e.Length > 0:
		start = c.next - e.Length
	case e.count > 0 && block > 0:
		start = c.b.size - e.count*block
	case e.count > 0:
		return 0, "its address is a count of blocks, and the size of a block is not known"
	default:
		return 0, "it has no size and no count of blocks"
	}
	switch {
	case start < c.reach && c.reacher != "":
		return 0, "it would overlap " + c.reacher
	case start < 0, start > c.next:
		return 0, "it does not fit before the end"
	}
	return start, ""
}

// agrees compares the chain's result with the row's count.
func (c *chain) agrees(e *entry, start int64) (bool, string) {
	block := c.b.block(e)
	if block == 0 {
		return true, ""
	}
	if e.count == 0 && isPool(e) {
		return false, "its address is not a count of blocks from the end"
	}
	if e.count == 0 {
		return c.next == c.b.size, "its address is that of the very last row"
	}
	counted := c.b.size - e.count*block
	return counted == start || counted == start+c.outside,
		"its address gives a different distance from the end than the sizes"
}

// isPool reports whether the row is the bad block pool, which exists only on NAND.
func isPool(e *entry) bool { return strings.EqualFold(e.Name, "BMTPOOL") }

// block returns the unit of the row's count in bytes, 0 if it is not known.
func (b *builder) block(e *entry) int64 {
	switch {
	case b.file.Info.BlockSize > 0:
		return b.file.Info.BlockSize
	case e.Region == flash.NANDWhole:
		return 0 // the chip's erase block
	case e.Region == flash.UFSLU2:
		return ufsBlock
	}
	return emmcBlock
}

// The block sizes that ptgen writes as block_size, in bytes.
const (
	emmcBlock = 0x20000
	ufsBlock  = 0x80000
)

// resolveToEnd gives rows of size 0 their length: up to the next row, or to the end of
// the area. Only a row that no ordinary row follows is marked as running to the end.
func (b *builder) resolveToEnd() {
	for i := range b.rows {
		e := &b.rows[i]
		if !e.sizeOK || e.Length > 0 || !e.Placed() || e.counted {
			continue
		}
		end, next := int64(0), (*entry)(nil)
		if e.Region.IsUser() {
			end = b.size
		}
		e.ToEnd = true
		for j := range b.rows {
			o := &b.rows[j]
			if o.Region != e.Region || o.Offset <= e.Offset {
				continue
			}
			e.ToEnd = e.ToEnd && o.Reserved
			if next == nil || o.Offset < next.Offset {
				next, end = o, o.Offset
			}
		}
		e.Length = max(end-e.Offset, 0)
		switch {
		case !e.ToEnd && !b.sizeless:
			b.problem(flash.Warning, e, "partition_size", "partition_size is 0; the row is read as ending at %s", next.Name)
		case e.Length == 0 && end > 0:
			b.problem(flash.Warning, e, "physical_start_addr", "begins at 0x%x, behind the end (0x%x)", e.Offset, end)
		}
	}
}
