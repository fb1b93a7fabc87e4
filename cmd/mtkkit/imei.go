package main

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/image/imei"
	"github.com/mtkkit/mtkkit/report"
)

// imeiState is what a document says of the IMEIs in a partition. It has no number, not even a
// masked one: documents are kept, and sent to others.
type imeiState struct {
	Partition string     `json:"partition"`
	State     imei.State `json:"state"` // "held", "empty", "none", "unknown"
	Count     int        `json:"count"`
}

// found notes where IMEIs were looked for.
func (i *info) found(all []report.IMEIs) {
	i.imeis, i.IMEIs = all, []imeiState{}
	for _, f := range all {
		i.IMEIs = append(i.IMEIs, imeiState{f.Partition, f.State, len(f.Numbers)})
	}
}

// imeiWords says for the screen whether a dump has the phone's IMEIs, a line for each
// partition that was looked at. Numbers are masked.
func imeiWords(all []report.IMEIs) (lines []string) {
	for _, f := range all {
		name := oneLine(f.Partition)
		switch f.State {
		case imei.Held:
			var numbers []string
			for _, n := range f.Numbers {
				numbers = append(numbers, n.String())
			}
			lines = append(lines, fmt.Sprintf("%s holds %d: %s", name, len(numbers), strings.Join(numbers, ", ")))
		case imei.Empty:
			lines = append(lines, fmt.Sprintf("%s holds none: its record (%s) is empty", name, oneLine(f.Path)))
		case imei.None:
			lines = append(lines, fmt.Sprintf("%s has no record of them", name))
		default:
			lines = append(lines, fmt.Sprintf("not known of %s: %s", name, plain(oneLine(f.Why))))
		}
	}
	return lines
}
