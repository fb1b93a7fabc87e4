package commands

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/words"
)

// flashTools are the tools with commands in a plan, in the order in which they are printed.
var flashTools = []struct{ key, title string }{
	{"stock", "the maker's files, first (SP Flash Tool writes them with the package's own scatter file and only these rows ticked)"},
	{"spflashtool", "SP Flash Tool"},
	{"spflashtool-xml", "SP Flash Tool, for flash_tool -i FILE (made after its published examples, not tested)"},
	{"mtkclient", "mtkclient"},
	{"antumbra", "antumbra, the flasher of penumbra, for phones whose agent speaks XFlash or XML (made after its source, not tested)"},
	{"antumbra-scatter", "antumbra, all at once; it also writes a new partition table, made of the rows of the scatter file (not tested)"},
	{"fastboot", "fastboot, with an unlocked bootloader; most phones refuse some of these"},
}

// planCommands returns the commands for each tool. They are run in the folder that restore --parts
// writes. All says that no partition is left out by choice.
func planCommands(p *archive.FlashPlan, all bool) map[string][]string {
	c := map[string][]string{"spflashtool": {fmt.Sprintf("flash_tool -c download -b -s %s", words.Quoted(p.Scatter))}, "spflashtool-xml": flashToolXML(p)}
	if all && len(p.Tables) == 0 && p.Locked == 0 && antumbraReads(p.Rows) {
		c["antumbra-scatter"] = []string{"antumbra scatter " + words.Quoted(p.Scatter) + antumbraAgent}
	}
	for _, w := range p.Writes {
		c["antumbra"] = append(c["antumbra"], antumbra(&w))
		mtk := fmt.Sprintf("mtk w %s %s", words.Quoted(w.Name), words.Quoted(w.File))
		switch {
		case w.Region.IsBoot():
			mtk = fmt.Sprintf("mtk w preloader %s --parttype=boot1", words.Quoted(w.File))
		case w.IsTable(): // no table lists the table itself
			mtk = fmt.Sprintf("mtk wo 0x%x 0x%x %s", w.Offset, w.Length, words.Quoted(w.File))
		default:
			c["fastboot"] = append(c["fastboot"], fmt.Sprintf("fastboot flash %s %s", words.Quoted(w.Name), words.Quoted(w.File)))
		}
		c["mtkclient"] = append(c["mtkclient"], mtk)
	}
	return c
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// flashToolXML returns the lines of a configuration for SP Flash Tool's console mode
// (flash_tool -i FILE).
func flashToolXML(p *archive.FlashPlan) []string {
	head := []string{
		`<?xml version="1.0" encoding="UTF-8"?>`, `<flashtool-config version="2.0">`, ` <general>`,
		`  <chip-name>` + xmlEscapes.Replace(p.Chip) + `</chip-name>`,
		`  <storage-type>` + string(p.Storage) + `</storage-type>`,
		`  <download-agent>MTK_AllInOne_DA.bin</download-agent>`,
		`  <scatter>` + xmlEscapes.Replace(p.Scatter) + `</scatter>`,
	}
	return append(head, `  <rom-list/>`, // the scatter file names them
		`  <connection type="BromUSB" high-speed="true" power="AutoDetect" timeout-count="120000" com-port=""/>`,
		`  <checksum-level>none</checksum-level>`, ` </general>`,
		` <commands><download-only><da-download-all/></download-only></commands>`, `</flashtool-config>`)
}

// antumbraAgent is the option of antumbra without which it does not write.
const antumbraAgent = " --da MTK_AllInOne_DA.bin"

// antumbra returns the command of antumbra for one partition. Its other command for a partition,
// write-flash, destroys a preloader without the header of its boot region.
//
// Source: shomykohai/penumbra, tui/src/cli/commands/device/{download,writeoffset}.rs, version of 2026.
func antumbra(w *archive.FlashWrite) string {
	switch {
	case w.Region.IsBoot():
		return "antumbra download preloader " + words.Quoted(w.File) + antumbraAgent
	case w.IsTable():
		return fmt.Sprintf("antumbra write-offset 0x%x 0x%x %s%s", w.Offset, w.Length, words.Quoted(w.File), antumbraAgent)
	}
	return fmt.Sprintf("antumbra download %s %s%s", words.Quoted(w.Name), words.Quoted(w.File), antumbraAgent)
}

// antumbraReads reports whether antumbra takes a scatter file for what it is: it counts every region
// that it does not know as the user area, and would put a preloader with the region EMMC_BOOT_1 into
// the partition table.
//
// Source: shomykohai/penumbra, core/src/da/scatter.rs (match_part_kind), version of 2026.
func antumbraReads(f *scatter.File) bool {
	known := []string{"EMMC_BOOT1", "EMMC_BOOT2", "EMMC_BOOT1_BOOT2", "EMMC_USER", "UFS_LU0", "UFS_LU1", "UFS_LU2", "UFS_LU0_LU1"}
	return f != nil && !slices.ContainsFunc(f.Rows, func(r scatter.Row) bool { return !slices.Contains(known, r.Get("region")) })
}
