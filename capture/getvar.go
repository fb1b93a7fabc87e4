package capture

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Lines of a boot loader's answer to "fastboot getvar all". Sizes are hexadecimal; MediaTek's have
// no 0x.
var (
	getvarRow  = regexp.MustCompile(`^(?:\(bootloader\)\s*)?partition-size:\s*([^:\s]+):\s*(?:0[xX])?([0-9a-fA-F]+)$`)
	getvarLike = regexp.MustCompile(`^(?:\(bootloader\)\s*)?partition-size:`)
	getvarType = regexp.MustCompile(`^(?:\(bootloader\)\s*)?partition-type:\s*([^:\s]+):\s*(\S.*)$`)
)

func readGetvar(r *reader) {
	var rows []linear
	types := map[string]string{}
	for n, s := range lines(r.text) {
		if m := getvarType.FindStringSubmatch(s); m != nil && len(types) <= maxRows {
			types[m[1]] = m[2]
			continue
		}
		if !getvarLike.MatchString(s) || len(rows) > maxRows {
			continue
		}
		m := getvarRow.FindStringSubmatch(s)
		if m == nil {
			r.damaged(n)
			continue
		}
		size, ok := hex(m[2])
		if !ok {
			r.damaged(n)
			continue
		}
		rows = append(rows, linear{line: n, name: m[1], size: size, region: bootRegion(m[1])})
	}
	r.problem(flash.Note, "", 0, "fastboot gives sizes but no offsets: no row has an offset")
	if n := len(rows); n > 1 && !isFirst(rows[0].name) && isFirst(rows[n-1].name) {
		slices.Reverse(rows)
		r.problem(flash.Note, "", 0, "the boot loader lists the last partition first; here the order is reversed")
	}
	for _, row := range rows {
		r.add(row.line, flash.Partition{Name: row.name, Region: cmpRegion(row.region, flash.EMMCUser),
			Type: types[row.name], Extent: r.length(row.line, row.name, row.size)}, "")
	}
}

// isFirst reports whether a partition with that name is at the start of a chip. MediaTek's boot
// loader lists its table from the end.
func isFirst(name string) bool {
	return bootRegion(name) != "" || strings.EqualFold(name, "pgpt") || strings.EqualFold(name, "mbr")
}
