package gpt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// adder adds a problem of the whole table.
type adder func(s flash.Severity, off int64, format string, a ...any)

// DeviceSize returns the size of the user area in bytes that the table proves: the
// backup header is the device's last sector. It is 0 if the table proves nothing: a
// template, entries alone, a header that names itself as its backup, or rows that end
// behind that sector. It does not depend on the size of the image.
func (g *GPT) DeviceSize() int64 {
	size := g.stated()
	if size < g.rowsEnd() {
		return 0
	}
	return size
}

// rowsEnd returns the end of the last row in bytes, if a checksum proves the rows and
// they are possible.
func (g *GPT) rowsEnd() (end int64) {
	best := g.Best()
	if best == nil || !best.EntriesOK || best.Template {
		return 0
	}
	for _, e := range best.Entries {
		if x := best.extent(e); !e.leftover() && x.Length > 0 && x.End() <= tooFar {
			end = max(end, x.End())
		}
	}
	return end
}

// stated returns the size of the user area according to the offset of the backup
// header, 0 if that offset is impossible.
func (g *GPT) stated() int64 {
	for _, c := range []*Copy{g.Best(), g.other()} {
		if c == nil || c.rank() == unusable {
			continue
		}
		if last := c.lastLBA(); last > 0 {
			return int64(last+1) * c.sector
		}
		// If the checksum of a header is wrong, its offset is still proven if the
		// header is at that offset, or if the protective MBR agrees.
		if c.Role == backup && !c.Standalone && c.MyLBA > c.LastUsableLBA && !c.Template {
			if at, ok := lbaOffset(c.MyLBA, c.sector); ok && at == c.HeaderOffset {
				return at + c.sector
			}
		}
		if n := g.protectiveSize(); c.Role == primary && n > 2 && n == c.AlternateLBA && !c.Template {
			return int64(n+1) * c.sector
		}
	}
	return 0
}

// atLeast returns the smallest size of the user area in bytes that the table proves:
// its size, or else the end of its rows and of the last usable sector. A header has the
// last usable sector even if the LBA of its backup is impossible. 0 means that nothing
// is proven.
func (g *GPT) atLeast() int64 {
	if size := g.DeviceSize(); size > 0 {
		return size
	}
	least := max(g.stated(), g.rowsEnd())
	for _, c := range []*Copy{g.Primary, g.Backup} {
		if c == nil || c.rank() == unusable || !c.HeaderOK || c.Template || c.LastUsableLBA < c.FirstUsableLBA {
			continue
		}
		if last, ok := lbaOffset(c.LastUsableLBA, c.sector); ok && last < tooFar {
			least = max(least, last+c.sector)
		}
	}
	return least
}

// tooFar is larger than any phone, in bytes: such a sector is an error of a tool.
const tooFar = 4 << 40

// Usable returns the range that the header reserves for partitions: the primary copy is
// before it, the backup copy is between its end and the end of the device. The extent
// is zero if the header does not contain it (templates, entries alone).
func (g *GPT) Usable() flash.Extent {
	c := g.Best()
	if c == nil || c.Template || c.HeaderOffset == flash.NoOffset {
		return flash.Extent{}
	}
	first, ok := lbaOffset(c.FirstUsableLBA, c.sector)
	last, ok2 := lbaOffset(c.LastUsableLBA, c.sector)
	if !ok || !ok2 || first == 0 || last < first {
		return flash.Extent{}
	}
	return flash.Extent{Offset: first, Length: last - first + c.sector}
}

// Table returns the rows of the best copy, all of them in region, with the problems of
// both copies. Rows with impossible sectors are kept; if their extent cannot be
// expressed, its length is 0, and they are only kept if a checksum proves them. A row
// whose address is missing in a template is not Placed; if it is counted from the
// device's end, its Length is known and it is Reserved.
func (g *GPT) Table(region flash.Region) *flash.Table {
	t := &flash.Table{Format: "gpt", SectorSize: g.SectorSize, DeviceSize: g.DeviceSize(), AtLeast: g.atLeast()}
	best := g.Best()
	if best == nil {
		return t
	}
	for _, e := range best.Entries {
		if e.leftover() {
			continue
		}
		x := best.extent(e)
		if x.Length == 0 && !best.EntriesOK && !best.Template {
			continue // nothing proves that it is a row, and it has no bytes
		}
		t.Partitions = append(t.Partitions, flash.Partition{
			Index: e.Index, Name: e.Name, Region: region, Extent: x,
			Reserved: best.unplaced(e) && x.Length > 0,
			GUID:     e.GUID.String(), TypeGUID: e.TypeGUID.String(), Attributes: e.Attributes,
			Witness: flash.Witness("gpt " + best.Role),
		})
	}
	t.Problems = append(slices.Clone(g.Problems), best.Problems...)
	if other := g.other(); other != nil {
		for _, p := range quieter(other.Problems) {
			same := func(q flash.Problem) bool { return q.Place == p.Place && q.Text == p.Text }
			if !slices.ContainsFunc(t.Problems, same) {
				t.Problems = append(t.Problems, p)
			}
		}
	}
	return t
}

