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

// Finding is one result of Check: a problem or a note about the computer or a device.
type Finding struct {
	Severity flash.Severity `json:"severity"` // Warning: it prevents the reading
	About    string         `json:"about"`    // "permission", "ModemManager", "/dev/ttyACM0"
	Text     string         `json:"text"`
	Fix      string         `json:"fix,omitempty"` // what to do, "" if Needs say all; with NeedRules, an alternative to the rules
	Needs    []codes.Need   `json:"-"`             // what the fix needs
}

// Worst returns the highest severity of the findings.
func Worst(fs []Finding) flash.Severity {
	worst := flash.Note
	for _, f := range fs {
		worst = max(worst, f.Severity)
	}
	return worst
}

// Check returns what prevents, or will prevent, reading a phone.
func Check(f *Snapshot) []Finding {
	out := append(checkLinux(f), checkWindows(f)...)
	for _, d := range f.Devices {
		out = append(out, CheckDevice(f, d)...)
	}
	return append(out, checkTarget(f.Target)...)
}

// checkLinux judges the facts that only Linux has.
func checkLinux(f *Snapshot) []Finding {
	if f.OS != "linux" {
		return nil
	}
	var out []Finding
	out = append(out, checkRights(f)...)
	if f.ModemManager && !f.Rules.Ignore {
		out = append(out, Finding{flash.Warning, "ModemManager",
			"is running, and no rule prevents it from sending to a phone's loader in the important first second",
			stopModemManager, rules})
	}
	if strings.Contains(strings.ToLower(f.Kernel), "microsoft") {
		out = append(out, Finding{flash.Warning, "WSL", "Linux inside Windows has no access to USB devices by default",
			"use mtkkit for Windows, or attach the device with usbipd and its option --auto-attach (attaching by hand is too slow for the preloader's window)", nil})
	}
	if echoes(f.Kernel) {
		out = append(out, Finding{flash.Warning, "kernel " + f.Kernel,
			"sends the preloader's own bytes back to it before a program can prevent that, unless the distribution has the fix of January 2019",
			"use a kernel of 5.0 or newer", nil})
	}
	return out
}

// checkRights judges whether the port of a phone that is not plugged in yet can be opened.
func checkRights(f *Snapshot) []Finding {
	if f.Root || f.Rules.Access || f.PortGroup != "" && slices.Contains(f.Groups, f.PortGroup) {
		return nil
	}
	late := ""
	if len(f.Rules.Late) > 0 {
		late = fmt.Sprintf("; the rule in %s comes too late and has no effect: its number must be below %s", f.Rules.Late[0], uaccessBefore)
	}
	if f.PortGroup != "" && slices.Contains(f.AskedGroups, f.PortGroup) {
		return []Finding{{flash.Warning, "permission", "this user was added to group " + f.PortGroup + ", but this is not active in this session yet" + late,
			"log out and log in again, or: newgrp " + f.PortGroup, nil}}
	}
	return []Finding{{flash.Warning, "permission", "this user may not open a phone's port: no rule allows it, and the user is not in the group of serial ports" + late, joinGroup(f.PortGroup), rules}}
}

// rules are the Needs of problems that the udev rules solve.
var rules = []codes.Need{codes.NeedRules}

const stopModemManager = "sudo systemctl stop ModemManager (until the next start)"

// joinGroup returns the command that adds the user to the group of serial ports, or "" if there is
// none.
func joinGroup(name string) string {
	if name == "" {
		return ""
	}
	return "sudo usermod -aG " + name + " $USER, then log out and log in again"
}

var kernelVersion = regexp.MustCompile(`^4\.(\d{1,3})(?:\.(\d{1,3}))?`)

// echoFixed has the first releases of 4.x that know the preloader's ids: in January 2019 the
// kernels that were maintained got the fix. Version 5.0 always has it.
var echoFixed = map[int]int{14: 92, 19: 14, 20: 1}

// echoes reports whether the kernel resets a port's settings each time the port appears and does
// not know MediaTek's ids.
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

