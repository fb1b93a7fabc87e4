package capture

import (
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Lines that mtkclient's gpt.py prints. Older versions break the line after Length.
var (
	printgptRow   = regexp.MustCompile(`^(.*?):\s+Offset 0x([0-9a-fA-F]+), Length 0x([0-9a-fA-F]+)(.*)$`)
	printgptRest  = regexp.MustCompile(`Flags\s+0x([0-9a-fA-F]+), UUID ([0-9a-fA-F-]{36}), Type (\w+)`)
	printgptTotal = regexp.MustCompile(`^Total disk size:\s*0x([0-9a-fA-F]+), sectors:\s*0x([0-9a-fA-F]+)`)
)

// typeGUIDs are the partition types by mtkclient's names for them, one of which is misspelt in
// older versions.
var typeGUIDs = map[string]string{
	"EFI_BASIC_DATA": "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
	"EFI_LINUX_DATA": "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
	"EFI_LINUX_DAYA": "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
}

// gptBlock is the unit of the sizes of eMMC and UFS chips, bytes. A total that is not a multiple of
// it is not the size of a chip.
const gptBlock = 0x20000

func readPrintGPT(r *reader) {
	r.out.Table.SectorSize = r.sector
	var p flash.Partition
	line := 0 // of p, 0 if there is none
	flush := func() {
		if line > 0 {
			r.add(line, p, "")
		}
		line = 0
	}
	tables := 0
	for n, s := range lines(r.text) {
		if s == "GPT Table:" {
			if tables++; tables > 1 && len(r.at) > 0 {
				r.problem(flash.Warning, "", n, "a second table begins here; it is not read")
				break
			}
		}
		if m := printgptTotal.FindStringSubmatch(s); m != nil {
			r.total(n, m)
		}
		if m := printgptRow.FindStringSubmatch(s); m != nil {
			flush()
			start, startOK := hex(m[2])
			size, sizeOK := hex(m[3])
			if !startOK || !sizeOK {
				r.damaged(n)
				continue
			}
			p = flash.Partition{Name: rowName(m[1]), Region: flash.EMMCUser}
			p.Extent, line = r.place(n, p.Name, start, size), n
			s = m[4]
		} else if strings.Contains(s, "Offset 0x") {
			r.damaged(n)
		}
		if m := printgptRest.FindStringSubmatch(s); m != nil && line > 0 {
			p.Attributes, _ = hex(m[1])
			p.GUID, p.TypeGUID = mtkclientGUID(m[2]), typeGUIDs[m[3]]
			flush()
		}
	}
	flush()
	if r.out.Table.SectorSize == 4096 {
		r.region(flash.UFSLU2)
	}
}

// total reads the sector size and the size of the chip from the last line of the table. Versions
// before 2022 printed the last usable sector instead of the size.
func (r *reader) total(line int, m []string) {
	size, sizeOK := hex(m[1])
	sectors, sectorsOK := hex(m[2])
	if !sizeOK || !sectorsOK || sectors == 0 || size > 1<<62 {
		r.problem(flash.Warning, "", line, "the total is impossible")
		return
	}
	if unit := int64(size / sectors); size%sectors == 0 && (unit == 512 || unit == 4096) {
		r.out.Table.SectorSize = unit
	}
	if size%gptBlock != 0 {
		r.problem(flash.Note, "", line, "the total 0x%x is the end of the partitions, not the size of the chip", size)
		return
	}
	r.out.Table.DeviceSize = int64(size)
}

// rowName removes a logger's prefix ("DaHandler - ") from the name of a row.
func rowName(s string) string {
	if i := strings.LastIndex(s, " - "); i >= 0 {
		s = s[i+3:]
	}
	return strings.TrimSpace(s)
}

// mtkclientGUID corrects a GUID that mtkclient printed: mtkclient also prints the fourth group as a
// little-endian number, although its two bytes are in order. (The boot loader's log of one phone
// has b999 where mtkclient prints 99b9.)
func mtkclientGUID(s string) string {
	if len(s) != 36 || s[18] != '-' || s[23] != '-' {
		return ""
	}
	return strings.ToUpper(s[:19] + s[21:23] + s[19:21] + s[23:])
}

// region moves all rows of the user area to the region that has the table on another
// kind of storage.
func (r *reader) region(to flash.Region) {
	rows := r.out.Table.Partitions
	for i := range rows {
		if rows[i].Region == flash.EMMCUser {
			rows[i].Region = to
		}
	}
}
