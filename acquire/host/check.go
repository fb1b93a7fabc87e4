package host

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Finding is one thing worth knowing about the computer or a device on it.
type Finding struct {
	Severity flash.Severity `json:"severity"` // Warning: it stands in the way
	About    string         `json:"about"`    // "permission", "ModemManager", "/dev/ttyACM0"
	Text     string         `json:"text"`
	Fix      string         `json:"fix,omitempty"` // what to do, "" where Needs say all; with NeedRules, what else would do
	Needs    []codes.Need   `json:"-"`             // what the fix takes
}

// Worst returns the loudest severity of the findings.
func Worst(fs []Finding) flash.Severity {
	worst := flash.Note
	for _, f := range fs {
		worst = max(worst, f.Severity)
	}
	return worst
}

// Check judges the computer: what is or will be in the way of reading a phone.
func Check(f *Snapshot) []Finding {
	out := checkLinux(f)
	for _, d := range f.Devices {
		out = append(out, CheckDevice(f, d)...)
	}
	return append(out, checkTarget(f.Target)...)
}

// checkLinux looks at what only Linux has.
func checkLinux(f *Snapshot) []Finding {
	if f.OS != "linux" {
		return nil
	}
	var out []Finding
	out = append(out, checkRights(f)...)
	if f.ModemManager && !f.Rules.Ignore {
		out = append(out, Finding{flash.Warning, "ModemManager",
			"is running, and no rule keeps it from talking to a phone's loader in the second that counts",
			stopModemManager, rules})
	}
	if strings.Contains(strings.ToLower(f.Kernel), "microsoft") {
		out = append(out, Finding{flash.Warning, "WSL", "Linux inside Windows sees no USB device by itself",
			"use mtkkit for Windows, or hand the device over with usbipd (too slow for the preloader's window: use --auto-attach)", nil})
	}
	if echoes(f.Kernel) {
		out = append(out, Finding{flash.Warning, "kernel " + f.Kernel,
			"sends what a preloader says back to it before a program can forbid it, unless the distribution has taken up the fix of January 2019",
			"use a kernel of 5.0 or newer", nil})
	}
	return out
}

// checkRights judges whether a port that is not there yet will open.
func checkRights(f *Snapshot) []Finding {
	if f.Root || f.Rules.Access || f.PortGroup != "" && slices.Contains(f.Groups, f.PortGroup) {
		return nil
	}
	late := ""
	if len(f.Rules.Late) > 0 {
		late = fmt.Sprintf("; the rule in %s comes too late to count: its number must be below %s", f.Rules.Late[0], uaccessBefore)
	}
	if f.PortGroup != "" && slices.Contains(f.AskedGroups, f.PortGroup) {
		return []Finding{{flash.Warning, "permission", "this user was added to group " + f.PortGroup + ", and this session does not know yet" + late,
			"log out and in again, or: newgrp " + f.PortGroup, nil}}
	}
	return []Finding{{flash.Warning, "permission", "this user may not open a phone's port: no rule allows it, and the user is not in the group of serial ports" + late, joinGroup(f.PortGroup), rules}}
}

// rules are what a fix takes that the udev rules would make needless.
var rules = []codes.Need{codes.NeedRules}

const stopModemManager = "sudo systemctl stop ModemManager (until the next start)"

// joinGroup is the command that puts the user into the group of serial ports, "" where
// there is none.
func joinGroup(name string) string {
	if name == "" {
		return ""
	}
	return "sudo usermod -aG " + name + " $USER, and log out and in again"
}

var kernelVersion = regexp.MustCompile(`^4\.(\d{1,3})(?:\.(\d{1,3}))?`)

// echoFixed are the first releases of 4.x that know the preloader's ids: the fix came in
// January 2019 to the kernels that were kept then. 5.0 has it from the start.
var echoFixed = map[int]int{14: 92, 19: 14, 20: 1}

// echoes reports whether the kernel is one of those that reset a port's settings each
// time it appears and do not know MediaTek's ids yet.
func echoes(kernel string) bool {
	m := kernelVersion.FindStringSubmatch(kernel)
	if m == nil {
		return false
	}
	minor, _ := strconv.Atoi(m[1])
	patch, _ := strconv.Atoi(m[2])
	fixed, ok := echoFixed[minor]
	return minor >= 12 && (!ok || patch < fixed)
}

// windowMissed is what to do about a phone that has started Android.
const windowMissed = "switch the phone off, start the reading, and plug the phone in when told to"

