package capture

import (
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// A row of PartInfo in a kernel's partition_define.c, which ptgen writes: name, size, linear
// address and, in later kernels, the storage, the kernel's partition number and the region.
var (
	sourceRow = regexp.MustCompile(`^\{\s*"([^"]+)"\s*,\s*(\w+)\s*,\s*(\w+)\s*` +
		`(?:,\s*(\w+)\s*)?(?:,\s*(\d+)\s*)?(?:,\s*(\w+)\s*)?\}`)
	sourceLike = regexp.MustCompile(`^\{\s*"\w+"\s*,\s*\d`)
)

// sourceRegions has the regions by their names in the C enumeration.
var sourceRegions = map[string]flash.Region{
	"BOOT_1": flash.EMMCBoot1, "BOOT_2": flash.EMMCBoot2, "RPMB": flash.EMMCRPMB, "USER": flash.EMMCUser,
}

func readSource(r *reader) {
	var rows []linear
	var sub uint64
	nand := true
	for n, s := range lines(r.text) {
		m := sourceRow.FindStringSubmatch(s)
		if m == nil {
			if sourceLike.MatchString(s) {
				r.damaged(n)
			}
			continue
		}
		row := linear{line: n, name: m[1], region: sourceRegions[m[6]]}
		var sizeOK, startOK bool
		row.size, sizeOK = number(m[2])
		row.start, startOK = number(m[3])
		if !sizeOK || !startOK {
			r.damaged(n)
			continue
		}
		if m[5] != "" && m[5] != "0" {
			row.node = "mmcblk0p" + m[5]
		}
		if strings.EqualFold(row.name, "mbr") {
			sub = row.start
		}
		nand = nand && m[4] != "EMMC" && !strings.EqualFold(row.name, "mbr")
		if rows = append(rows, row); len(rows) > maxRows {
			break
		}
	}
	if nand {
		for i := range rows {
			rows[i].region = flash.NANDWhole
		}
	}
	r.out.Base = int64(min(sub, 1<<62))
	r.addLinear(rows, sub)
}
