//go:build !linux && !darwin && !windows

package port

import "go.bug.st/serial"

// list returns the ports; their ids are unknown on these systems.
func list() ([]Info, error) {
	names, err := serial.GetPortsList()
	out := make([]Info, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	return out, err
}
