package host

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree is a made computer: text files, and links ("-> target").
type tree map[string]string

// plant makes the tree and returns its root.
func (t tree) plant(tb testing.TB) string {
	tb.Helper()
	root := tb.TempDir()
	for name, text := range t {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			tb.Fatal(err)
		}
		var err error
		if to, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(to, name)
		} else {
			err = os.WriteFile(name, []byte(text), 0o644)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return root
}

// usual is a Debian computer with a preloader on the bus, in the shape the kernel shows
// it: a device, its interfaces, their drivers and the port below one of them.
func usual() tree {
	return tree{
		"proc/sys/kernel/osrelease":                          "6.1.0-18-amd64\n",
		"proc/1/comm":                                        "systemd\n",
		"etc/passwd":                                         "root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\n",
		"etc/group":                                          "root:x:0:\ndialout:x:20:bob\nana:x:1000:\n",
		"dev/ttyACM0":                                        "",
		"sys/bus/usb/devices/usb1/idVendor":                  "1d6b\n",
		"sys/bus/usb/devices/usb1/idProduct":                 "0002\n",
		"sys/bus/usb/devices/1-2/idVendor":                   "0e8d\n",
		"sys/bus/usb/devices/1-2/idProduct":                  "2000\n",
		"sys/bus/usb/devices/1-2/product":                    "MT65xx Preloader\n",
		"sys/bus/usb/devices/1-2/1-2:1.0/bInterfaceClass":    "02\n",
		"sys/bus/usb/devices/1-2/1-2:1.0/bInterfaceSubClass": "02\n",
		"sys/bus/usb/devices/1-2/1-2:1.0/bInterfaceProtocol": "01\n",
		"sys/bus/usb/devices/1-2/1-2:1.0/driver":             "-> ../../../../drivers/cdc_acm",
		"sys/bus/usb/devices/1-2/1-2:1.0/tty/ttyACM0/dev":    "166:0\n",
		"sys/bus/usb/devices/1-2/1-2:1.1/bInterfaceClass":    "0a\n",
		"sys/bus/usb/devices/1-2:1.0":                        "-> 1-2/1-2:1.0",
	}
}

func TestGather(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(tree, *system)
		says   []string // of each finding, in order
	}{
		{"not in the group", func(tree, *system) {}, []string{"not in the group"}},
		{"in the group", func(_ tree, s *system) { s.groups = []int{1000, 20} }, nil},
		{"added, not logged in anew", func(f tree, _ *system) { f["etc/group"] = "dialout:x:20:bob,ana\n" }, []string{"not active in this session"}},
		{"Arch", func(f tree, s *system) { f["etc/group"] = "uucp:x:986:ana\n"; s.groups = []int{986} }, nil},
		{"root", func(_ tree, s *system) { s.uid = 0 }, nil},
		{"our rules", func(f tree, _ *system) { f["etc/udev/rules.d/51-mtkkit.rules"] = UdevRules("the command") }, nil},
		{"our rules, hidden by an empty file of the same name", func(f tree, _ *system) {
			f["etc/udev/rules.d/51-mtkkit.rules"] = ""
			f["usr/lib/udev/rules.d/51-mtkkit.rules"] = UdevRules("the command")
		}, []string{"not in the group"}},
		{"ModemManager", func(f tree, s *system) { s.uid = 0; f["proc/77/comm"] = "ModemManager\n" }, []string{"no rule prevents it"}},
		{"ModemManager with a rule", func(f tree, s *system) {
			f["proc/77/comm"] = "ModemManager\n"
			f["etc/udev/rules.d/51-mtkkit.rules"] = UdevRules("the command")
		}, nil},
		{"a terminal holds it", func(f tree, s *system) {
			s.uid = 0
			f["proc/5/comm"] = "picocom\n"
			f["proc/5/fd/3"] = "-> /dev/ttyACM0"
		}, []string{"picocom (process 5) has the port open"}},
		{"denied", func(_ tree, s *system) {
			s.groups = []int{20}
			s.access = func(name string) error { return &fs.PathError{Op: "access", Path: name, Err: fs.ErrPermission} }
		}, []string{"may not open the port"}},
		{"no cdc_acm", func(f tree, s *system) {
			s.uid = 0
			delete(f, "sys/bus/usb/devices/1-2/1-2:1.0/driver")
			delete(f, "sys/bus/usb/devices/1-2/1-2:1.0/tty/ttyACM0/dev")
		}, []string{"has no driver"}},
		{"Android", func(f tree, s *system) {
			s.uid = 0
			f["sys/bus/usb/devices/1-2/idProduct"] = "201c\n"
		}, []string{"too late for the loader"}},
		{"old kernel", func(f tree, s *system) { s.uid = 0; f["proc/sys/kernel/osrelease"] = "4.15.0\n" }, []string{"back to it"}},
		{"an empty computer", func(f tree, s *system) { clear(f) }, []string{"may not open"}},
		{"nonsense in /sys", func(f tree, s *system) {
			s.uid = 0
			f["sys/bus/usb/devices/1-2/idVendor"] = strings.Repeat("z", 5000)
			f["sys/bus/usb/devices/1-3/idVendor"] = "12345678901234567890"
			f["etc/group"] = "::::\nx\n:x:notanumber:ana"
		}, nil},
	} {
		made, s := usual(), system{uid: 1000, groups: []int{1000}, access: func(string) error { return nil }}
		c.change(made, &s)
		s.root = made.plant(t)
		got := Check(s.gather())
		if len(got) != len(c.says) {
			t.Errorf("%s: %+v, want %q", c.name, got, c.says)
			continue
		}
		for i, want := range c.says {
			if !strings.Contains(got[i].Text, want) {
				t.Errorf("%s: %+v, want %q", c.name, got[i], want)
			}
		}
	}
}

