package report

import (
	"cmp"
	"errors"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/imei"
	"github.com/mtkkit/mtkkit/scatter"
)

// IMEIs is the state of the IMEIs in one partition. It is in no document: numbers are only for
// the screen, and masked there.
type IMEIs struct {
	Partition string
	imei.Finding
}

// FindIMEIs searches the partitions where phones keep their IMEIs, by the name in the table or
// in their content. Partitions that it does not list were not searched.
func FindIMEIs(sources []Source) (out []IMEIs) {
	for _, s := range sources {
		if s.Kind != flash.KindPartition || s.Present == 0 && s.Image == nil {
			continue
		}
		var f *imei.Finding
		name := scatter.Canonical(s.Name)
		if scatter.Why(name) == "" { // not a phone's name, such as p2 of an MBR
			name = cmp.Or(scatter.Canonical(s.Guess), name)
		}
		switch name {
		case "nvdata", "userdata":
			f = inFiles(s, name == "nvdata")
		case "nvram":
			if s.Image != nil {
				f = imei.ReadNVRAM(s.Image)
			}
		}
		if f != nil {
			out = append(out, IMEIs{s.Name, *f})
		}
	}
	return out
}

// inFiles searches a file system. A userdata without IMEIs is not reported: most are encrypted,
// and most phones have an nvdata.
func inFiles(s Source, must bool) *imei.Finding {
	f := &imei.Finding{State: imei.Unknown, Why: "none of it was read"}
	switch {
	case s.Present == 0:
		f.Why = "it is not in the dump"
	case s.Image != nil:
		tree, err := image.Files(s.Image)
		if err == nil {
			f = imei.Read(tree)
		} else if f.Why = err.Error(); errors.Is(err, flash.ErrNotThis) {
			f.Why = "it is not a file system that can be read"
		}
	}
	if !must && f.Path == "" {
		return nil
	}
	return f
}
