package host

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Holders returns the other programs that have a port open, by any of its names, as far as
// this user may know.
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

// serves reports whether a program is the other end of a pseudo-terminal: it plays the
// phone, and may have both ends open.
func serves(open []string, name string) bool {
	return strings.HasPrefix(name, "/dev/pts/") && (slices.Contains(open, "/dev/ptmx") || slices.Contains(open, "/dev/pts/ptmx"))
}

// eachProcess tells of every process but this one what it has open: /proc/PID/fd links to
// the files. Of somebody else's processes only the name is known, to all but root.
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
