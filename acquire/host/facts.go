package host

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// Snapshot is the state of this computer when it was looked at.
type Snapshot struct {
	OS      string   // "linux", "darwin", "windows"
	Devices []Device // on the USB bus, of the kinds that are relevant here

	// Linux only.
	Kernel       string   // "6.1.0-18-amd64"
	Root         bool     // this user is root
	Groups       []string // groups of this process
	AskedGroups  []string // groups of the user after a new log-in
	PortGroup    string   // the group of serial ports, "" for none
	ModemManager bool     // ModemManager is running
	Rules        Rules    // what the udev rules do with MediaTek's loaders

	Windows Windows // Windows only

	Target *Target // the folder for a dump, nil for none
}

// Windows has what Windows says of its drivers.
type Windows struct {
	Integrity Integrity
	Drivers   []Driver // drivers for the ports of MediaTek's loaders, also of phones that are not plugged in
}

// Integrity is the state of Memory Integrity (HVCI, in the settings below Core isolation): then Windows
// loads no driver that cannot run with it.
type Integrity string

// The states of Memory Integrity. The zero value is not known.
const (
	IntegrityOff  Integrity = "off"
	IntegritySet  Integrity = "on from the next start"
	IntegrityRuns Integrity = "on"
)

// Driver is an installed driver for a serial port.
type Driver struct {
	Provider string // "MediaTek Inc."
	Version  string // "3.0.1504.0"
	Inf      string // "oem12.inf"
	Date     string // "1-22-2015"
}

// Device is a device on the USB bus that may be a phone, or a serial port.
type Device struct {
	VID, PID   uint16
	Product    string
	Place      string   // position on the bus: "1-2"
	Interfaces []string // class/subclass/protocol of each interface, "ff/42/01"
	Driver     string   // its driver; "" for none
	Ports      []Port   // its serial ports
	Installed  Driver   // Windows: its driver with version
	Problem    uint32   // Windows: the code of the Device Manager, 0 for none
}

// Port is a serial port, of a Device or alone.
type Port struct {
	Name   string
	Denied bool   // this user may not open it
	Group  string // the group that may open it
	Holder string // the program that has it open, "" if none is found
}

// Process is a running program.
type Process struct {
	Name string
	PID  int
}

func (p Process) String() string { return fmt.Sprintf("%s (pid %d)", p.Name, p.PID) }

// Target is a folder for a dump.
type Target struct {
	Path       string
	FileSystem string // "vfat", "msdos", "FAT32", "ext4" …
	Free       int64  // bytes that this user may write
	Need       int64  // size of the dump, bytes; 0 if unknown
}

// Kind is the kind of a device.
type Kind string

// The kinds of device.
const (
	BootROM   Kind = "BootROM"
	Preloader Kind = "preloader"
	Agent     Kind = "preloader or Download Agent"
	Android   Kind = "Android"
	Fastboot  Kind = "fastboot"
	Media     Kind = "phone or camera (MTP)"
	Modem     Kind = "modem"
	Serial    Kind = "serial port"
	Unknown   Kind = "unknown"
)

// Interfaces that tell more than the ids: class/subclass/protocol.
const (
	adbInterface      = "ff/42/01"
	fastbootInterface = "ff/42/03"
	mtpInterface      = "06/01/01"
)

// agentPID is the product id of a phone after an agent switched it to high speed; some preloaders
// have it, too.
const agentPID = 0x2001

// modemDrivers are the drivers of mobile modems: their devices are no loaders.
var modemDrivers = []string{"option", "qcserial", "sierra", "cdc_mbim", "qmi_wwan", "cdc_ncm"}

// Kind returns the kind of the device: by its interfaces if they are known ones, otherwise by its
// ids.
func (d Device) Kind() Kind {
	byID := port.Info{VID: d.VID, PID: d.PID}.Kind()
	switch {
	case slices.Contains(d.Interfaces, fastbootInterface):
		return Fastboot
	case slices.Contains(d.Interfaces, adbInterface):
		return Android
	case byID == port.BootROM:
		return BootROM
	case byID == port.Preloader && d.PID == agentPID:
		return Agent
	case byID == port.Preloader:
		return Preloader
	case byID == port.Android:
		return Android
	case slices.Contains(modemDrivers, d.Driver):
		return Modem
	case slices.Contains(d.Interfaces, mtpInterface):
		return Media
	case len(d.Ports) > 0:
		return Serial
	}
	return Unknown
}

// IsLoader reports whether the flash can be read through the device.
func (k Kind) IsLoader() bool { return k == BootROM || k == Preloader || k == Agent }

// matters reports whether the device is worth listing when a phone is looked for.
func (d Device) matters() bool { return d.Kind() != Unknown }

// ID returns the ids in the usual form, 0e8d:2000.
func (d Device) ID() string {
	if d.VID == 0 {
		return "ids unknown"
	}
	return fmt.Sprintf("%04x:%04x", d.VID, d.PID)
}

// Rules are what the udev rules of a computer do with MediaTek's loaders.
type Rules struct {
	Access bool     // the user at the computer may open their ports
	Ignore bool     // ModemManager ignores them
	Late   []string // files whose uaccess comes too late and has no effect
}

// uaccessBefore is the number of the udev file that gives the rights: a tag that is set after it
// has no effect.
const uaccessBefore = "73"

// read reads one file of rules.
func (r *Rules) read(name, text string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.ToLower(strings.TrimSpace(line))
		if strings.HasPrefix(line, "#") || !strings.Contains(line, "0e8d") {
			continue
		}
		line = strings.ReplaceAll(line, " ", "")
		tty := strings.Contains(line, `subsystem=="tty"`) || strings.Contains(line, `kernel=="tty`)
		usb := strings.Contains(line, `subsystem=="usb"`)
		uaccess := strings.Contains(line, `tag+="uaccess"`)
		if uaccess && tty && name >= uaccessBefore {
			r.Late = append(r.Late, name)
			uaccess = false
		}
		if (tty || !usb) && (uaccess || strings.Contains(line, `mode="0666"`) || strings.Contains(line, `mode:="0666"`)) {
			r.Access = true
		}
		if strings.Contains(line, `env{id_mm_device_ignore}="1"`) {
			r.Ignore = true
		}
	}
}

// UdevRules returns the text of a rules file. The rules allow the user at the computer to open
// phones' loaders, and they keep ModemManager and the MTP probe away from them. They name only the
// ids of loaders, because MediaTek makes modems and Wi-Fi sticks, too. install is the command that
// installs the rules; the text contains it.
func UdevRules(install string) string {
	var b strings.Builder
	b.WriteString(`# MediaTek phones in BootROM, preloader and Download Agent mode.
# The number in the file's name must be below 73, or uaccess has no effect:
#   ` + install + `
ACTION=="remove", GOTO="mtkkit_end"
SUBSYSTEM!="usb|tty", GOTO="mtkkit_end"
`)
	for _, id := range port.Loaders() {
		fmt.Fprintf(&b, "SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\", "+
			"MODE=\"0666\", TAG+=\"uaccess\", ENV{ID_MM_DEVICE_IGNORE}=\"1\", ENV{MTP_NO_PROBE}=\"1\"\n", id.VID, id.PID)
		fmt.Fprintf(&b, "SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"%04x\", ATTRS{idProduct}==\"%04x\", "+
			"MODE=\"0666\", TAG+=\"uaccess\", ENV{ID_MM_DEVICE_IGNORE}=\"1\", ENV{ID_MM_PORT_IGNORE}=\"1\"\n", id.VID, id.PID)
	}
	b.WriteString("LABEL=\"mtkkit_end\"\n")
	return b.String()
}
