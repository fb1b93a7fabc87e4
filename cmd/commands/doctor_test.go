package commands

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/words"
)

// sick is a computer with a phone in each state, and a user who may nothing.
func sick() *host.Snapshot {
	return &host.Snapshot{OS: "linux", Kernel: "6.1.0", PortGroup: "dialout", ModemManager: true,
		Target: &host.Target{Path: "stick", FileSystem: "vfat", Free: 8 << 30},
		Devices: []host.Device{
			{VID: 0x0e8d, PID: 0x2000, Product: "MT65xx Preloader", Place: "1-2", Driver: "cdc_acm",
				Ports: []host.Port{{Name: "/dev/ttyACM0", Denied: true, Group: "dialout"}}},
			{VID: 0x0e8d, PID: 0x0003, Place: "1-3", Driver: "cdc_acm", Ports: []host.Port{{Name: "/dev/ttyACM1"}}},
			{VID: 0x0e8d, PID: 0x201c, Product: "\x1b[31mphone", Place: "1-4"},
			{VID: 0x2341, PID: 0x0043, Place: "1-5", Ports: []host.Port{{Name: "/dev/ttyACM2"}}},
		}}
}

func talk(json bool, what func(*ui) error) (out, err string, failed error) {
	var o, e bytes.Buffer
	u := newUI(screen.Streams{Out: &o, Err: &e})
	u.JSON = json
	failed = what(u)
	return o.String(), e.String(), failed
}

func TestPorts(t *testing.T) {
	out, said, err := talk(false, func(u *ui) error { return listPorts(u, sick()) })
	for _, want := range []string{
		"/dev/ttyACM0   0e8d:2000   preloader (MT65xx Preloader)\n",
		"/dev/ttyACM1   0e8d:0003   BootROM\n",
		"-              0e8d:201c   Android (?[31mphone)\n",
		"/dev/ttyACM2   2341:0043   serial port\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	for _, want := range []string{
		"warning: /dev/ttyACM0: this user may not open the port\nhint: mtkkit udev | sudo tee ",
		"note: 1-4: the phone has started Android: it is too late for the loader\nhint: switch the phone off",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if !errors.Is(err, words.ErrProblems) {
		t.Errorf("%v", err)
	}
	if out, said, err := talk(false, func(u *ui) error { return listPorts(u, &host.Snapshot{OS: "linux"}) }); err != nil ||
		!strings.Contains(out, "no phone") || !strings.Contains(said, "then plug in the phone") {
		t.Errorf("nothing plugged in: %q %q %v", out, said, err)
	}
	out, _, _ = talk(true, func(u *ui) error { return listPorts(u, sick()) })
	var doc document.Ports
	if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc.Devices) != 4 || doc.Devices[0].Readable || !doc.Devices[1].Readable ||
		doc.Devices[2].Readable || doc.Devices[3].Readable {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDoctor(t *testing.T) {
	out, said, err := talk(false, func(u *ui) error { return examine(u, sick()) })
	if !errors.Is(err, words.ErrProblems) || !strings.Contains(out, "problems that prevent reading: 4") {
		t.Errorf("%v\n%s%s", err, out, said)
	}
	for _, want := range []string{"warning: permission:", "warning: ModemManager:", "warning: /dev/ttyACM0:", "warning: stick: is on a vfat",
		"note: 1-4:", "hint: mtkkit udev", "hint: choose a folder on another disk"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	healthy := &host.Snapshot{OS: "linux", Kernel: "6.1.0", Root: true, Target: &host.Target{FileSystem: "ext4", Free: 1 << 40}}
	out, said, err = talk(false, func(u *ui) error { return examine(u, healthy) })
	if err != nil || said != "" || !strings.Contains(out, "this computer can read a phone") {
		t.Errorf("%v %q %q", err, out, said)
	}
	out, _, _ = talk(true, func(u *ui) error { return examine(u, sick()) })
	if !strings.Contains(out, `"schema": "mtkkit.doctor/1"`) || !strings.Contains(out, `"healthy": false`) || !json.Valid([]byte(out)) {
		t.Errorf("%s", out)
	}
}
