package acquire

import (
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// refuseRoom compares the bytes that are still to be written with the free space of the disk and
// its largest file size.
func (d *Dump) refuseRoom(dir string, have *flash.Manifest) error {
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	v, err := disk.VolumeOf(dir)
	if err != nil {
		return nil // an unknown volume is no reason to refuse
	}
	var need int64
	for _, p := range d.job.Device.Parts {
		want, err := d.unwritten(p, have)
		if err != nil {
			return err
		}
		if len(want) == 0 {
			continue
		}
		if size := p.Image.Size(); v.MaxFile > 0 && size > v.MaxFile {
			return refuse(flash.ReasonTooBig, d.dir, "%s has %v, but a file on %s can have at most %v", p.Region, flash.Size(size), v.Kind, flash.Size(v.MaxFile))
		}
		if !v.Holes {
			need += max(p.Image.Size()-d.written(p), 0)
			continue
		}
		n, err := dataBytes(p.Image, want)
		if err != nil {
			return err
		}
		need += n
	}
	if need <= v.Free || d.job.IgnoreFreeSpace {
		return nil
	}
	reason := flash.ReasonNoRoom
	if have != nil {
		reason = flash.ReasonNoRoomToResume
	}
	return refuse(reason, d.dir, "needs up to %v, %v are free", flash.Size(need), flash.Size(v.Free))
}

// unwritten returns the ranges of a region that are wanted and not in the dump yet; have is nil for
// a new dump.
func (d *Dump) unwritten(p flash.Part, have *flash.Manifest) ([]flash.Extent, error) {
	whole := flash.Extent{Length: p.Image.Size()}
	want := flash.Within(d.job.Want[p.Region], whole)
	if have == nil || have.Source(p.Region) == nil {
		return want, nil
	}
	s := have.Source(p.Region)
	j, _, err := loadJournal(d.path(filepath.Join(regionsDir, s.Name)), s.Region, s.Size)
	if err != nil {
		return nil, err
	}
	if j == nil || len(j.want) == 0 { // the draft has the wish
		want = append(want, flash.Without([]flash.Extent{whole}, s.Unread)...)
	}
	if j == nil {
		return flash.Union(want), nil
	}
	j.want = flash.Union(append(j.want, want...))
	return j.todo(), nil
}

// written returns how many bytes of disk space a region's file uses already.
func (d *Dump) written(p flash.Part) int64 {
	path := d.path(filepath.Join(regionsDir, FileName(p.Region)))
	for _, name := range []string{path + partSuffix, path} {
		if st, err := os.Stat(name); err == nil {
			return disk.Allocated(st)
		}
	}
	return 0
}

// dataBytes returns how many bytes of the extents are data and not zeros, as far as the source
// reports it.
func dataBytes(img flash.Image, want []flash.Extent) (sum int64, err error) {
	var data []flash.Extent
	for off := int64(0); off < img.Size(); {
		e, err := flash.NextData(img, off)
		if err != nil || e.Length <= 0 || e.Offset < off {
			return flash.Total(want), err
		}
		data = append(data, e)
		off = e.End()
	}
	for _, e := range want {
		sum += flash.Total(flash.Within(data, e))
	}
	return sum, nil
}
