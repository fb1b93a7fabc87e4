package host

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// preloader is a phone's loader as Linux shows it when all is well.
func preloader() Device {
	return Device{VID: 0x0e8d, PID: 0x2000, Product: "MT65xx Preloader", Place: "1-2", Driver: "cdc_acm",
		Interfaces: []string{"02/02/01", "0a/00/00"}, Ports: []Port{{Name: "/dev/ttyACM0", Group: "dialout"}}}
}

// change makes one thing wrong.
type change func(*Snapshot, *Device)

// onWindows is a computer with Windows, with these drivers.
func onWindows(state Integrity, drivers ...Driver) change {
	return func(f *Snapshot, _ *Device) { f.OS, f.Windows = "windows", Windows{state, drivers} }
}

// with changes the device, too.
func (c change) with(more func(*Device)) change {
	return func(f *Snapshot, d *Device) {
		c(f, d)
		more(d)
	}
}

func mediaTek(version string) Driver {
	return Driver{Provider: "MediaTek Inc.", Version: version, Inf: "oem7.inf"}
}

// Every cause, with what is said about it. Each row differs from a computer where all is
// well by one thing.
func TestCauses(t *testing.T) {
	for _, c := range []struct {
		name      string
		change    change
		says, fix string // "" when nothing is to be said
		severity  flash.Severity
	}{
		{"all well", func(*Snapshot, *Device) {}, "", "", 0},
		{"not in the group", func(f *Snapshot, _ *Device) { f.Groups = nil }, "may not open", "usermod -aG dialout", flash.Warning},
		{"in the group, old session", func(f *Snapshot, _ *Device) { f.Groups, f.AskedGroups = nil, []string{"dialout"} }, "not active in this session", "newgrp dialout", flash.Warning},
		{"no group at all", func(f *Snapshot, _ *Device) { f.Groups, f.PortGroup = nil, "" }, "may not open", "rules", flash.Warning},
		{"root", func(f *Snapshot, _ *Device) { f.Groups, f.Root = nil, true }, "", "", 0},
		{"a rule", func(f *Snapshot, _ *Device) { f.Groups, f.Rules.Access = nil, true }, "", "", 0},
		{"a rule too late", func(f *Snapshot, _ *Device) { f.Groups, f.Rules.Late = nil, []string{"99-mtk.rules"} }, "99-mtk.rules comes too late", "rules", flash.Warning},
		{"ModemManager", func(f *Snapshot, _ *Device) { f.ModemManager = true }, "sending to a phone's loader", "systemctl stop ModemManager", flash.Warning},
		{"ModemManager told to ignore", func(f *Snapshot, _ *Device) { f.ModemManager, f.Rules.Ignore = true, true }, "", "", 0},
		{"echo", func(f *Snapshot, _ *Device) { f.Kernel = "4.15.0-20-generic" }, "back to it", "5.0", flash.Warning},
		{"echo mended", func(f *Snapshot, _ *Device) { f.Kernel = "4.19.14" }, "", "", 0},
		{"WSL", func(f *Snapshot, _ *Device) { f.Kernel = "5.15.90.1-microsoft-standard-WSL2" }, "no access to USB devices", "usbipd", flash.Warning},
		{"port denied", func(_ *Snapshot, d *Device) { d.Ports[0].Denied = true }, "may not open the port", "usermod -aG dialout", flash.Warning},
		{"port denied, root's", func(_ *Snapshot, d *Device) { d.Ports[0] = Port{Name: "x", Denied: true, Group: "root"} }, "may not open the port", "rules", flash.Warning},
		{"port busy", func(_ *Snapshot, d *Device) { d.Ports[0].Holder = "minicom (process 7)" }, "minicom (process 7) has the port open", "close it", flash.Warning},
		{"ModemManager probing", func(_ *Snapshot, d *Device) { d.Ports[0].Holder = "ModemManager (process 7)" }, "ModemManager (process 7) has the port open", "systemctl stop", flash.Warning},
		{"no driver on Linux", func(_ *Snapshot, d *Device) { d.Ports, d.Driver = nil, "" }, "has no driver", "modprobe cdc_acm", flash.Warning},
		{"driver detached on Linux", func(_ *Snapshot, d *Device) { d.Ports, d.Driver = nil, "usbfs" }, "used by usbfs", "plug it in again", flash.Warning},
		{"no driver on Windows", func(f *Snapshot, d *Device) { f.OS, d.Ports, d.Driver = "windows", nil, "" }, "has no driver", "USB Serial Device", flash.Warning},
		{"another tool's driver on Windows", func(f *Snapshot, d *Device) { f.OS, d.Ports, d.Driver = "windows", nil, "WinUSB" }, "WinUSB", "Uninstall", flash.Warning},
		{"no port on macOS", func(f *Snapshot, d *Device) { f.OS, d.Ports = "darwin", nil }, "no serial port", "another socket", flash.Warning},
		{"Linux' troubles are not Windows'", func(f *Snapshot, _ *Device) { f.OS, f.Groups, f.ModemManager = "windows", nil, true }, "", "", 0},
		{"Memory Integrity and the old driver", onWindows(IntegrityRuns, mediaTek("3.0.1504.0")), "does not load the installed MediaTek Inc. 3.0.1504.0 (oem7.inf)", "3.0.1511.0", flash.Warning},
		{"Memory Integrity after a restart", onWindows(IntegritySet, mediaTek("3.0.1504.0")), "is on from the next start", "3.0.1511.0", flash.Warning},
		{"an older driver", onWindows(IntegrityRuns, mediaTek("3.0.1120.0")), "does not load", "USB Serial Device", flash.Warning},
		{"a driver of another line", onWindows(IntegrityRuns, mediaTek("2.0.1136.0")), "does not load", "USB Serial Device", flash.Warning},
		{"a driver that nobody tried", onWindows(IntegrityRuns, mediaTek("3.0.1507.0")), "nobody has said", "3.0.1511.0", flash.Note},
		{"two of the same driver", onWindows(IntegrityRuns, mediaTek("3.0.1504.0"), mediaTek("3.0.1504.0")), "does not load", "3.0.1511.0", flash.Warning},
		{"the new driver", onWindows(IntegrityRuns, mediaTek("3.0.1511.0")), "", "", 0},
		{"a newer driver", onWindows(IntegrityRuns, mediaTek("5.2307.0.0")), "", "", 0},
		{"the old driver without Memory Integrity", onWindows(IntegrityOff, mediaTek("3.0.1504.0")), "", "", 0},
		{"the old driver, nothing known", onWindows("", mediaTek("3.0.1504.0")), "", "", 0},
		{"another maker's driver", onWindows(IntegrityRuns, Driver{Provider: "Microsoft", Version: "3.0.1"}), "", "", 0},
		{"a version that is none", onWindows(IntegrityRuns, mediaTek("3.0"), mediaTek(""), mediaTek("3.0.99999999999999999999.0")), "", "", 0},
		{"blocked", onWindows(IntegrityRuns).with(func(d *Device) { d.Problem, d.Installed = 39, mediaTek("3.0.1504.0") }), "Memory Integrity is on and blocks", "3.0.1511.0", flash.Warning},
		{"not loaded for another reason", onWindows(IntegrityOff).with(func(d *Device) { d.Problem, d.Installed = 39, mediaTek("3.0.1504.0") }), "could not load its driver MediaTek", "Uninstall", flash.Warning},
		{"sound, and not loaded", onWindows(IntegrityRuns).with(func(d *Device) { d.Problem, d.Installed = 39, mediaTek("3.0.1511.0") }), "could not load its driver MediaTek", "Uninstall", flash.Warning},
		{"no signature", onWindows(IntegrityOff).with(func(d *Device) { d.Problem = 52 }), "signature", "3.0.1511.0", flash.Warning},
		{"disabled", onWindows(IntegrityOff).with(func(d *Device) { d.Problem = 22 }), "is disabled", "Enable device", flash.Warning},
		{"another code", onWindows(IntegrityOff).with(func(d *Device) { d.Problem = 10 }), "code 10", "Uninstall", flash.Warning},
		{"no driver, by its code", onWindows(IntegrityOff).with(func(d *Device) { d.Problem, d.Ports, d.Driver = 28, nil, "" }), "has no driver", "USB Serial Device", flash.Warning},
		{"port busy on Windows", onWindows(IntegrityOff).with(func(d *Device) { d.Ports[0].Holder = "another program" }), "another program has the port open", "close it", flash.Warning},
		{"a code on Linux", func(_ *Snapshot, d *Device) { d.Problem = 39 }, "", "", 0},
		{"Android", func(_ *Snapshot, d *Device) { *d = Device{VID: 0x0e8d, PID: 0x201c} }, "too late for the loader", "adb", flash.Note},
		{"adb of any maker", func(_ *Snapshot, d *Device) { *d = Device{VID: 0x18d1, PID: 0x4ee7, Interfaces: []string{"ff/42/01"}} }, "too late for the loader", "switch the phone off", flash.Note},
		{"MTP", func(_ *Snapshot, d *Device) { *d = Device{VID: 0x2717, Interfaces: []string{"06/01/01"}} }, "or a camera", "switch the phone off", flash.Note},
		{"fastboot", func(_ *Snapshot, d *Device) { *d = Device{VID: 0x0bb4, PID: 0x0c01, Interfaces: []string{"ff/42/03"}} }, "fastboot", "switch the phone off", flash.Note},
		{"charging, or a loader", func(_ *Snapshot, d *Device) { d.PID = 0x20ff }, "while they charge", "switch the phone off", flash.Note},
		{"a microcontroller", func(_ *Snapshot, d *Device) { d.VID, d.PID, d.Ports[0].Denied = 0x2341, 0x43, true }, "", "", 0},
		{"a modem", func(_ *Snapshot, d *Device) { d.PID, d.Driver = 0x7127, "option" }, "", "", 0},
		{"FAT32", func(f *Snapshot, _ *Device) {
			f.Target = &Target{Path: "/media/stick", FileSystem: "vfat", Free: 1 << 40}
		}, "4 GiB", "exFAT", flash.Warning},
		{"FAT32 on Windows", func(f *Snapshot, _ *Device) { f.Target = &Target{FileSystem: "FAT32", Free: 1 << 40} }, "4 GiB", "exFAT", flash.Warning},
		{"FAT32 on macOS", func(f *Snapshot, _ *Device) { f.Target = &Target{FileSystem: "msdos", Free: 1 << 40} }, "4 GiB", "exFAT", flash.Warning},
		{"exFAT", func(f *Snapshot, _ *Device) { f.Target = &Target{FileSystem: "exfat", Free: 1 << 40} }, "", "", 0},
		{"too little disk", func(f *Snapshot, _ *Device) { f.Target = &Target{Free: 1 << 30} }, "less than the flash of any phone", "free some space", flash.Warning},
		{"too little for this phone", func(f *Snapshot, _ *Device) { f.Target = &Target{Free: 63 << 30, Need: 64 << 30} }, "are needed", "free some space", flash.Warning},
		{"enough for this phone", func(f *Snapshot, _ *Device) { f.Target = &Target{Free: 65 << 30, Need: 64 << 30} }, "", "", 0},
		{"maybe enough", func(f *Snapshot, _ *Device) { f.Target = &Target{Free: 64 << 30} }, "enough for a phone whose flash", "", flash.Note},
	} {
		d := preloader()
		f := &Snapshot{OS: "linux", Kernel: "6.1.0-18-amd64", Groups: []string{"dialout"}, PortGroup: "dialout"}
		c.change(f, &d)
		f.Devices = []Device{d}
		got := Check(f)
		switch {
		case c.says == "" && len(got) == 0:
		case c.says == "":
			t.Errorf("%s: %+v where nothing is wrong", c.name, got)
		case len(got) != 1 || got[0].Severity != c.severity || !strings.Contains(got[0].Text, c.says) || !strings.Contains(fmt.Sprint(got[0].Fix, got[0].Needs), c.fix):
			t.Errorf("%s: %+v, want one %v about %q with %q", c.name, got, c.severity, c.says, c.fix)
		}
		if Worst(got) != c.severity {
			t.Errorf("%s: worst is %v", c.name, Worst(got))
		}
	}
}

