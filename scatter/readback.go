package scatter

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Readback returns the file that fills the Read Back tab of SP Flash Tool with one item for each
// region: BOOT_1 with the preloader, and ROM_1 with the user area. The problems say what no item
// reads.
//
// The format is that of readback_ui_bak.xml, which the tool writes into its own folder and loads when
// the tab is first shown, if an agent and a scatter file of the same chip and storage are loaded.
//
// Source: SP Flash Tool 5.1952 (techyminati/mediatek_spflashtool_source): Lib/readback_ui_bak.xsd,
// Setting/ReadbackSetting.cpp, UI/src/ReadBackWidget.cpp, Rules/ReadbackRule.cpp.
func (s Script) Readback() (string, []flash.Problem) {
	r := readback{Script: s}
	for _, region := range r.regions() {
		r.whole(region)
	}
	return r.text(), r.problems
}

// ReadbackRows is Readback with one item for each partition, in files named like the partitions.
func (s Script) ReadbackRows() (string, []flash.Problem) {
	r := readback{Script: s}
	for i := range s.Table.Partitions {
		r.row(&s.Table.Partitions[i])
	}
	return r.text(), r.problems
}

// readback collects the items of the Read Back tab.
type readback struct {
	Script
	items    []readItem
	problems flash.Problems
}

// readItem is one line of the Read Back tab.
type readItem struct {
	flash.Extent
	part int // number of the region
	file string
}

// partIDs are the tool's numbers of regions: EMMC_Part_E and UFS_Part_E of its BootRom/DOWNLOAD.H. The
// numbers of a scatter file for both storages are others (NORMAL_PART_E).
var partIDs = map[flash.Region]struct{ id, common int }{
	flash.EMMCBoot1: {1, 0x20}, flash.EMMCBoot2: {2, 0x21}, flash.EMMCRPMB: {3, 3}, flash.EMMCUser: {8, 0x22},
	"EMMC_GP1": {4, 4}, "EMMC_GP2": {5, 5}, "EMMC_GP3": {6, 6}, "EMMC_GP4": {7, 7},
	flash.UFSLU0: {1, 0x20}, flash.UFSLU1: {2, 0x21}, flash.UFSLU2: {3, 0x22},
	flash.NANDWhole: {}, flash.NORWhole: {}, // a chip without regions
}

// joined are the words for both boot regions, which have the same preloader: the first is read.
var joined = map[flash.Region]flash.Region{"EMMC_BOOT1_BOOT2": flash.EMMCBoot1, "UFS_LU0_LU1": flash.UFSLU0}

func regionToRead(p *flash.Partition) flash.Region { return cmp.Or(joined[p.Region], p.Region) }

// regions returns the regions of the rows, each once, boot regions first.
func (r *readback) regions() (out []flash.Region) {
	for i := range r.Table.Partitions {
		if region := regionToRead(&r.Table.Partitions[i]); !slices.Contains(out, region) {
			out = append(out, region)
		}
	}
	slices.SortStableFunc(out, func(a, b flash.Region) int { return cmp.Compare(partIDs[a].id, partIDs[b].id) })
	return out
}

// whole adds a region up to its end, or to the end of the last row whose end is known.
func (r *readback) whole(region flash.Region) {
	var end int64
	var open *flash.Partition
	for i := range r.Table.Partitions {
		p := &r.Table.Partitions[i]
		switch {
		case regionToRead(p) != region:
		case !p.Placed() || p.ToEnd || p.Length <= 0:
			open = cmp.Or(open, p)
		default:
			end = max(end, p.End())
		}
	}
	if region.IsUser() && r.DeviceSize > 0 {
		end, open = r.DeviceSize, nil
	}
	if open != nil {
		r.tell(string(region), "read up to 0x%x only: %s reaches the end of the region, whose size is not known", end, flash.Shown(open.Name))
	}
	r.add(string(region), region, flash.Extent{Length: end}, fileOfRegion(region))
}

// fileOfRegion returns the usual name of a region that SP Flash Tool read.
func fileOfRegion(region flash.Region) string {
	switch region {
	case flash.EMMCBoot1, flash.UFSLU0:
		return "BOOT_1"
	case flash.EMMCBoot2, flash.UFSLU1:
		return "BOOT_2"
	}
	if region.IsUser() {
		return "ROM_1"
	}
	return plainName(string(region))
}

