package host

import (
	"bufio"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// ioreg -p IOUSB -l -w 0 prints for each device a line with its name and position, and below it
// lines of "key" = value, as a tree.
var (
	ioregNode  = regexp.MustCompile(`\+-o (.*?)(?:@([0-9a-fA-F]+))?  <class IOUSB(?:Host)?Device\b`)
	ioregValue = regexp.MustCompile(`"(idVendor|idProduct|USB Product Name|kUSBProductString)" = (?:"([^"]*)"|(\d+))\s*$`)
)

// maxDevices is how many devices are read from the list at most.
const maxDevices = 1024

// parseIoreg reads the list of USB devices that macOS' ioreg prints.
func parseIoreg(r io.Reader) []Device {
	var out []Device
	in := bufio.NewScanner(r)
	for in.Scan() && len(out) < maxDevices {
		line := in.Text()
		if m := ioregNode.FindStringSubmatch(line); m != nil {
			out = append(out, Device{Product: strings.TrimSpace(m[1]), Place: m[2]})
			continue
		}
		m := ioregValue.FindStringSubmatch(line)
		if m == nil || len(out) == 0 {
			continue
		}
		d := &out[len(out)-1]
		n, err := strconv.ParseUint(m[3], 10, 16)
		switch {
		case m[1] == "idVendor" && err == nil:
			d.VID = uint16(n)
		case m[1] == "idProduct" && err == nil:
			d.PID = uint16(n)
		case m[2] != "":
			d.Product = m[2]
		}
	}
	return out
}

// joinPorts assigns the ports to the loader if there is exactly one, and otherwise lists them as
// separate devices.
func joinPorts(devices []Device, ports []port.Info, denied func(string) bool) []Device {
	var out []Device
	loaders := 0
	for _, d := range devices {
		if d.matters() {
			out = append(out, d)
		}
		if d.Kind().IsLoader() {
			loaders++
		}
	}
	for _, p := range ports {
		mine := Port{Name: p.Name, Denied: denied(p.Name)}
		i := slices.IndexFunc(out, func(d Device) bool { return d.Kind().IsLoader() })
		if loaders != 1 {
			out = append(out, Device{Product: "unknown device", Ports: []Port{mine}})
			continue
		}
		out[i].Ports = append(out[i].Ports, mine)
	}
	return out
}
