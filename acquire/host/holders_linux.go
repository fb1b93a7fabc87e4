package host

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Holders returns the other programs that have a port open, by any of its names, as far as this
// user may see them.
func Holders(port string) []Process { return system{root: "/"}.holders(port) }

func (s system) holders(port string) []Process {
	name := port
	if to, err := filepath.EvalSymlinks(s.path(port)); err == nil {
		name = filepath.Join("/", strings.TrimPrefix(to, filepath.Clean(s.root)))
	}
	var out []Process
	s.eachProcess(func(p Process, open []string) {
		if slices.Contains(open, name) && !serves(open, name) {
			out = append(out, p)
		}
	})
	return out
}

// serves reports whether a program is the other end of a pseudo-terminal: such a program is a
// virtual phone and may have both ends open.
func serves(open []string, name string) bool {
	return strings.HasPrefix(name, "/dev/pts/") && (slices.Contains(open, "/dev/ptmx") || slices.Contains(open, "/dev/pts/ptmx"))
}

// eachProcess calls tell for every process except this one with its open files, which /proc/PID/fd
// links to. Only root can see the open files of other users' processes; for others the list is
// empty.
func (s system) eachProcess(tell func(p Process, open []string)) {
	self := os.Getpid()
	for _, dir := range s.glob("proc/[0-9]*") {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == self && s.root == "/" {
			continue
		}
		var open []string
		for _, fd := range s.glob(dir + "/fd/*") {
			if to, err := os.Readlink(s.path(fd)); err == nil {
				open = append(open, to)
			}
		}
		tell(Process{s.read(dir + "/comm"), pid}, open)
	}
}
