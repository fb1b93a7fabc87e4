package scatter

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// The values that flash tools know.
var (
	knownTypes = []string{boot, rom, "YAFFS_IMG", "UBI_IMG", ext4, "FAT_IMG", "F2FS_IMG", "FTL20_IMG", "NONE", "UNKNOWN_BIN", "ARM_BL", "SV5_BL_BIN"}
	knownOps   = []string{update, invisible, protected, binregion, bootload, reserved, "NEEDRESIZE", "LOGIC"}
	knownDType = []string{"FALSE", "FULL_PAGE", "LOW_PAGE", "CELL_UNI", "CELL_MULTI"}

	knownRegions = map[flash.Storage][]string{
		flash.EMMC: {"EMMC_USER", "EMMC_BOOT_1", "EMMC_BOOT_2", "EMMC_BOOT1", "EMMC_BOOT2", "EMMC_BOOT1_BOOT2", "EMMC_RPMB",
			"EMMC_GP_1", "EMMC_GP_2", "EMMC_GP_3", "EMMC_GP_4"},
		flash.UFS:  {"UFS_LU0", "UFS_LU1", "UFS_LU2", "UFS_LU3", "UFS_LU0_LU1"},
		flash.NAND: {"NONE", "NAND_WHOLE"},
	}
)

// values compares the values of a row with the known ones, and with each other.
func (c *checker) values(e *entry) {
	c.word(e, "type", knownTypes)
	c.word(e, "operation_type", knownOps)
	c.word(e, "d_type", knownDType)
	for _, key := range []string{"is_download", "boundary_check", "is_reserved", "is_upgradable", "empty_boot_needed"} {
		c.word(e, key, []string{"true", "false"})
	}
	for _, key := range []string{"file_name", "is_download", "type", "region", "operation_type"} {
		if e.row.Find(key) == nil {
			c.add(RuleSyntax, e.row.Line, flash.Warning, e.Name, "has no %s", key)
		}
	}
	if want := "HW_STORAGE_" + string(c.f.Info.Storage); c.f.Info.Storage != "" && e.row.Find("storage") != nil && !strings.EqualFold(e.row.Get("storage"), want) {
		c.at(RuleValue, e, "storage", flash.Warning, "storage %s in a table for %s", e.row.Get("storage"), c.f.Info.Storage)
	}
	isReserved := isTrue(e.row.Get("is_reserved"))
	switch {
	case e.Download && e.File == "":
		c.at(RuleValue, e, "file_name", flash.Warning, "is to be downloaded, but names no file")
	case e.Download && strings.EqualFold(e.Operation, reserved):
		c.at(RuleValue, e, "is_download", flash.Warning, "is to be downloaded, but flash tools never download RESERVED rows")
	case isReserved != strings.EqualFold(e.Operation, reserved):
		c.at(RuleValue, e, "is_reserved", flash.Note, "is_reserved is %t, but operation_type is %s", isReserved, e.Operation)
	}
	if strings.ContainsAny(e.File, `/\:`) {
		c.at(RuleValue, e, "file_name", flash.Warning, "file_name %q points outside the folder of the scatter file", e.File)
	}
}

func (c *checker) word(e *entry, key string, known []string) {
	fd := e.row.Find(key)
	if fd == nil || isOneOf(fd.Value, known) {
		return
	}
	if near := nearest(fd.Value, known); near != "" {
		c.at(RuleValue, e, key, flash.Warning, "%s %q is not known; perhaps %s is meant", key, fd.Value, near)
		return
	}
	c.at(RuleValue, e, key, flash.Warning, "%s %q is not known", key, fd.Value)
}

// region compares the region with those of the storage.
func (c *checker) region(e *entry) {
	fd := e.row.Find("region")
	if fd == nil {
		return
	}
	mine := knownRegions[c.f.Info.Storage]
	if mine == nil || slices.Contains(mine, fd.Value) {
		return
	}
	for storage, regions := range knownRegions {
		if slices.Contains(regions, fd.Value) {
			c.at(RuleRegion, e, "region", flash.Warning, "%s is a region of %s, but the table is for %s", fd.Value, storage, c.f.Info.Storage)
			return
		}
	}
	if near := nearest(fd.Value, mine); near != "" {
		c.at(RuleRegion, e, "region", flash.Warning, "region %q is misspelt; %s is the correct name", fd.Value, near)
		return
	}
	c.at(RuleRegion, e, "region", flash.Warning, "region %q is not known", fd.Value)
}

