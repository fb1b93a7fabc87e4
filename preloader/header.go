package preloader

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/nfi"
)

// Names of the media in a boot region's first 12 bytes. MediumGFH means a bare file without a
// region header.
const (
	MediumEMMC  = "EMMC_BOOT"
	MediumSDMMC = "SDMMC_BOOT"
	MediumSF    = "SF_BOOT" // serial NOR
	MediumUFS   = "UFS_BOOT"
	MediumCombo = "COMBO_BOOT"
	MediumGFH   = "GFH"
)

// medium has the properties of one kind of boot region.
type medium struct {
	name   string
	device uint16 // low half of the word after BBBB
	unit   uint32
	begin  int64 // offset at which vendors put the file
	fill   byte  // fills the bytes from 0x400 to begin
}

// deviceEMMC is the device in the entries of eMMC regions, and also of MT6897's UFS regions.
const deviceEMMC = 0x05

// Devices and units: u-boot tools/mtk_image.h (eMMC, SDMMC, SF) and real regions
// (eMMC, SF, UFS, COMBO). The fill is 0x00 in all eMMC regions seen and 0xFF in all
// others; SDMMC is written like eMMC.
var media = []medium{
	{MediumEMMC, deviceEMMC, 0x200, 0x800, 0x00},
	{MediumSDMMC, 0x08, 0x200, 0x800, 0x00},
	{MediumSF, 0x07, 0x200, 0x800, 0xFF},
	{MediumUFS, 0x0C, 0x1000, 0x1000, 0xFF},
	{MediumCombo, 0x0E, 0x1000, 0x1000, 0xFF},
}

func mediumNamed(name string) *medium {
	for i := range media {
		if media[i].name == name {
			return &media[i]
		}
	}
	return nil
}

// Fields of the device header and of BRLYT, bytes from their start.
const (
	headerSize    = 0x200
	headerName    = 0x00
	headerNameLen = 12
	headerVersion = 0x0C
	headerUnit    = 0x10

	layoutOffset  = 0x200 // on eMMC, SF, UFS and COMBO; NAND: second page
	layoutSize    = 0xB4
	layoutMagic   = "BRLYT\x00\x00\x00"
	layoutVersion = 0x08
	layoutBoot    = 0x0C
	layoutMain    = 0x10
	layoutEntries = 0x14

	entrySize     = 20
	entryCount    = 8
	entryMagic    = 0x42424242 // "BBBB"
	entryDevice   = 0x04
	entryType     = 0x06
	entryBegin    = 0x08
	entryBoundary = 0x0C
	entryAttr     = 0x10
)

// DeviceHeader is the first block of a boot region.
type DeviceHeader struct {
	Name    string `json:"name"`    // up to the first NUL: mkimage leaves 0xFF after it
	Version uint32 `json:"version"` // 1
	Unit    uint32 `json:"unit"`    // bytes: 0x200, or 0x1000 on UFS and COMBO
}

// Layout is the boot region layout block, BRLYT.
type Layout struct {
	Offset  int64        `json:"offset"` // of the block in the image, bytes
	Version uint32       `json:"version"`
	Boot    uint32       `json:"boot"` // boot region address: the start of the first file
	Main    uint32       `json:"main"` // main region address: end of the reserved area
	Entries []Descriptor `json:"entries"`
}

// Descriptor is one bootloader entry of BRLYT. Begin and Boundary are as stored: bytes, on NAND
// pages. Boundary is the end of the reserved area, not of the file.
type Descriptor struct {
	Index     int    `json:"index"`
	Offset    int64  `json:"offset"` // of the entry in the image, bytes
	Device    uint16 `json:"device"`
	Type      uint16 `json:"type"` // like FILE_INFO's file type: 1 preloader
	Begin     uint32 `json:"begin"`
	Boundary  uint32 `json:"boundary"`
	Attribute uint32 `json:"attribute"`
}

