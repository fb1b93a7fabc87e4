package host

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// system is the root of a Linux file tree and the user for whom it is judged.
type system struct {
	root   string // "/", or a test's tree
	uid    int
	groups []int                   // groups of the process
	access func(path string) error // returns nil if the file may be read and written
}

// Gather collects the facts of this computer. Facts that cannot be read (a missing folder, a
// process of another user) are left out.
func Gather() (*Snapshot, error) {
	groups, err := os.Getgroups()
	if err != nil {
		return nil, err
	}
	s := system{"/", os.Geteuid(), append(groups, os.Getegid()), func(path string) error {
		return unix.Access(path, unix.R_OK|unix.W_OK)
	}}
	return s.gather(), nil
}

func (s system) gather() *Snapshot {
	f := &Snapshot{OS: "linux", Root: s.uid == 0, Kernel: s.read("proc/sys/kernel/osrelease")}
	names, asked := s.groupsOf()
	for _, gid := range s.groups {
		if name := names[gid]; name != "" {
			f.Groups = append(f.Groups, name)
		}
	}
	f.AskedGroups, f.PortGroup = asked, portGroup(names)
	s.readRules(&f.Rules)
	holders := s.processes(f)
	f.Devices = s.devices(names, holders)
	return f
}

func (s system) path(name string) string { return filepath.Join(s.root, name) }

// maxText is how many bytes of a file, such as a rules file, are read at most.
const maxText = 1 << 20

// read returns a small file's text without white space at its ends, or "" if it cannot be read.
func (s system) read(name string) string {
	f, err := os.Open(s.path(name))
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, maxText)
	n, _ := f.Read(b)
	return strings.TrimSpace(string(bytes.TrimRight(b[:n], "\x00")))
}

// glob returns matching names below the root, sorted.
func (s system) glob(pattern string) []string {
	found, _ := filepath.Glob(s.path(pattern))
	slices.Sort(found)
	for i, name := range found {
		found[i], _ = filepath.Rel(s.root, name)
	}
	return found
}

// groupsOf returns the computer's groups, and those that the user has after a log-in.
func (s system) groupsOf() (names map[int]string, asked []string) {
	names = map[int]string{}
	user := ""
	for line := range strings.SplitSeq(s.read("etc/passwd"), "\n") {
		if f := strings.Split(line, ":"); len(f) > 3 && f[2] == strconv.Itoa(s.uid) {
			user = f[0]
			break
		}
	}
	for line := range strings.SplitSeq(s.read("etc/group"), "\n") {
		f := strings.Split(line, ":")
		if len(f) < 4 {
			continue
		}
		if gid, err := strconv.Atoi(f[2]); err == nil {
			names[gid] = f[0]
		}
		if user != "" && slices.Contains(strings.Split(f[3], ","), user) {
			asked = append(asked, f[0])
		}
	}
	return names, asked
}

// portGroup returns the group of serial ports: dialout on Debian and its relatives, Fedora and
// SUSE; uucp on Arch and its relatives.
func portGroup(names map[int]string) string {
	for _, want := range []string{"dialout", "uucp"} {
		for _, name := range names {
			if name == want {
				return name
			}
		}
	}
	return ""
}

// readRules reads the udev rules files. As in udev, a file in /etc replaces a file with the same
// name in other folders.
func (s system) readRules(r *Rules) {
	seen := map[string]bool{}
	for _, dir := range []string{"etc/udev/rules.d", "run/udev/rules.d", "usr/local/lib/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d"} {
		for _, name := range s.glob(dir + "/*.rules") {
			if base := filepath.Base(name); !seen[base] {
				seen[base] = true
				r.read(base, s.read(name))
			}
		}
	}
}

// processes finds out whether ModemManager is running, and which program has which port open.
func (s system) processes(f *Snapshot) (holders map[string]string) {
	holders = map[string]string{}
	s.eachProcess(func(p Process, open []string) {
		if p.Name == "ModemManager" {
			f.ModemManager = true
		}
		for _, to := range open {
			if strings.HasPrefix(to, "/dev/tty") && !strings.HasPrefix(to, "/dev/tty/") {
				holders[to] = fmt.Sprintf("%s (process %d)", p.Name, p.PID)
			}
		}
	})
	return holders
}

// devices returns the relevant devices on the USB bus.
func (s system) devices(groups map[int]string, holders map[string]string) []Device {
	var out []Device
	for _, dir := range s.glob("sys/bus/usb/devices/*") {
		base := filepath.Base(dir)
		if strings.Contains(base, ":") {
			continue // an interface
		}
		d := Device{VID: s.hex(dir + "/idVendor"), PID: s.hex(dir + "/idProduct"),
			Product: s.read(dir + "/product"), Place: base}
		if d.VID == 0 {
			continue
		}
		for _, i := range s.glob(dir + "/" + base + ":*") {
			d.Interfaces = append(d.Interfaces, s.read(i+"/bInterfaceClass")+"/"+
				s.read(i+"/bInterfaceSubClass")+"/"+s.read(i+"/bInterfaceProtocol"))
			if to, err := os.Readlink(s.path(i + "/driver")); err == nil && (d.Driver == "" || d.Driver == "usbfs") {
				d.Driver = filepath.Base(to)
			}
			for _, tty := range append(s.glob(i+"/tty/tty*"), s.glob(i+"/ttyUSB*")...) {
				d.Ports = append(d.Ports, s.port("/dev/"+filepath.Base(tty), groups, holders))
			}
		}
		if d.matters() {
			out = append(out, d)
		}
	}
	return out
}

func (s system) hex(name string) uint16 {
	n, _ := strconv.ParseUint(s.read(name), 16, 16)
	return uint16(n)
}

// port returns the facts about a port, from its device file.
func (s system) port(name string, groups map[int]string, holders map[string]string) Port {
	p := Port{Name: name, Holder: holders[name]}
	if st, err := os.Stat(s.path(name)); err == nil {
		if sys, ok := st.Sys().(*syscall.Stat_t); ok {
			p.Group = groups[int(sys.Gid)]
		}
	}
	p.Denied = errors.Is(s.access(s.path(name)), fs.ErrPermission)
	return p
}

// fileSystems has the names of file systems by their magic number in statfs(2).
var fileSystems = map[int64]string{
	unix.MSDOS_SUPER_MAGIC: "vfat", unix.EXFAT_SUPER_MAGIC: "exfat", unix.EXT4_SUPER_MAGIC: "ext4",
	unix.BTRFS_SUPER_MAGIC: "btrfs", unix.XFS_SUPER_MAGIC: "xfs", unix.TMPFS_MAGIC: "tmpfs",
}

// target returns the facts about the file system of an existing folder.
func target(path string) (*Target, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return nil, &fs.PathError{Op: "statfs", Path: path, Err: err}
	}
	return &Target{FileSystem: fileSystems[int64(st.Type)], Free: int64(st.Bavail) * int64(st.Bsize)}, nil
}
