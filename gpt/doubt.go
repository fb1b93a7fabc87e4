package gpt

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// maxDoubts is the number of problems of rows that are told one by one if no checksum proves the
// rows: an area that was overwritten has a problem in every slot.
const maxDoubts = 3

// judgeRows adds the problems of the rows to those of the copies. If the checksum proves the rows of
// the best copy and disproves those of the other, the other copy has one problem, because its rows
// are not used.
func (g *GPT) judgeRows(add adder) {
	best, other := g.Best(), g.other()
	best.addDoubts()
	if !g.disproved(other) {
		if other != nil {
			other.addDoubts()
		}
		return
	}
	diff := g.differences()
	if len(diff) == 0 {
		other.addDoubts()
		return
	}
	first := other.EntriesOffset + int64(diff[0].index)*int64(other.EntrySize)
	text := fmt.Sprintf("%d of its %d entries differ from the %s copy, from offset 0x%x on", len(diff), other.EntryCount, best.Role, first)
	if len(diff) <= maxDifferences {
		text += ": " + named(diff)
	}
	if other.sum != "" {
		text = other.sum + "; " + text
	}
	if other == g.Primary {
		add(flash.Warning, other.EntriesOffset, "%s: %s", primaryDamaged, text)
		return
	}
	other.problem(flash.Warning, other.EntriesOffset, "%s; its rows are not used", text)
}

// primaryDamaged is the start of the problem of a primary copy that is not used.
const primaryDamaged = "the primary copy is damaged; the rows of the backup are used"

// disproved reports whether the entries of a copy are certainly not what was written there: its
// checksum is wrong, and the best copy's is right.
func (g *GPT) disproved(c *Copy) bool {
	best := g.Best()
	return c != nil && best != nil && c != best && best.EntriesOK && !c.EntriesOK && !c.Template && c.EntriesOffset != flash.NoOffset
}

// addDoubts adds the problems of the rows to those of the copy. Without a checksum that proves the
// rows, only the first ones are added, and one problem for all others.
func (c *Copy) addDoubts() {
	if c.sum != "" {
		c.problem(flash.Warning, c.EntriesOffset, "%s", c.sum)
	}
	rows := c.doubts
	if c.EntriesOK || len(rows) <= maxDoubts+1 {
		c.Problems = append(c.Problems, rows...)
		return
	}
	more := rows[maxDoubts:]
	c.Problems = append(c.Problems, rows[:maxDoubts]...)
	c.problem(flash.Worst(more), more[0].Offset, "and %d more entries are not those of a correct table: the area was overwritten, or the table is of another kind", len(more))
}
