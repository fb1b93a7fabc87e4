package port

import (
	"slices"
	"strconv"
	"strings"

	"go.bug.st/serial/enumerator"
)

// list returns the ports and their USB ids.
func list() ([]Info, error) {
	ports, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, err
	}
	var out []Info
	for _, p := range ports {
		vid, _ := strconv.ParseUint(p.VID, 16, 16)
		pid, _ := strconv.ParseUint(p.PID, 16, 16)
		out = append(out, Info{Name: p.Name, VID: uint16(vid), PID: uint16(pid), Product: p.Product})
	}
	slices.SortFunc(out, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}
