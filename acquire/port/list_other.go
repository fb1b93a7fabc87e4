//go:build !linux && !darwin && !windows

package port

import "go.bug.st/serial"

// list names the ports; ids are not known here.
func list() ([]Info, error) {
	names, err := serial.GetPortsList()
	out := make([]Info, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	return out, err
}
