package acquire

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// refuseRoom compares what is still to be written with what the disk has and can.
func (d *Dump) refuseRoom(dir string, have *flash.Manifest) error {
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	v, err := disk.VolumeOf(dir)
	if err != nil {
		return nil // a system that cannot say does not forbid
	}
	var need int64
	for _, p := range d.job.Device.Parts {
		want := flash.Within(d.job.Want[p.Region], flash.Extent{Length: p.Image.Size()})
		if len(want) == 0 {
			continue
		}
		if size := p.Image.Size(); v.MaxFile > 0 && size > v.MaxFile {
			return &Refusal{d.dir, fmt.Sprintf("%s has %v, more than a file on %s can have (%v)", p.Region, flash.Size(size), v.Kind, flash.Size(v.MaxFile)),
				"choose a folder on a disk with another file system, with -o"}
		}
		switch {
		case have != nil && have.Source(p.Region) != nil:
			continue // its file is there; what it lacks is not known before it is opened
		case !v.Holes:
			need += p.Image.Size()
		default:
			n, err := dataBytes(p.Image, want)
			if err != nil {
				return err
			}
			need += n
		}
	}
	if need <= v.Free || d.job.AnyRoom {
		return nil
	}
	return &Refusal{d.dir, fmt.Sprintf("needs up to %v, %v are free", flash.Size(need), flash.Size(v.Free)),
		"free some space, choose a folder on another disk with -o, leave something out with --skip userdata, or go on all the same with --any-room: zeros take none"}
}

// dataBytes adds up what of the extents holds data, as far as the source knows.
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
