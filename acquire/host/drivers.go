package host

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// What Windows says of drivers is judged here, on every system.

// MediaTek's driver for the ports of loaders is usb2ser.sys. Memory Integrity blocks build 1504 of 2015,
// which most packages with flash tools have; build 1511 of 2022 loads. Those between are not known.
//
// Sources: github.com/ReSono-Labs/JackRabbit-OS/issues/15 (3.0.1504.0 of 2015-01-22 is blocked by Code
// Integrity, 3.0.1511.0 of 2022-07-22 from Windows Update works, both for 0e8d:2000);
// github.com/y1-community/Innioasis-Updater/issues/11 (the same with a package of 2023).
const (
	blockedBuild = 1504
	soundBuild   = 1511
)

// usb2ser matches the versions of MediaTek's driver.
var usb2ser = regexp.MustCompile(`^([0-9]{1,3})\.([0-9]{1,5})\.([0-9]{1,6})(\.[0-9]{1,6})?$`)

// isMediaTek reports whether a driver is of MediaTek.
func (d Driver) isMediaTek() bool { return strings.Contains(strings.ToLower(d.Provider), "mediatek") }

// fitness is what is known of a driver under Memory Integrity.
type fitness int

const (
	notJudged fitness = iota // not MediaTek's, or a version of another kind
	sound
	doubtful
	blocked
)

// underIntegrity judges a driver under Memory Integrity.
func (d Driver) underIntegrity() fitness {
	m := usb2ser.FindStringSubmatch(d.Version)
	if m == nil || !d.isMediaTek() {
		return notJudged
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // the expression limits it
	}
	switch {
	case slices.Compare(n[:], []int{3, 0, soundBuild}) >= 0:
		return sound
	case slices.Compare(n[:], []int{3, 0, blockedBuild}) <= 0:
		return blocked
	}
	return doubtful
}

func (d Driver) String() string {
	text := strings.TrimSpace(d.Provider + " " + d.Version)
	if d.Inf != "" {
		text += " (" + d.Inf + ")"
	}
	return text
}

const newDriver = "Windows Update has MediaTek's driver 3.0.1511.0 (Settings, Windows Update, Optional updates, Drivers), or choose Microsoft's USB Serial Device in the Device Manager; Memory Integrity can stay on"

// checkWindows judges the drivers of phones that are not plugged in yet.
func checkWindows(f *Snapshot) []Finding {
	if f.OS != "windows" || f.Windows.Integrity != IntegrityRuns && f.Windows.Integrity != IntegritySet {
		return nil
	}
	var out []Finding
	for _, d := range f.Windows.Drivers {
		if judged := integrityFinding(f.Windows.Integrity, d, "driver"); judged != nil && !slices.ContainsFunc(out, func(o Finding) bool { return o.Text == judged.Text }) {
			out = append(out, *judged)
		}
	}
	return out
}

// integrityFinding says whether Memory Integrity blocks a driver; nil if it does not.
func integrityFinding(state Integrity, d Driver, about string) *Finding {
	switch d.underIntegrity() {
	case blocked:
		return &Finding{flash.Warning, about, fmt.Sprintf("Memory Integrity is %s, and Windows then does not load the installed %s: a phone gets no port", state, d), newDriver, nil}
	case doubtful:
		return &Finding{flash.Note, about, fmt.Sprintf("Memory Integrity is %s; build %d is blocked, build %d is not, and of the installed %s nobody has said it", state, blockedBuild, soundBuild, d), newDriver, nil}
	}
	return nil
}

// Codes of the Device Manager (CM_PROB_… in cfg.h).
const (
	notInstalled   = 28 // CM_PROB_FAILED_INSTALL
	driverDisabled = 32 // CM_PROB_DISABLED_SERVICE
	failedLoad     = 39 // CM_PROB_DRIVER_FAILED_LOAD
	notSigned      = 52 // CM_PROB_UNSIGNED_DRIVER
	disabled       = 22 // CM_PROB_DISABLED
)

// problemOf judges the code that the Device Manager has for a loader; nil for none. Such a device has
// the name of a port that cannot be opened.
func problemOf(f *Snapshot, d Device, about string) *Finding {
	if f.OS != "windows" || d.Problem == 0 || d.Problem == notInstalled {
		return nil // a device without a driver has no port
	}
	out := &Finding{Severity: flash.Warning, About: about}
	out.Text = fmt.Sprintf("its driver does not run (code %d of the Device Manager)", d.Problem)
	out.Fix = "Device Manager, the device, Uninstall device with its driver; plug it in again and choose USB Serial Device"
	switch d.Problem {
	case failedLoad:
		out.Text = fmt.Sprintf("Windows could not load its driver %s (code 39)", d.Installed)
		if f.Windows.Integrity == IntegrityRuns && d.Installed.underIntegrity() != sound {
			out.Text += ": Memory Integrity is on and blocks old drivers"
			out.Fix = newDriver
		}
	case notSigned:
		out.Text = fmt.Sprintf("Windows does not accept the signature of its driver %s (code 52)", d.Installed)
		out.Fix = newDriver
	case disabled, driverDisabled:
		out.Text, out.Fix = fmt.Sprintf("it is disabled (code %d)", d.Problem), "Device Manager, the device, Enable device"
	}
	return out
}
