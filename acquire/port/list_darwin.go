package port

import (
	"path/filepath"
	"slices"
)

// list names the USB ports macOS has. Their ids would need cgo, so they are unknown: the
// handshake decides. The cu device is the one that opens without waiting for a carrier.
func list() ([]Info, error) {
	names, err := filepath.Glob("/dev/cu.usbmodem*")
	slices.Sort(names)
	out := make([]Info, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	return out, err
}