func TestGatherDevice(t *testing.T) {
	got := system{root: usual().plant(t), access: func(string) error { return nil }}.gather().Devices
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	d := got[0]
	if d.ID() != "0e8d:2000" || d.Kind() != Preloader || d.Driver != "cdc_acm" || d.Place != "1-2" ||
		!slices.Equal(d.Interfaces, []string{"02/02/01", "0a//"}) || len(d.Ports) != 1 || d.Ports[0].Name != "/dev/ttyACM0" {
		t.Errorf("%+v", d)
	}
}

// Who has a port open is found by each of its names; who serves a pseudo-terminal holds
// it as its own.
func TestHolders(t *testing.T) {
	made := usual()
	maps.Copy(made, map[string]string{
		"proc/5/comm": "picocom\n", "proc/5/fd/0": "-> /dev/pts/1", "proc/5/fd/3": "-> /dev/ttyACM0",
		"proc/6/comm": "ModemManager\n", "proc/6/fd/9": "-> /dev/ttyACM0",
		"proc/7/comm": "bash\n", "proc/7/fd/0": "-> /dev/ttyACM1", "proc/7/fd/1": "-> /dev/ttyACM00",
		"proc/8/comm": "player\n", "proc/8/fd/3": "-> /dev/ptmx", "proc/8/fd/4": "-> /dev/pts/4",
		"proc/9/comm": "thief\n", "proc/9/fd/3": "-> /dev/pts/4",
		"dev/phone": "-> ttyACM0", "dev/pts/4": "", "dev/ttyACM91": "-> pts/4",
	})
	s := system{root: made.plant(t)}
	for port, want := range map[string]string{
		"/dev/ttyACM0": "[picocom (pid 5) ModemManager (pid 6)]", "/dev/phone": "[picocom (pid 5) ModemManager (pid 6)]",
		"/dev/ttyACM1": "[bash (pid 7)]", "/dev/ttyACM2": "[]", "/dev/pts/4": "[thief (pid 9)]", "/dev/ttyACM91": "[thief (pid 9)]", "": "[]",
	} {
		if got := fmt.Sprint(s.holders(port)); got != want {
			t.Errorf("%s: %s, want %s", port, got, want)
		}
	}
}

// This process is no other program.
func TestHoldersHere(t *testing.T) {
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	defer f.Close()
	if got := Holders("/dev/ptmx"); slices.ContainsFunc(got, func(p Process) bool { return p.PID == os.Getpid() }) {
		t.Errorf("%v", got)
	}
}

// Whatever this computer is, asking it works.
func TestGatherHere(t *testing.T) {
	f, err := Gather()
	if err != nil || f.OS != "linux" || f.Kernel == "" {
		t.Errorf("%+v, %v", f, err)
	}
}

func FuzzSysfs(f *testing.F) {
	f.Add("0e8d", "2000", "dialout:x:20:ana", "MT65xx")
	f.Add("", "\xff", ":::::", strings.Repeat("A", 300))
	f.Fuzz(func(t *testing.T, vid, pid, group, product string) {
		made := usual()
		made["sys/bus/usb/devices/1-2/idVendor"] = vid
		made["sys/bus/usb/devices/1-2/idProduct"] = pid
		made["sys/bus/usb/devices/1-2/product"] = product
		made["etc/group"] = group
		Check(system{root: made.plant(t), uid: 1000, access: func(string) error { return nil }}.gather())
	})
}