// nearest returns the known word that differs by one or two slips, or "".
func nearest(s string, known []string) string {
	best, found := 3, ""
	for _, k := range known {
		if d := distance(strings.ToUpper(s), k, best); d < best {
			best, found = d, k
		}
	}
	return found
}

// distance counts the slips between two words: a letter changed, added or left out, or
// two letters swapped. It stops counting when there are more than most.
func distance(a, b string, most int) int {
	if len(a) > len(b)+most || len(b) > len(a)+most {
		return most
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur, up, up2 := rows[i%3], rows[(i+2)%3], rows[(i+1)%3]
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			cur[j] = min(up[j]+1, cur[j-1]+1, up[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], up2[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}

// compared returns the rows whose two address columns can be compared.
func (b *builder) compared() []*entry {
	var rows []*entry
	for i := range b.rows {
		if e := &b.rows[i]; e.Region.IsUser() && !e.Reserved && e.linear.real() && e.physical.real() {
			rows = append(rows, e)
		}
	}
	return rows
}

const zeroThroughout = "all physical addresses are 0"

// allZero reports whether the physical column of all rows, or all but the first, is empty.
func allZero(rows []*entry) bool {
	zero := 0
	for _, e := range rows {
		if e.physical.value == 0 && e.linear.value != 0 {
			zero++
		}
	}
	return zero > 1 && zero >= len(rows)-1
}

// convention compares what the two address columns count from. In all ordinary rows the
// two addresses must differ by the same number of bytes.
func (c *checker) convention() {
	rows := c.b.compared()
	if len(rows) == 0 {
		return
	}
	if allZero(rows) {
		c.at(RuleConvention, rows[0], "physical_start_addr", flash.Note, "%s; the linear addresses are used, counted from the MBR row", zeroThroughout)
		return
	}
	counts, lines := map[int64]int{}, map[int64]*entry{}
	for _, e := range rows {
		d := int64(e.linear.value - e.physical.value)
		if counts[d]++; lines[d] == nil {
			lines[d] = e
		}
	}
	usual := lines[0]
	for _, e := range lines {
		d, best := int64(e.linear.value-e.physical.value), int64(0)
		if usual != nil {
			best = int64(usual.linear.value - usual.physical.value)
		}
		if usual == nil || counts[d] > counts[best] {
			usual = e
		}
	}
	base := usual.linear.value - usual.physical.value
	for _, e := range rows {
		if d := e.linear.value - e.physical.value; d != base {
			c.at(RuleConvention, e, "linear_start_addr", flash.Warning, "the linear address is the physical address 0x%x + 0x%x; in other rows it is + 0x%x", e.physical.value, d, base)
		}
	}
	if m := c.b.base; m != nil && base == 0 && m.linear.value > 0 {
		c.at(RuleConvention, m, "physical_start_addr", flash.Warning, "both columns count from the first boot region: subtract 0x%x from an address to get the offset in the user area", m.linear.value)
	}
}

// places compares the range of each row with the row before it and with all others.
func (c *checker) places() {
	byRegion := map[flash.Region][]*entry{}
	var order []flash.Region
	for i := range c.b.rows {
		e := &c.b.rows[i]
		if !e.Placed() {
			continue
		}
		if byRegion[e.Region] == nil {
			order = append(order, e.Region)
		}
		byRegion[e.Region] = append(byRegion[e.Region], e)
	}
	for _, r := range order {
		rows := byRegion[r]
		for i := 1; i < len(rows); i++ {
			if a, b := rows[i-1], rows[i]; b.Offset < a.Offset {
				c.at(RuleOrder, b, "physical_start_addr", flash.Warning, "follows %s in the file but has a lower address: SP Flash Tool needs ascending addresses", a.Name)
			}
		}
		slices.SortStableFunc(rows, func(a, b *entry) int { return cmp.Compare(a.Offset, b.Offset) })
		c.neighbours(r, rows)
	}
}

// neighbours reports overlaps and gaps between rows that are in ascending order.
func (c *checker) neighbours(r flash.Region, rows []*entry) {
	var reach *entry // the row with the highest end so far
	for _, e := range rows {
		if c.opt.UserSize > 0 && r.IsUser() && e.End() > c.opt.UserSize {
			c.at(RuleSize, e, "partition_size", flash.Warning, "ends at 0x%x, but the flash ends at 0x%x", e.End(), c.opt.UserSize)
		}
		if reach != nil && !reach.ToEnd {
			switch gap := e.Offset - reach.End(); {
			case gap < 0:
				over := min(reach.End(), e.End()) - e.Offset
				c.at(RuleOverlap, e, "physical_start_addr", flash.Warning, "overlaps %s by 0x%x bytes", reach.Name, over)
			case gap > 0 && !e.counted && !c.f.Dialect.bare():
				c.at(RuleGap, e, "physical_start_addr", flash.Note, "the 0x%x bytes before it, from 0x%x, belong to no row", gap, reach.End())
			}
		}
		if reach == nil || e.End() > reach.End() {
			reach = e
		}
	}
}

// dump compares the rows with the dump's own table: by name with a GPT, by start with
// an MBR, because an MBR has no names.
func (c *checker) dump(t *flash.Table) {
	byName, byStart := map[string]*entry{}, map[int64]*entry{}
	for i := range c.b.rows {
		if e := &c.b.rows[i]; e.Region.IsUser() {
			byName[Canonical(e.Name)] = e
			if e.Placed() {
				byStart[e.Offset] = e
			}
		}
	}
	seen := map[*entry]bool{}
	unnamed := isMBR(t)
	for _, p := range t.Partitions {
		e := byName[Canonical(p.Name)]
		if e == nil && unnamed {
			e = byStart[p.Offset]
		}
		if !p.Region.IsUser() || !p.Placed() {
			continue
		}
		if e == nil {
			severity := flash.Warning
			if isOneOf(p.Name, []string{"pgpt", "sgpt"}) { // the GPT itself: service tools do not list its rows
				severity = flash.Note
			}
			c.add(RuleDump, 0, severity, p.Name, "is at %s in the dump's table, but not in the scatter file", p.Extent)
			continue
		}
		seen[e] = true
		c.against(e, p)
	}
	for i := range c.b.rows {
		e := &c.b.rows[i]
		if !unnamed && e.Region.IsUser() && !seen[e] && !isOneOf(e.Name, []string{"pgpt", "sgpt", "bmtpool"}) {
			c.at(RuleDump, e, "partition_name", flash.Warning, "is not in the dump's table")
		}
	}
}

// backupGPT is the largest error of a count from the end that is only a note, in bytes.
// Files for sectors of 512 bytes leave out less than the backup GPT needs with sectors
// of 4096 bytes.
const backupGPT = 0x8000

func (c *checker) against(e *entry, p flash.Partition) {
	copyOfGPT := isTable(p.Name)
	switch {
	case e.Placed() && e.Offset != p.Offset && c.opt.UserSize <= 0 && e.counted, copyOfGPT && e.Offset != p.Offset && e.Reserved:
	case e.counted && e.Placed() && e.Offset != p.Offset && max(e.Offset-p.Offset, p.Offset-e.Offset) < backupGPT:
		c.at(RuleDump, e, "physical_start_addr", flash.Note, "its count from the end gives 0x%x; in the dump's table it is at 0x%x", e.Offset, p.Offset)
	case e.Placed() && e.Offset != p.Offset:
		c.at(RuleDump, e, "physical_start_addr", flash.Error, "begins at 0x%x, but in the dump's table at 0x%x", e.Offset, p.Offset)
	case e.Length != p.Length && !e.ToEnd && !p.ToEnd && !copyOfGPT:
		c.at(RuleDump, e, "partition_size", flash.Warning, "has 0x%x bytes, but in the dump's table 0x%x", e.Length, p.Length)
	}
}
