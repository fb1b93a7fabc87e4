package host

import (
	"bytes"
	"context"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// Gather collects the facts of this computer. Ids and ports come from different sources, and
// without cgo it is not known which port belongs to which device: if there is exactly one loader,
// all ports count as its own.
func Gather() (*Snapshot, error) {
	f := &Snapshot{OS: "darwin"}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	text, err := exec.CommandContext(ctx, "/usr/sbin/ioreg", "-p", "IOUSB", "-l", "-w", "0").Output()
	if err != nil {
		return nil, err
	}
	ports, err := port.System().List()
	if err != nil {
		return nil, err
	}
	f.Devices = joinPorts(parseIoreg(bytes.NewReader(text)), ports, func(name string) bool {
		return unix.Access(name, unix.R_OK|unix.W_OK) != nil
	})
	return f, nil
}

// target returns the facts about the file system of an existing folder.
func target(path string) (*Target, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return nil, err
	}
	name := unix.ByteSliceToString(st.Fstypename[:])
	return &Target{FileSystem: name, Free: int64(st.Bavail) * int64(st.Bsize)}, nil
}
