package split

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// Volumes is a single output in numbered files of limited size: OUT.001, OUT.002 … for disks
// that cannot have large files. All of them end in .part until the last byte is on the disk, and
// the first gets its name last.
type Volumes struct {
	path   string
	size   int64 // of a volume, bytes
	opt    FileOptions
	owner  *owner
	files  []*os.File
	left   int64 // bytes that still fit into the last file
	closed bool
}

// maxVolumes is the largest number of volumes.
const maxVolumes = 999

// CreateVolumes starts a set of volumes. Room in the options is the largest number of bytes that
// will be written.
func CreateVolumes(path string, size int64, opt FileOptions) (*Volumes, error) {
	v := &Volumes{path: filepath.Clean(path), size: size, opt: opt}
	n := opt.Room/size + 1
	if n > maxVolumes {
		return nil, fmt.Errorf("split: %s: volumes of %d bytes are too small for it: at most %d volumes are possible", path, size, maxVolumes)
	}
	if err := refuseInside(v.path, opt.Inputs); err != nil {
		return nil, err
	}
	var names []string
	for i := range int(n) {
		names = append(names, filepath.Base(v.name(i)))
	}
	if err := v.refuse(names); err != nil {
		return nil, err
	}
	o, err := claim(markerOf(v.path), marker{Files: names}, opt.NoSync, checkBase)
	if err != nil {
		return nil, err
	}
	v.owner = o
	if err := o.clear(filepath.Dir(v.path), nil); err != nil {
		return nil, errors.Join(fmt.Errorf("split: %w", err), v.Abandon())
	}
	return v, nil
}

func (v *Volumes) name(i int) string { return fmt.Sprintf("%s.%03d", v.path, i+1) }

// refuse refuses if a file exists that the marker of a killed run does not prove.
func (v *Volumes) refuse(names []string) error {
	rest, err := readMarker(markerOf(v.path), checkBase)
	if err != nil {
		return err
	}
	if err := clearFinished(v.path, v.name(0), rest); err != nil {
		return err
	}
	if _, err := os.Lstat(markerOf(v.path)); err != nil {
		rest = nil // it was that of a complete set
	}
	dir := filepath.Dir(v.path)
	for _, n := range append([]string{filepath.Base(v.path)}, names...) {
		for _, suffix := range []string{"", partSuffix} {
			p := filepath.Join(dir, n+suffix)
			if err := refuseSame(p, v.opt.Inputs); err != nil {
				return err
			}
			if _, err := os.Lstat(p); err == nil && !rest.proves(dir, n, suffix) {
				return refuse(flash.ReasonBeside, p, "exists")
			}
		}
	}
	if d, err := disk.VolumeOf(existing(dir)); err == nil {
		return refuseSpace(v.path, v.opt.Room, d)
	}
	return nil
}

// Write implements io.Writer.
func (v *Volumes) Write(b []byte) (n int, err error) {
	for n < len(b) {
		if v.left == 0 {
			if err := v.next(); err != nil {
				return n, err
			}
		}
		m, err := writeSteps(b[n:n+int(min(int64(len(b)-n), v.left))], v.files[len(v.files)-1].Write)
		n, v.left = n+m, v.left-int64(m)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// next starts a volume.
func (v *Volumes) next() error {
	path := v.name(len(v.files))
	if err := v.owner.create(filepath.Base(path)); err != nil {
		return err
	}
	f, err := disk.OpenOwn(partOf(path))
	if err != nil {
		return err
	}
	v.files, v.left = append(v.files, f), v.size
	return nil
}

// Finish gives the volumes their names.
func (v *Volumes) Finish() error {
	if v.closed {
		return errors.New("split: the volumes are already finished or abandoned")
	}
	files := make([]disk.Pending, len(v.files))
	for i, f := range v.files {
		files[i] = disk.Pending{File: f, Part: partOf(v.name(i)), Path: v.name(i)}
	}
	err := disk.Publish(disk.PublishOptions{NoSync: v.opt.NoSync, SyncDir: syncDir}, files...)
	if err != nil {
		return errors.Join(fmt.Errorf("split: %w", err), v.Abandon())
	}
	v.closed = true
	return v.owner.done()
}

// Names lists the volumes.
func (v *Volumes) Names() (out []string) {
	for i := range v.files {
		out = append(out, v.name(i))
	}
	return out
}

// Abandon removes what was written. After Finish it does nothing.
func (v *Volumes) Abandon() error {
	if v.closed {
		return nil
	}
	v.closed = true
	for _, f := range v.files {
		f.Close()
	}
	err := v.owner.clear(filepath.Dir(v.path), nil)
	if err == nil {
		err = v.owner.done()
	} else {
		v.owner.close()
	}
	if err != nil {
		return fmt.Errorf("split: cleaning up: %w", err)
	}
	return nil
}
