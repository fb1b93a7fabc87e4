package lp

import (
	"bytes"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// FuzzRead takes the metadata of a small super partition, makes their checksums hold,
// and looks that what is read lies within the image.
func FuzzRead(f *testing.F) {
	device := []imgtest.LogicalDevice{{Name: "super", Size: 64 << 10}, {Name: "vendor", Size: 1 << 20, Flags: 1}}
	l := imgtest.Logical{Groups: []string{"default"}, Devices: device, Partitions: []imgtest.LogicalPartition{
		{Name: "system", Attributes: SlotSuffixed, Extents: []imgtest.LogicalExtent{{Sectors: 4, Start: 2}, {Sectors: 9, Kind: 1}}},
		{Name: "odm", Extents: []imgtest.LogicalExtent{{Sectors: 7, Start: 9, Device: 1}}},
	}}
	f.Add(l.Metadata())
	l.Partitions = l.Partitions[:1]
	f.Add(l.Metadata())
	const room = 0x400
	super, other := make([]byte, 64<<10), make([]byte, 32<<10)
	copy(super[0x1000:], imgtest.LogicalGeometry(room, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < headerSize || len(b) > room {
			return
		}
		img := bytes.Clone(super)
		copy(img[0x3000:], b)
		imgtest.SealLogical(img[0x3000 : 0x3000+len(b)])
		s, err := Read(bytes.NewReader(img), func(string) flash.Image { return bytes.NewReader(other) })
		if err != nil {
			return
		}
		for _, p := range s.Partitions("") {
			if p.Size < 0 || p.Missing < 0 || p.Missing > p.Size || (p.Image == nil) != (p.Missing > 0) {
				t.Fatalf("%+v", p)
			}
			if p.Image == nil {
				continue
			}
			if p.Image.Size() != p.Size {
				t.Fatalf("%d bytes of %+v", p.Image.Size(), p)
			}
			if n := min(p.Size, 4096); n > 0 {
				if _, err := flash.ReadFull(p.Image, p.Size-n, int(n)); err != nil {
					t.Fatalf("%+v: %v", p, err)
				}
			}
		}
	})
}
