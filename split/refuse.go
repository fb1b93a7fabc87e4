package split

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// refuse makes a refusal of this package.
func refuse(reason flash.Reason, path, format string, a ...any) *flash.Refusal {
	return flash.Refuse("split", reason, path, format, a...)
}

// refuse checks everything that can prevent this run, and writes nothing, except that it completes
// a run that was killed in its last step. It returns the files of an earlier run that this one
// replaces.
func (f *Folder) refuse(ctx context.Context, names []string) (old []oldFile, err error) {
	if err := refuseInside(f.dir, f.opt.Inputs); err != nil {
		return nil, err
	}
	if st, err := os.Stat(f.dir); err == nil && !st.IsDir() {
		return nil, refuse(flash.ReasonNotFolder, f.dir, "is a file, not a folder")
	}
	if err := completeKilled(f.dir, f.opt.Inputs); err != nil {
		return nil, f.failed(err)
	}
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, f.refuseRoom(nil, false)
	}
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	left, err := readMarker(f.path(flash.MarkerName), checkName)
	if err != nil {
		return nil, err
	}
	replaces, err := f.refuseExisting(names, entries, left)
	if err != nil && left == nil { // the files in the way may be of a run that has just begun
		if _, busy := readMarker(f.path(flash.MarkerName), checkName); busy != nil {
			err = busy
		}
	}
	if err == nil {
		err = f.refuseRoom(left, replaces)
	}
	if err == nil && replaces {
		old, err = proveOld(ctx, f.dir, f.opt)
	}
	return old, err
}

// refuseExisting checks a folder that already exists. Left is the marker of a killed run, nil for
// none. It reports whether the folder has files of an earlier run that may be replaced.
func (f *Folder) refuseExisting(names []string, entries []fs.DirEntry, left *marker) (replaces bool, err error) {
	ours := map[string]bool{flash.MarkerName: true, flash.MarkerName + partSuffix: true}
	for _, e := range entries { // the files of an unfinished run are removed without Force
		ours[e.Name()] = ours[e.Name()] || left.provesAny(f.dir, e.Name())
	}
	if f.opt.Force {
		listed := manifestFiles(f.dir)
		replaces = listed != nil
		for _, n := range listed {
			ours[n] = true
		}
		for _, n := range bookNames {
			ours[n] = ours[n] || replaces
		}
	}
	for _, e := range entries {
		if ours[e.Name()] && e.Type().IsRegular() {
			if err := refuseSame(f.path(e.Name()), f.opt.Inputs); err != nil {
				return false, err
			}
			continue
		}
		if !f.opt.Force {
			return false, f.refuseFull(e.Name())
		}
	}
	for _, n := range append(append([]string{}, names...), bookNames...) {
		for _, s := range []string{"", partSuffix} {
			path := f.path(n + s)
			if err := refuseSame(path, f.opt.Inputs); err != nil {
				return false, err
			}
			st, err := os.Lstat(path)
			if err == nil && !(ours[n+s] && st.Mode().IsRegular()) {
				return false, refuse(flash.ReasonInTheWay, path, "is in the way and was not written by mtkkit")
			}
		}
	}
	return replaces, nil
}

// refuseFull returns the refusal for a folder that contains name.
func (f *Folder) refuseFull(name string) *flash.Refusal {
	if manifestFiles(f.dir) != nil {
		return refuse(flash.ReasonOurs, f.dir, "contains the result of an earlier run")
	}
	return refuse(flash.ReasonNotEmpty, f.dir, "is not empty: it contains %q", name)
}

// manifestFiles returns the files that the folder's manifest lists, or nil without a valid
// manifest.
func manifestFiles(dir string) []string {
	m, err := openManifest(dir)
	if err != nil {
		return nil
	}
	names := []string{}
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	return names
}

// openManifest reads the manifest of a parts folder.
func openManifest(dir string) (*flash.Manifest, error) {
	in, err := disk.OpenInFolder(dir, flash.ManifestName)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	defer in.Close()
	m, err := flash.ReadManifest(in)
	if err != nil {
		return nil, fmt.Errorf("split: %s: %w", in.Name(), err)
	}
	return m, nil
}

// refuseSame refuses to write to a path that is one of the inputs, whatever its name. The system
// compares the files, so that hard links, symbolic links and other spellings of the path are
// found.
func refuseSame(path string, inputs []string) error {
	st, err := os.Stat(path)
	if err != nil {
		return nil // it does not exist, so it is no input
	}
	for _, in := range inputs {
		if ist, err := os.Stat(in); err == nil && os.SameFile(st, ist) {
			return refuse(flash.ReasonInput, path, "is the input %s itself", in)
		}
	}
	return nil
}