func parseHeader(b []byte) *DeviceHeader {
	if len(b) < headerUnit+4 {
		return nil
	}
	name := cString(b[headerName:headerNameLen])
	if mediumNamed(name) == nil {
		return nil
	}
	return &DeviceHeader{
		Name:    name,
		Version: binary.LittleEndian.Uint32(b[headerVersion:]),
		Unit:    binary.LittleEndian.Uint32(b[headerUnit:]),
	}
}

// check compares the header with the known values of its medium.
func (h *DeviceHeader) check() []flash.Problem {
	var ps []flash.Problem
	if h.Version != 1 {
		ps = append(ps, warn("device header", headerVersion, "version is %d, not 1", h.Version))
	}
	if m := mediumNamed(h.Name); m.unit != h.Unit {
		ps = append(ps, warn("device header", headerUnit,
			"unit is 0x%x; %s regions have 0x%x", h.Unit, h.Name, m.unit))
	}
	return ps
}

// readLayout reads the BRLYT block at off. It returns nil if there is none.
func readLayout(img flash.Image, off int64) (*Layout, error) {
	b, err := peek(img, off, layoutSize)
	if err != nil || len(b) < layoutEntries || !bytes.HasPrefix(b, []byte(layoutMagic)) {
		return nil, err
	}
	u32 := binary.LittleEndian.Uint32
	l := &Layout{
		Offset:  off,
		Version: u32(b[layoutVersion:]),
		Boot:    u32(b[layoutBoot:]),
		Main:    u32(b[layoutMain:]),
	}
	for i := range entryCount {
		at := layoutEntries + i*entrySize
		if at+entrySize > len(b) {
			break
		}
		e := b[at : at+entrySize]
		if u32(e) != entryMagic {
			continue // unused: vendors write 0, mkimage 0xFF
		}
		l.Entries = append(l.Entries, Descriptor{
			Index:     i,
			Offset:    off + int64(at),
			Device:    binary.LittleEndian.Uint16(e[entryDevice:]),
			Type:      binary.LittleEndian.Uint16(e[entryType:]),
			Begin:     u32(e[entryBegin:]),
			Boundary:  u32(e[entryBoundary:]),
			Attribute: u32(e[entryAttr:]),
		})
	}
	return l, nil
}

// check compares the block with the region's header.
func (l *Layout) check(medium string) []flash.Problem {
	var ps []flash.Problem
	if l.Version != 1 {
		ps = append(ps, warn("BRLYT", l.Offset+layoutVersion, "version is %d, not 1", l.Version))
	}
	m := mediumNamed(medium)
	for _, e := range l.Entries {
		if m != nil && e.Device != m.device && !(medium == MediumUFS && e.Device == deviceEMMC) {
			ps = append(ps, warn(e.place(), e.Offset+entryDevice,
				"device 0x%x does not belong to %s, which has 0x%x", e.Device, medium, m.device))
		}
	}
	if len(l.Entries) == 0 {
		ps = append(ps, warn("BRLYT", l.Offset+layoutEntries, "no bootloader entry"))
	}
	return ps
}

func (d Descriptor) place() string { return fmt.Sprintf("BRLYT entry %d", d.Index) }

func cString(b []byte) string {
	s, _, _ := bytes.Cut(b, []byte{0})
	return string(s)
}

// Fits reports whether a device with this storage can start from a region with this header. It is
// also true if that is unknown: for COMBO regions, bare files and an unknown storage.
func Fits(medium string, s flash.Storage) bool {
	if kind := StorageOf(medium); kind != "" && s != "" {
		return kind == s || kind == flash.EMMC && s == "SDMMC"
	}
	return true
}

// StorageOf returns the storage for the header of a boot region, or "" if the header does not tell
// it.
func StorageOf(medium string) flash.Storage {
	switch medium {
	case MediumEMMC, MediumSDMMC:
		return flash.EMMC
	case MediumUFS:
		return flash.UFS
	case MediumSF:
		return flash.NOR
	case nfi.Classic, nfi.HSM, nfi.SPI:
		return flash.NAND
	}
	return ""
}
