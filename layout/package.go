package layout

import "github.com/mtkkit/mtkkit/flash"

// ofPackage makes the layout of a firmware package without a table: its files are the rows, and
// nothing else is a witness.
func (l *Layout) ofPackage(dev *flash.Device, opt Options) *Layout {
	img := dev.User().Image
	l.Generation, l.Witness = flash.GenerationPackage, flash.WitnessPackage
	l.Table.Partitions, l.Claimed = opt.Rows, false // a scatter file names the chip only
	l.Have, l.DeviceSize = img.Size(), img.Size()
	l.lookAt(img)
	l.leaveOutFree(dev)
	l.tellUnread(dev)
	l.measureContents()
	l.identify(opt)
	return l
}