// refuseInside refuses a path that is an input or is inside one.
func refuseInside(path string, inputs []string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("split: %w", err)
	}
	abs = resolve(abs)
	for first := abs; ; {
		if err := refuseSame(abs, inputs); err != nil {
			if abs != first {
				return refuse(flash.ReasonInsideInput, path, "is in the folder that is read")
			}
			flash.AsRefusal(err).Path = path
			return err
		}
		up := filepath.Dir(abs)
		if up == abs {
			return nil
		}
		abs = up
	}
}

// resolve follows the symbolic links in the existing part of path, so that its parent folders
// are the real ones.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	up := filepath.Dir(path)
	if up == path {
		return path
	}
	return filepath.Join(resolve(up), filepath.Base(path))
}

// refuseRoom compares the needed space and file sizes with what the file system has and allows.
// Files that are replaced stay until the new ones are whole, so both need space.
func (f *Folder) refuseRoom(left *marker, replaces bool) error {
	base := existing(f.dir)
	v, err := f.volumeOf(base)
	if err != nil {
		return nil // free space is unknown: no refusal
	}
	var need int64
	for _, o := range f.outputs {
		if err := refuseBig(f.path(o.Name), o.Image.Size(), v); err != nil {
			return err
		}
		n, err := room(v, base, o.Image, f.opt.NoHoles)
		if err != nil && !f.leavesOut(err) {
			return fmt.Errorf("split: %s: %w", o.Name, err)
		}
		need += n
	}
	for _, n := range left.names() { // these are removed first
		for _, suffix := range []string{"", partSuffix} {
			if st, err := os.Lstat(f.path(n + suffix)); err == nil && left.proves(f.dir, n, suffix) {
				v.Free += disk.Allocated(st)
			}
		}
	}
	if err := refuseSpace(f.dir, need, v); err != nil {
		if r := flash.AsRefusal(err); replaces && r != nil {
			r.Text += "; the files that are there stay until the new ones are whole"
		}
		return err
	}
	return nil
}

// refuseSpace refuses if need bytes do not fit.
func refuseSpace(path string, need int64, v disk.Volume) error {
	if need <= v.Free {
		return nil
	}
	return refuse(flash.ReasonNoRoom, path, "needs %v, %v are free", flash.Size(need), flash.Size(v.Free))
}

// refuseBig refuses a file that is too large for the file system.
func refuseBig(path string, size int64, v disk.Volume) error {
	if v.MaxFile == 0 || size <= v.MaxFile {
		return nil
	}
	return refuse(flash.ReasonTooBig, path, "has %v, more than a file on %s can have (%v)",
		flash.Size(size), v.Kind, flash.Size(v.MaxFile))
}

// room returns the largest number of bytes that a copy of img takes on volume v; zeros in its
// data may need less. Blocks that the file system can share need no space. If it then does not
// share them, the copy fails without space and is removed.
func room(v disk.Volume, path string, img flash.Image, dense bool) (int64, error) {
	root, _ := flash.Root(img)
	if h, ok := root.(filed); ok && v.Shares && h.File() != nil && disk.SameDevice(h.File(), path) {
		return 0, nil
	}
	if dense || !v.Holes {
		return roundUp(img.Size()), nil
	}
	n, err := dataBytes(img)
	return roundUp(n), err
}

// existing returns path, or the nearest folder above it that exists.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil {
			return path
		}
		up := filepath.Dir(path)
		if up == path {
			return path
		}
		path = up
	}
}

// dataBytes returns the number of bytes of the image that are data, not known zeros.
func dataBytes(img flash.Image) (sum int64, err error) {
	for off := int64(0); ; {
		d, err := nextData(img, off)
		if err != nil || d.Length == 0 {
			return sum, err
		}
		sum += d.Length
		off = d.End()
	}
}

// nextData is flash.NextData for loops: an answer that does not advance behind off is an error,
// because it would loop for ever.
func nextData(img flash.Image, off int64) (flash.Extent, error) {
	size := img.Size()
	if off >= size {
		return flash.Extent{Offset: size}, nil
	}
	d, err := flash.NextData(img, off)
	if err != nil {
		return d, err
	}
	if d.Offset < off || d.Length < 0 || d.End() > size {
		return d, fmt.Errorf("split: image of 0x%x bytes reports its data after 0x%x at %v", size, off, d)
	}
	return d, nil
}

// grain is the unit of holes, bytes: the block size of the usual file systems.
const grain = 4 << 10

func roundUp(n int64) int64 { return (n + grain - 1) / grain * grain }
