package layout

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
)

// tooFar is larger than any phone without a GPT. An offset there is a damaged entry, and no
// reason to read for days.
const tooFar = 512 << 30

// measure compares the size of the dump with the size of the device, which is known from its
// table and from ranges beyond the end of the dump.
func (l *Layout) measure(beyond []flash.Extent) {
	for _, p := range l.Table.Partitions {
		switch {
		case p.Region != l.User || !p.Placed():
		case l.DeviceSize == 0 && p.End() > tooFar:
			l.problem(flash.Warning, p, "its entry is invalid: no such phone is so large")
		case p.ToEnd:
			l.AtLeast = max(l.AtLeast, p.Offset)
		default:
			l.AtLeast = max(l.AtLeast, p.End())
		}
	}
	l.measureContents()
	want, about := l.DeviceSize, ""
	if want == 0 {
		want, about = l.AtLeast, "at least "
	}
	for _, e := range beyond {
		l.AtLeast = max(l.AtLeast, e.End())
		if e.End() > want {
			want, about = e.End(), "at least "
		}
	}
	switch {
	case l.Have < want:
		start := l.Have - l.Have%l.sector() // a cut sector must be read again
		l.Missing = append(l.Missing, Range{l.User, flash.Extent{Offset: start, Length: want - start}})
		l.Problems.AddAt(flash.Error, string(l.User), l.Have, "the dump is shorter than the phone's %s: 0x%x of %s0x%x bytes (%s), 0x%x bytes are missing",
			l.User, l.Have, about, want, percent(l.Have, want), want-l.Have)
	case l.Have > want && l.DeviceSize > 0:
		l.Problems.AddAt(flash.Warning, string(l.User), want, "the dump is longer than the phone's %s: 0x%x bytes instead of 0x%x (%s), 0x%x bytes follow the end",
			l.User, l.Have, want, percent(l.Have, want), l.Have-want)
	}
	if l.Have%512 != 0 {
		l.Problems.AddAt(flash.Warning, string(l.User), l.Have-l.Have%512, "the dump is not a whole number of 512-byte sectors: %d bytes follow the last one", l.Have%512)
	}
}

// sector returns the unit of reads in flash tools, bytes.
func (l *Layout) sector() int64 {
	return cmp.Or(l.Table.SectorSize, 512)
}

// Complete reports whether the dump certainly has all of the user area.
func (l *Layout) Complete() bool {
	return len(l.Missing) == 0 && l.DeviceSize > 0 && l.Have > 0
}

// percent never rounds up to 100.
func percent(part, whole int64) string {
	for digits := 1; ; digits++ {
		if s := strconv.FormatFloat(100*float64(part)/float64(whole), 'f', digits, 64); digits == 9 || strings.Trim(s, "0.") != "1" && part != 0 {
			return s + " %"
		}
	}
}

// measureContents checks the file systems: one that states more bytes than its partition has in
// the dump was cut. If an MBR's last partition runs to the end of the device, there is no other
// witness of a cut.
func (l *Layout) measureContents() {
	for i, c := range l.Contents {
		p := l.Table.Partitions[i]
		switch c.Kind {
		case image.Ext4, image.F2FS, image.EROFS, image.SquashFS, image.Super:
		default:
			continue
		}
		switch {
		case c.Stated <= p.Length:
		case p.ToEnd:
			l.AtLeast = max(l.AtLeast, p.Offset+c.Stated)
		default:
			l.problem(flash.Warning, p, "contains a %s of 0x%x bytes, more than the partition's 0x%x", c.Kind, c.Stated, p.Length)
		}
	}
}