// row adds one partition.
func (r *readback) row(p *flash.Partition) {
	x := p.Extent
	if p.ToEnd && p.Placed() && p.Region.IsUser() {
		x.Length = r.DeviceSize - p.Offset
	}
	switch {
	case !p.Placed():
		r.tell(p.Name, "left out: it is counted from the end of the flash, and the size of the flash is not known")
	case x.Length <= 0:
		r.tell(p.Name, "left out: its size is not known")
	default:
		r.add(p.Name, regionToRead(p), x, r.unused(plainName(p.Name)))
	}
}

// unused returns a file name that no other item has on Windows either.
func (r *readback) unused(name string) string {
	taken := func(file string) bool {
		return slices.ContainsFunc(r.items, func(i readItem) bool { return strings.EqualFold(i.file, file) })
	}
	file := name + ".img"
	for n := 2; taken(file); n++ {
		file = fmt.Sprintf("%s-%d.img", name, n)
	}
	return file
}

// add adds an item, if the tool accepts it.
func (r *readback) add(place string, region flash.Region, x flash.Extent, file string) {
	part, ok := partIDs[region]
	switch align := r.align(); {
	case !ok:
		r.tell(place, "left out: the tool has no number for the region %s", flash.Shown(string(region)))
	case x.Length <= 0:
		r.tell(place, "left out: its size is not known")
	case x.Offset%align != 0 || x.Length%align != 0:
		r.tell(place, "left out: %v is not aligned to %d bytes, which the tool demands", x, align)
	case r.Common:
		r.items = append(r.items, readItem{x, part.common, file})
	default:
		r.items = append(r.items, readItem{x, part.id, file})
	}
}

// align returns what the tool demands of addresses and lengths, in bytes.
func (r *readback) align() int64 {
	switch r.Storage {
	case flash.NAND, flash.NOR:
		return 4096
	case flash.UFS:
		return 2048
	}
	return 512
}

func (r *readback) tell(place, text string, a ...any) {
	r.problems.Add(flash.Warning, place, text, a...)
}

// chipName is what the tool's schema permits.
var chipName = regexp.MustCompile(`^(MT[0-9]{4}[A-Z]?|ELBRUS)$`)

// text returns the file. The tool writes files without a folder into the one in which it was started.
func (r *readback) text() string {
	if !chipName.MatchString(r.Chip) {
		r.tell("", "the tool takes the file for the chip of its scatter file only, such as MT6765; the table has %q", r.Chip)
	}
	flag := "NUTL_READ_PAGE_ONLY"
	if r.Storage == flash.NAND {
		flag = "NULL_READ_PAGE_SPARE" // the tool's own word
		r.problems.Add(flash.Note, "", "pages are read with their spare bytes, as is usual; never tried on a phone with NAND")
	}
	var w strings.Builder
	fmt.Fprintf(&w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- %s -->\n<flashtool-config version=\"2.0\">\n", strings.ReplaceAll(escaped(oneLine(r.Source)), "-", "_"))
	fmt.Fprintf(&w, "  <general>\n    <chip-name>%s</chip-name>\n    <storage-type>%s</storage-type>\n  </general>\n", escaped(oneLine(r.Chip)), cmp.Or(r.Storage, flash.EMMC))
	w.WriteString("  <commands>\n    <readback>\n      <physical-readback is-physical-readback=\"false\"/>\n      <readback-list>\n")
	for i, x := range r.items {
		fmt.Fprintf(&w, "        <readback-rom-item readback-index=\"%d\" readback-enable=\"true\" readback-flag=\"%s\" start-address=\"0x%016x\" readback-length=\"0x%016x\" addr-flag=\"NUTL_ADDR_LOGICAL\" part-id=\"%d\">%s</readback-rom-item>\n",
			i, flag, x.Offset, x.Length, x.part, escaped(oneLine(x.file)))
	}
	w.WriteString("      </readback-list>\n    </readback>\n  </commands>\n</flashtool-config>\n")
	return w.String()
}
