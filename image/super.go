package image

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/lp"
)

// Offsets of the dynamic partitions' metadata (AOSP liblp metadata_format.h). The first
// slot follows the two copies of the geometry.
const (
	superGeometry = 0x1000
	superMetadata = 0x3000

	lpHeaderSize   = 0x08 // of the header: the tables follow it
	lpBlockDevices = 0x74 // descriptor: offset in the tables, count, entry size
	lpDeviceSize   = 0x10 // in a block device's entry, bytes
	lpDeviceName   = 0x18
)

// readSuper reads name and size of the device of super from its metadata.
func readSuper(h *head) (string, int64, bool) {
	b, err := flash.ReadFull(h.img, superMetadata, page)
	if err != nil || string(b[:4]) != "0PLA" {
		return "", 0, true
	}
	u32 := func(off int) int { return int(binary.LittleEndian.Uint32(b[off:])) }
	entry := u32(lpHeaderSize) + u32(lpBlockDevices)
	if u32(lpBlockDevices+4) < 1 || u32(lpHeaderSize) > page || entry < 0 || entry > page-64 {
		return "", 0, true
	}
	size := binary.LittleEndian.Uint64(b[entry+lpDeviceSize:])
	if size > 1<<50 {
		size = 0
	}
	return printable(b[entry+lpDeviceName : entry+lpDeviceName+36]), int64(size), true
}

// tellSuper adds the logical partitions, and for each one the bytes that are missing.
func tellSuper(i *Info) {
	s, err := lp.Read(i.img, nil)
	if err != nil {
		i.failed(err)
		return
	}
	i.Problems = append(i.Problems, s.Problems...)
	i.add("slots", "%d, metadata of at most 0x%x bytes", s.Geometry.Slots, s.Geometry.MetadataMaxSize)
	if s.Empty {
		i.add("form", "a table without contents, as in firmware packages (super_empty.img)")
	}
	for _, m := range s.Slots {
		if m == nil {
			continue
		}
		i.add("metadata", "slot %d, version %s%s", m.Slot, m.Version, map[bool]string{true: ", virtual A/B"}[m.VirtualAB])
		for _, d := range m.Devices {
			i.add("device", "%s, %s", d.Name, flash.Size(d.Size))
		}
	}
	for _, p := range s.Partitions("") {
		missing := ""
		if p.Missing > 0 {
			missing = fmt.Sprintf(", %s of it are missing", flash.Size(p.Missing))
		}
		if len(p.Needs) > 0 {
			missing += ": it needs " + strings.Join(p.Needs, " ")
		}
		i.add("partition", "%s, %s in group %s%s", p.Name, flash.Size(p.Size), p.Group, missing)
	}
}