// comparePlaces compares the copies with the image, and reports what is missing or cut.
func (g *GPT) comparePlaces(add adder) {
	best := g.Best()
	device := g.DeviceSize()
	switch {
	case best == g.Backup && g.Primary != nil:
		if !g.disproved(g.Primary) || len(g.differences()) == 0 { // otherwise judgeRows has told it
			add(flash.Warning, g.Primary.HeaderOffset, primaryDamaged)
		}
	case best == g.Backup && best.Standalone:
		add(flash.Note, best.HeaderOffset, "the file contains only a backup copy")
	case best == g.Backup:
		add(flash.Warning, g.SectorSize, "there is no primary copy; the rows of the backup are used")
	case best.Standalone:
		add(flash.Note, max(best.HeaderOffset, 0), "the file contains only a partition table")
		return
	case !g.ProtectiveMBR:
		add(flash.Warning, 0, "sector 0 is not a protective MBR")
	}
	if best.Standalone || best.Template {
		return
	}
	if g.Backup == nil {
		g.missingBackup(best, device, add)
	}
	if device > 0 && g.imageSize > device {
		add(flash.Note, device, "the image is longer than the device (0x%x) by 0x%x bytes", device, g.imageSize-device)
	}
	if g.Primary.rank() == proven && g.Backup.rank() == proven {
		if at, ok := lbaOffset(g.Primary.AlternateLBA, g.Primary.sector); !ok || at != g.Backup.HeaderOffset {
			add(flash.Warning, g.Backup.HeaderOffset, "the backup is here, but the primary contains LBA 0x%x", g.Primary.AlternateLBA)
		}
	}
}

// missingBackup reports why there is no backup copy. This is normal for a read-back of
// the table alone, but not for a dump that ends too early.
func (g *GPT) missingBackup(best *Copy, device int64, add adder) {
	switch {
	case best.HeaderOffset == flash.NoOffset:
		add(flash.Warning, flash.NoOffset, "there is no backup copy")
	case device == 0:
		least := ""
		if n := g.atLeast(); n > 0 {
			least = fmt.Sprintf(": by its rows and its last usable sector it has at least 0x%x bytes", n)
		}
		sev := flash.Warning
		if !g.holdsRows(best) { // a read-back of the table alone
			sev = flash.Note
		}
		add(sev, best.HeaderOffset+offAlternate, "there is no backup copy, and the LBA of the backup in the header (0x%x) is impossible, so the size of the device is unknown%s", best.AlternateLBA, least)
	case g.imageSize >= device:
		add(flash.Warning, device-best.sector, "there is no backup copy at the offset that the primary contains")
	case g.holdsRows(best):
		add(flash.Warning, g.imageSize, "the image is cut: it ends 0x%x bytes before the device (0x%x) does, and the backup copy is in the missing bytes", device-g.imageSize, device)
	default:
		add(flash.Note, g.imageSize, "the image holds the table only; the device has 0x%x bytes", device)
	}
}

// holdsRows reports whether the image has a byte of any row.
func (g *GPT) holdsRows(c *Copy) bool {
	for _, e := range c.Entries {
		if x := c.extent(e); x.Length > 0 && x.Offset >= 0 && x.Offset < g.imageSize {
			return true
		}
	}
	return false
}

// compareHeaders reports differences between two sound headers: one of them was changed
// by a tool, or belongs to another table.
func (g *GPT) compareHeaders(add adder) {
	p, b := g.Primary, g.Backup
	if p.rank() != proven || b.rank() != proven || p.Standalone || b.Standalone {
		return
	}
	if p.FirstUsableLBA != b.FirstUsableLBA || p.LastUsableLBA != b.LastUsableLBA {
		add(flash.Warning, p.HeaderOffset, "the copies disagree: in the primary, sectors 0x%x to 0x%x are usable, in the backup 0x%x to 0x%x",
			p.FirstUsableLBA, p.LastUsableLBA, b.FirstUsableLBA, b.LastUsableLBA)
	}
	if p.DiskGUID != b.DiskGUID {
		add(flash.Warning, p.HeaderOffset, "the copies disagree: the primary is of disk %s, the backup of %s", p.DiskGUID, b.DiskGUID)
	}
}

// maxDifferences is the number of differing rows that are named.
const maxDifferences = 3

// compareRows reports rows that differ in the two copies, if judgeRows did not.
func (g *GPT) compareRows(add adder) {
	if g.Primary.rank() == unusable || g.Backup.rank() == unusable || g.disproved(g.other()) {
		return
	}
	if diff := g.differences(); len(diff) > 0 {
		add(flash.Warning, flash.NoOffset, "the copies disagree: %s", named(diff))
	}
}

// difference is a slot that differs in the two copies.
type difference struct {
	index int
	text  string
}

// differences compares the slots of both copies, which must have entries.
func (g *GPT) differences() (out []difference) {
	p, b := g.Primary, g.Backup
	inP, inB := p.rows(), b.rows()
	for i := range int(max(p.EntryCount, b.EntryCount)) {
		if x, y := inP[i], inB[i]; x != y {
			out = append(out, difference{i, fmt.Sprintf("entry %d is %s in the primary and %s in the backup", i, orNothing(x), orNothing(y))})
		}
	}
	return out
}

// named lists the first differences.
func named(diff []difference) string {
	var texts []string
	for _, d := range diff[:min(len(diff), maxDifferences)] {
		texts = append(texts, d.text)
	}
	if n := len(diff) - len(texts); n > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(texts, "; ")
}

// rows describes the used slots by their numbers.
func (c *Copy) rows() map[int]string {
	m := map[int]string{}
	for _, e := range c.Entries {
		m[e.Index] = fmt.Sprintf("%q %s", e.Name, c.span(e))
		if e.Attributes != 0 {
			m[e.Index] += fmt.Sprintf(" attributes 0x%x", e.Attributes)
		}
	}
	return m
}

// span returns the range of a row in bytes as text, or its sectors if these are impossible.
func (c *Copy) span(e Entry) string {
	if x := c.extent(e); x.Offset >= 0 && x.Length > 0 {
		return x.String()
	}
	return fmt.Sprintf("LBA 0x%x..0x%x", e.FirstLBA, e.LastLBA)
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
