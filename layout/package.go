package layout

import (
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// ofPackage makes the layout of a firmware package: its images are the rows, and nothing else is a
// witness.
func (l *Layout) ofPackage(dev *flash.Device, opt Options) *Layout {
	user := dev.User()
	l.Generation, l.Witness = flash.GenerationPackage, flash.WitnessPackage
	l.Table.Partitions, l.Claimed = opt.Rows, false // a scatter file names the chip only
	l.Have, l.DeviceSize = user.Image.Size(), user.Image.Size()
	l.lookAt(user.Image)
	l.leaveOutFree(dev)
	l.tellLacking(user)
	l.measureContents()
	l.identifyPackage(user.Image)
	l.identify(opt)
	return l
}

// tellLacking reports the images of which the package does not have all bytes. Nobody can read them
// from a phone, so they are not in Missing.
func (l *Layout) tellLacking(user *flash.Part) {
	for _, row := range l.Table.Partitions {
		if lost := flash.Total(flash.Within(user.Unread, row.Extent)); lost > 0 {
			l.Problems.Add(flash.Error, row.Name, "the package lacks 0x%x of its 0x%x bytes (%s)", lost, row.Length, flash.Size(lost))
		}
	}
}

// identifyPackage takes chip and project from the preloader of the package.
func (l *Layout) identifyPackage(img flash.Image) {
	for _, row := range l.Table.Partitions {
		if scatter.Canonical(row.Name) != "preloader" {
			continue
		}
		p, err := preloader.Read(flash.Slice(img, row.Extent))
		if err != nil || p.Main() == nil {
			continue
		}
		if chip, sure := p.Main().Chip(); chip != "" {
			l.Chip = Fact{chip, "preloader in " + row.File + ", confidence " + string(sure)}
		}
		if b := p.Main().Bloader; b != nil && b.Board != "" {
			l.Project = Fact{b.Board, "preloader in " + row.File}
		}
		return
	}
}
