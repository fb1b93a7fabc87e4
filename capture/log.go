package capture

import (
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// logRow matches a row in the log of a boot loader: efi.c of lk, or the preloader's. part_id, the
// number of the region, and uuid are optional.
var logRow = regexp.MustCompile(`(?:\[(\d+)\])?\s*name=([^,]*),(?: part_id=\w+,)? ` +
	`start_sect=0x([0-9a-fA-F]+), nr_sects=0x([0-9a-fA-F]+)(?:, uuid=([0-9a-fA-F-]{36}))?`)

// firstByte is the offset at which ptgen puts the first partition after the GPT, for all sector
// sizes.
const firstByte = 0x8000

func readLog(r *reader) {
	var rows []procRow
	var guids []string
	for n, s := range lines(r.text) {
		m := logRow.FindStringSubmatch(s)
		if m == nil {
			if strings.Contains(s, "start_sect=") {
				r.damaged(n)
			}
			continue
		}
		a, aOK := hex(m[3])
		b, bOK := hex(m[4])
		if !aOK || !bOK {
			r.damaged(n)
			continue
		}
		rows = append(rows, procRow{n, m[1], a, b, m[2]})
		guids = append(guids, strings.ToUpper(m[5]))
		if len(rows) > 4*maxRows { // logs print a table several times
			break
		}
	}
	unit, why := r.logUnit(rows)
	if unit == 0 {
		r.problem(flash.Warning, "", 0, "the log has numbers of sectors without their size: no row has an offset")
	} else {
		r.problem(flash.Note, "", 0, "sectors have %d bytes: %s", unit, why)
	}
	r.out.Table.SectorSize = unit
	region := flash.EMMCUser
	if unit == 4096 {
		region = flash.UFSLU2
	}
	for i, row := range rows {
		p := flash.Partition{Name: row.name, Region: region, GUID: guids[i], Extent: flash.Extent{Offset: flash.Unplaced}}
		if unit > 0 {
			start, startOK := times(row.a, unit)
			size, sizeOK := times(row.b, unit)
			if !startOK || !sizeOK {
				r.damaged(row.line)
				continue
			}
			p.Extent = r.place(row.line, row.name, start, size)
		}
		r.add(row.line, p, "")
	}
}

// logUnit returns the size of a sector in bytes, or 0, and the reason.
func (r *reader) logUnit(rows []procRow) (unit int64, why string) {
	if r.sector > 0 {
		return r.sector, "as the caller states"
	}
	for _, row := range rows {
		if row.digits != "0" {
			continue
		}
		for _, unit := range []int64{512, 4096} {
			if row.a == uint64(firstByte/unit) {
				return unit, "the first partition begins at 0x8000"
			}
		}
	}
	ufs, emmc := strings.Contains(r.text, "[UFS]"), strings.Contains(r.text, "EMMC_PART_USER")
	switch {
	case ufs && !emmc:
		return 4096, "the log is from a phone with UFS"
	case emmc && !ufs:
		return 512, "the log is from a phone with eMMC"
	}
	return 0, ""
}
