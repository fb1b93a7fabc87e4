package words

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/image/imei"
	"github.com/mtkkit/mtkkit/report"
)

// IMEIs says whether a dump has the phone's IMEIs, in one line for each partition that was
// searched. Numbers are masked.
func IMEIs(all []report.IMEIs) (lines []string) {
	for _, f := range all {
		name := OneLine(f.Partition)
		switch f.State {
		case imei.Held:
			var numbers []string
			for _, n := range f.Numbers {
				numbers = append(numbers, n.String())
			}
			lines = append(lines, fmt.Sprintf("%s has %d: %s", name, len(numbers), strings.Join(numbers, ", ")))
		case imei.Empty:
			lines = append(lines, fmt.Sprintf("%s has none: its record (%s) is empty", name, OneLine(f.Path)))
		case imei.None:
			lines = append(lines, fmt.Sprintf("%s has no record of them", name))
		default:
			lines = append(lines, fmt.Sprintf("unknown for %s: %s", name, plain(OneLine(f.Why))))
		}
	}
	return lines
}