func TestEchoes(t *testing.T) {
	for version, want := range map[string]bool{
		"4.11.12": false, "4.12.0": true, "4.13.5-arch": true, "4.14.91": true, "4.14.92": false, "4.18.20": true,
		"4.19.13": true, "4.19.14": false, "4.20": true, "4.20.1": false, "5.0.0": false, "3.18.9": false, "40.15": false, "": false, "x": false,
	} {
		if echoes(version) != want {
			t.Errorf("%q: %v", version, !want)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, id := range port.Loaders() {
		d := Device{VID: id.VID, PID: id.PID}
		if !d.Kind().IsLoader() || !d.matters() {
			t.Errorf("%s is a %s", d.ID(), d.Kind())
		}
	}
	if d := (Device{VID: 0x0e8d, PID: 0x7612}); d.matters() { // a Wi-Fi stick
		t.Errorf("%s is a %s", d.ID(), d.Kind())
	}
}

func TestRules(t *testing.T) {
	for text, want := range map[string]Rules{
		``: {},
		`SUBSYSTEM=="usb", ATTR{idVendor}=="0e8d", MODE="0666", TAG+="uaccess"`:      {}, // for libusb only
		`SUBSYSTEM=="tty", ATTRS{idVendor}=="0e8d", MODE="0666"`:                     {Access: true},
		`KERNEL=="ttyACM[0-9]*", ATTRS{idVendor}=="0E8D", TAG+="uaccess"`:            {Access: true},
		`# SUBSYSTEM=="tty", ATTRS{idVendor}=="0e8d", MODE="0666"`:                   {},
		"SUBSYSTEM==\"tty\", \\\n  ATTRS{idVendor}==\"0e8d\", \\\n  MODE = \"0666\"": {Access: true},
		`SUBSYSTEM=="tty", ATTRS{idVendor}=="1004", MODE="0666"`:                     {},
		`ATTRS{idVendor}=="0e8d", ENV{ID_MM_DEVICE_IGNORE}="1"`:                      {Ignore: true},
		`SUBSYSTEM=="tty", ATTRS{idVendor}=="0e8d", MODE="0660", GROUP="plugdev"`:    {},
	} {
		var r Rules
		r.read("51-x.rules", text)
		if r.Access != want.Access || r.Ignore != want.Ignore || len(r.Late) > 0 {
			t.Errorf("%s: %+v", text, r)
		}
	}
	var late Rules
	late.read("99-x.rules", `SUBSYSTEM=="tty", ATTRS{idVendor}=="0e8d", TAG+="uaccess"`)
	if late.Access || len(late.Late) != 1 {
		t.Errorf("%+v", late)
	}
}

// What mtkkit prints is what its own doctor wants, and what udev takes.
func TestUdevRules(t *testing.T) {
	text := UdevRules("the command")
	if !strings.Contains(text, "\n#   the command\n") {
		t.Errorf("the command is not in\n%s", text)
	}
	var r Rules
	r.read("51-mtkkit.rules", text)
	if !r.Access || !r.Ignore {
		t.Errorf("%+v from\n%s", r, text)
	}
	for _, id := range port.Loaders() {
		if n := strings.Count(text, strings.ToLower(Device{VID: id.VID, PID: id.PID}.ID()[:4])); n < 2 {
			t.Errorf("%04x is in %d rules", id.VID, n)
		}
	}
	file := filepath.Join(t.TempDir(), "51-mtkkit.rules")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("udevadm", "verify", "--help").CombinedOutput(); err != nil || !strings.Contains(string(out), "verify") {
		t.Skip("no udevadm with the command verify (systemd 254 and later) to judge the rules")
	}
	if out, err := exec.Command("udevadm", "verify", file).CombinedOutput(); err != nil {
		t.Errorf("udevadm: %v\n%s", err, out)
	}
}

const ioregText = `+-o Root  <class IORegistryEntry, id 0x100000100, retain 18>
  +-o AppleUSBXHCI Root Hub Simulation@14000000  <class AppleUSBRootHubDevice, id 0x1000002a5>
    +-o MT65xx Preloader@14200000  <class IOUSBHostDevice, id 0x1000f7bd8, registered, matched, active, busy 0 (0 ms), retain 26>
    |   {
    |     "idProduct" = 8192
    |     "kUSBProductString" = "MT65xx Preloader"
    |     "idVendor" = 3725
    |   }
    +-o Keyboard@14300000  <class IOUSBHostDevice, id 0x1>
        {
          "idProduct" = 592
          "idVendor" = 1452
        }
`

func TestIoreg(t *testing.T) {
	got := parseIoreg(strings.NewReader(ioregText))
	if len(got) != 2 || got[0].ID() != "0e8d:2000" || got[0].Product != "MT65xx Preloader" || got[0].Place != "14200000" {
		t.Fatalf("%+v", got)
	}
	all := joinPorts(got, []port.Info{{Name: "/dev/cu.usbmodem1"}}, func(string) bool { return false })
	if len(all) != 1 || len(all[0].Ports) != 1 || all[0].Kind() != Preloader {
		t.Errorf("%+v", all)
	}
	alone := joinPorts(nil, []port.Info{{Name: "/dev/cu.usbmodem1"}}, func(string) bool { return true })
	if len(alone) != 1 || alone[0].Kind() != Serial || !alone[0].Ports[0].Denied || alone[0].ID() != "ids unknown" {
		t.Errorf("%+v", alone)
	}
}

func TestLookAt(t *testing.T) {
	dir := t.TempDir()
	got, err := LookAt(filepath.Join(dir, "not", "there", "yet"))
	if err != nil || got.Free <= 0 || !strings.HasSuffix(got.Path, "yet") {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzText(f *testing.F) {
	f.Add(ioregText)
	f.Add(UdevRules("the command"))
	f.Add("\\\n\\\nSUBSYSTEM==\"tty\" 0e8d")
	f.Fuzz(func(t *testing.T, text string) {
		var r Rules
		r.read("51-x.rules", text)
		if !strings.Contains(strings.ToLower(text), "0e8d") && (r.Access || r.Ignore) {
			t.Errorf("%+v without MediaTek's id", r)
		}
		for _, d := range parseIoreg(strings.NewReader(text)) {
			CheckDevice(&Snapshot{OS: "darwin"}, d)
		}
		echoes(text)
	})
}