// CheckDevice judges one device.
func CheckDevice(f *Snapshot, d Device) []Finding {
	about := d.Place
	if len(d.Ports) > 0 {
		about = d.Ports[0].Name
	}
	note := func(text, fix string, needs ...codes.Need) []Finding {
		return []Finding{{flash.Note, about, text, fix, needs}}
	}
	switch d.Kind() {
	case Android:
		return note("the phone has started Android: the window is missed", windowMissed, codes.NeedLoader, codes.NeedADB)
	case Media:
		return note("a phone that has started Android, or a camera", windowMissed, codes.NeedLoader, codes.NeedADB)
	case Fastboot:
		return note("the phone waits in fastboot mode, which does not read flash", windowMissed, codes.NeedLoader, codes.NeedADB)
	case Modem, Serial, Unknown:
		return checkPorts(d) // not a phone as far as the ids tell
	}
	if len(d.Ports) == 0 {
		return []Finding{noPort(f, d, about)}
	}
	out := checkPorts(d)
	if d.PID == port.ChargingPID {
		out = append(out, note("some phones have these ids in their loader, others while they charge: those are silent",
			"when no loader answers: switch the phone off, unplug it, start the reading, plug it in", codes.NeedLoader)...)
	}
	return out
}

// checkPorts judges the ports of a device.
func checkPorts(d Device) []Finding {
	var out []Finding
	for _, p := range d.Ports {
		switch {
		case !d.Kind().IsLoader():
		case p.Holder != "":
			held := Finding{flash.Warning, p.Name, p.Holder + " has the port open", "close it", nil}
			if strings.HasPrefix(p.Holder, "ModemManager") {
				held.Fix, held.Needs = stopModemManager, rules
			}
			out = append(out, held)
		case p.Denied:
			group := p.Group
			if group == "root" {
				group = "" // nobody joins that
			}
			out = append(out, Finding{flash.Warning, p.Name, "this user may not open the port", joinGroup(group), rules})
		}
	}
	return out
}

// noPort says why a loader that is on the bus has no serial port.
func noPort(f *Snapshot, d Device, about string) Finding {
	out := Finding{Severity: flash.Warning, About: about, Text: "is on the bus and has no serial port"}
	switch {
	case f.OS == "windows" && d.Driver == "":
		out.Text = "has no driver"
		out.Fix = "Device Manager, the device with the yellow sign, Update driver, Browse, Let me pick, Ports (COM & LPT), Microsoft, USB Serial Device; or install MediaTek's USB VCOM driver"
	case f.OS == "windows":
		out.Text = fmt.Sprintf("has the driver %s, which makes no serial port of it", d.Driver)
		out.Fix = "Device Manager, the device, Uninstall device with its driver; plug in again and choose USB Serial Device (it was changed for another tool)"
	case f.OS == "linux" && d.Driver == "":
		out.Text = "has no driver"
		out.Fix = "sudo modprobe cdc_acm; when there is none, the kernel was built without CONFIG_USB_ACM"
	case f.OS == "linux":
		out.Text = fmt.Sprintf("is served by %s, which makes no serial port of it", d.Driver)
		out.Fix = "close other flash tools (they detach the kernel's driver) and plug in again"
	default:
		out.Fix = "plug it in again, at another socket, without a hub"
	}
	return out
}

// smallest is how much flash a phone has at least, plenty how much most have at most.
const (
	smallest = 4 << 30
	plenty   = 128 << 30
)

// checkTarget judges where a dump is to go.
func checkTarget(t *Target) []Finding {
	if t == nil {
		return nil
	}
	var out []Finding
	folder := []codes.Need{codes.NeedFolder}
	if isFAT(t.FileSystem) {
		out = append(out, Finding{flash.Warning, t.Path, "is on a " + t.FileSystem + " file system, which takes no file beyond 4 GiB: most dumps are larger",
			"choose a folder on another disk, or format this one as exFAT (which erases it)", folder})
	}
	free := flash.Size(t.Free)
	choose := "make room, or choose a folder on another disk"
	switch {
	case t.Need > 0 && t.Free < t.Need:
		out = append(out, Finding{flash.Warning, t.Path, fmt.Sprintf("%s are free, %s are needed", free, flash.Size(t.Need)), choose, folder})
	case t.Need > 0:
	case t.Free < smallest:
		out = append(out, Finding{flash.Warning, t.Path, fmt.Sprintf("%s are free: less than any phone's flash has", free), choose, folder})
	case t.Free < plenty:
		out = append(out, Finding{flash.Note, t.Path, fmt.Sprintf("%s are free: enough for a phone of no more flash than that", free), "", nil})
	}
	return out
}

// isFAT knows the names that systems have for FAT with its limit of 4 GiB a file.
func isFAT(name string) bool {
	switch strings.ToLower(name) {
	case "vfat", "msdos", "fat", "fat12", "fat16", "fat32":
		return true
	}
	return false
}
