package capture

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// What a boot loader answers to "fastboot getvar all". Sizes are hexadecimal; MediaTek
// writes them without 0x.
var (
	getvarRow  = regexp.MustCompile(`^(?:\(bootloader\)\s*)?partition-size:\s*([^:\s]+):\s*(?:0[xX])?([0-9a-fA-F]+)$`)
	getvarLike = regexp.MustCompile(`^(?:\(bootloader\)\s*)?partition-size:`)
	getvarType = regexp.MustCompile(`^(?:\(bootloader\)\s*)?partition-type:\s*([^:\s]+):\s*(\S.*)$`)
)

func readGetvar(r *reader) {
	types := map[string]string{}
	for n, s := range lines(r.text) {
		if m := getvarType.FindStringSubmatch(s); m != nil {
			types[m[1]] = m[2]
			continue
		}
		m := getvarRow.FindStringSubmatch(s)
		if m == nil {
			if getvarLike.MatchString(s) {
				r.damaged(n)
			}
			continue
		}
		size, ok := hex(m[2])
		if !ok {
			r.damaged(n)
			continue
		}
		p := flash.Partition{Name: m[1], Region: flash.EMMCUser, Extent: r.length(n, m[1], size)}
		if boot := bootRegion(p.Name); boot != "" {
			p.Region = boot
		}
		r.add(n, p, "")
	}
	rows := r.out.Table.Partitions
	for i := range rows {
		rows[i].Type = types[rows[i].Name]
	}
	r.problem(flash.Note, "", 0, "fastboot tells sizes and no addresses: nothing is placed")
	if n := len(rows); n > 1 && !isFirst(rows[0].Name) && isFirst(rows[n-1].Name) {
		slices.Reverse(rows)
		slices.Reverse(r.at)
		for i := range rows {
			rows[i].Index = i
		}
		r.problem(flash.Note, "", 0, "the boot loader lists the last partition first; here they are in their order")
	}
}

// isFirst reports whether a partition of that name is where a chip begins. MediaTek's
// boot loader lists its table from the end.
func isFirst(name string) bool {
	return bootRegion(name) != "" || strings.EqualFold(name, "pgpt") || strings.EqualFold(name, "mbr")
}
