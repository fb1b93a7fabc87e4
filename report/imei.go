package report

import (
	"cmp"
	"errors"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/imei"
	"github.com/mtkkit/mtkkit/scatter"
)

// IMEIs is what is known of the IMEIs in one partition. It is in no document: numbers are for
// the screen, and masked there.
type IMEIs struct {
	Partition string
	imei.Finding
}

// FindIMEIs looks where phones keep their IMEIs, of partitions that have a name, or whose
// content gives them one. What it does not list was not looked at.
func FindIMEIs(sources []Source) (out []IMEIs) {
	for _, s := range sources {
		if s.Kind != flash.KindPartition || s.Present == 0 && s.Image == nil {
			continue
		}
		var f *imei.Finding
		name := scatter.Canonical(s.Name)
		if scatter.Why(name) == "" { // a name of an MBR's making, p2
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

// inFiles looks in a file system. That userdata has none is no news: most are encrypted, and
// most phones have an nvdata.
func inFiles(s Source, must bool) *imei.Finding {
	f := &imei.Finding{State: imei.Unknown, Why: "nothing of it was read"}
	switch {
	case s.Present == 0:
		f.Why = "it is not in the dump"
	case s.Image != nil:
		tree, err := image.Files(s.Image)
		if err == nil {
			f = imei.Read(tree)
		} else if f.Why = err.Error(); errors.Is(err, flash.ErrNotThis) {
			f.Why = "it is no file system that can be read"
		}
	}
	if !must && f.Path == "" {
		return nil
	}
	return f
}
