package port

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The folders in which Linux lists its ports. The serial library's own list opens every ttyS, which
// is too much for 25 times a second.
var (
	devices = "/dev"
	classes = "/sys/class/tty"
)

func list() ([]Info, error) {
	var out []Info
	for _, pattern := range []string{"ttyACM*", "ttyUSB*"} {
		names, err := filepath.Glob(filepath.Join(devices, pattern))
		if err != nil {
			return nil, err
		}
		slices.Sort(names)
		for _, name := range names {
			out = append(out, describe(name))
		}
	}
	return out, nil
}

// describe reads a port's USB ids, which are one or two folders above the interface that its device
// link names. A link to a pseudo-terminal has none.
func describe(name string) Info {
	info := Info{Name: name}
	dir, err := filepath.EvalSymlinks(filepath.Join(classes, filepath.Base(name), "device"))
	if err != nil {
		return info
	}
	for range 3 {
		vid, pid := readHex(dir, "idVendor"), readHex(dir, "idProduct")
		if vid != 0 {
			info.VID, info.PID = vid, pid
			product, _ := os.ReadFile(filepath.Join(dir, "product"))
			info.Product = strings.TrimSpace(string(product))
			return info
		}
		dir = filepath.Dir(dir)
	}
	return info
}

func readHex(dir, name string) uint16 {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(strings.TrimSpace(string(b)), 16, 16)
	return uint16(n)
}