// windowMissed is what to do if a phone has started Android.
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
		return note("the phone has started Android: it is too late for the loader", windowMissed, codes.NeedLoader, codes.NeedADB)
	case Media:
		return note("a phone that has started Android, or a camera", windowMissed, codes.NeedLoader, codes.NeedADB)
	case Fastboot:
		return note("the phone is in fastboot mode, which cannot read the flash", windowMissed, codes.NeedLoader, codes.NeedADB)
	case Modem, Serial, Unknown:
		return checkPorts(d) // not a phone, by its ids
	}
	if p := problemOf(f, d, about); p != nil {
		return []Finding{*p}
	}
	if len(d.Ports) == 0 {
		return []Finding{noPort(f, d, about)}
	}
	out := checkPorts(d)
	if d.PID == port.ChargingPID {
		out = append(out, note("some phones have these ids in their loader, others while they charge; a phone that charges does not answer",
			"if no loader answers: switch the phone off, unplug it, start the reading, plug it in", codes.NeedLoader)...)
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
				group = "" // no user should join this group
			}
			out = append(out, Finding{flash.Warning, p.Name, "this user may not open the port", joinGroup(group), rules})
		}
	}
	return out
}

// noPort returns why a loader on the bus has no serial port.
func noPort(f *Snapshot, d Device, about string) Finding {
	out := Finding{Severity: flash.Warning, About: about, Text: "is on the bus, but has no serial port"}
	switch {
	case f.OS == "windows" && d.Driver == "":
		out.Text = "has no driver"
		out.Fix = "Device Manager, the device with the yellow sign, Update driver, Browse, Let me pick, Ports (COM & LPT), Microsoft, USB Serial Device; or install MediaTek's USB VCOM driver"
	case f.OS == "windows":
		out.Text = fmt.Sprintf("has the driver %s, which provides no serial port", d.Driver)
		out.Fix = "Device Manager, the device, Uninstall device with its driver; plug it in again and choose USB Serial Device (another tool needed the changed driver)"
	case f.OS == "linux" && d.Driver == "":
		out.Text = "has no driver"
		out.Fix = "sudo modprobe cdc_acm; if this module is missing, the kernel was built without CONFIG_USB_ACM"
	case f.OS == "linux":
		out.Text = fmt.Sprintf("is used by %s, which provides no serial port", d.Driver)
		out.Fix = "close other flash tools (they detach the kernel's driver) and plug it in again"
	default:
		out.Fix = "plug it in again, at another socket, without a hub"
	}
	return out
}

// smallest is the size of the smallest flash of a phone, plenty that of the largest of most phones,
// bytes.
const (
	smallest = 4 << 30
	plenty   = 128 << 30
)

// checkTarget judges the folder of a dump.
func checkTarget(t *Target) []Finding {
	if t == nil {
		return nil
	}
	var out []Finding
	folder := []codes.Need{codes.NeedFolder}
	if isFAT(t.FileSystem) {
		out = append(out, Finding{flash.Warning, t.Path, "is on a " + t.FileSystem + " file system, which cannot have files of more than 4 GiB: most dumps are larger",
			"choose a folder on another disk, or format this one as exFAT (which erases it)", folder})
	}
	free := flash.Size(t.Free)
	choose := "free some space, or choose a folder on another disk"
	switch {
	case t.Need > 0 && t.Free < t.Need:
		out = append(out, Finding{flash.Warning, t.Path, fmt.Sprintf("%s are free, but %s are needed", free, flash.Size(t.Need)), choose, folder})
	case t.Need > 0:
	case t.Free < smallest:
		out = append(out, Finding{flash.Warning, t.Path, fmt.Sprintf("%s are free: less than the flash of any phone", free), choose, folder})
	case t.Free < plenty:
		out = append(out, Finding{flash.Note, t.Path, fmt.Sprintf("%s are free: enough for a phone whose flash is not larger", free), "", nil})
	}
	return out
}

// isFAT reports whether name is a system's name of FAT, whose files have at most 4 GiB.
func isFAT(name string) bool {
	switch strings.ToLower(name) {
	case "vfat", "msdos", "fat", "fat12", "fat16", "fat32":
		return true
	}
	return false
}
