package layout

import (
	"encoding/binary"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// TestNoPhone: a memory card, or the disk of a computer, is not taken for a phone without a
// word.
func TestNoPhone(t *testing.T) {
	const size = 64 << 20
	card := imgtest.NewSparse(size)
	mbr := make([]byte, 512)
	mbr[0x1BE+4] = 0x0C // FAT32
	binary.LittleEndian.PutUint32(mbr[0x1BE+8:], 2048)
	binary.LittleEndian.PutUint32(mbr[0x1BE+12:], size/512-2048)
	mbr[510], mbr[511] = 0x55, 0xAA
	card.Put(0, mbr)

	disk := imgtest.NewSparse(size)
	disk.PutGPT(imgtest.GPTSpec{SectorSize: 512, DeviceSize: size, Rows: []imgtest.GPTRow{
		{Name: "EFI System", Extent: flash.Extent{Offset: 1 << 20, Length: 32 << 20}},
	}})
	for name, img := range map[string]flash.Image{"card": card, "disk": disk} {
		dev := &flash.Device{Storage: flash.EMMC, Parts: []flash.Part{{Region: flash.EMMCUser, Image: img, Source: "dump"}}}
		if l := resolve(t, dev, Options{}); !says(l, noPhone) || flash.Worst(l.Problems) < flash.Warning {
			t.Errorf("%s: %v", name, l.Problems)
		}
	}
}
