package flash

import "strings"

// Region names a hardware area of the flash, with the scatter file's name.
type Region string

// The regions that scatter files of MediaTek phones name.
const (
	EMMCUser  Region = "EMMC_USER"
	EMMCBoot1 Region = "EMMC_BOOT_1"
	EMMCBoot2 Region = "EMMC_BOOT_2"
	EMMCRPMB  Region = "EMMC_RPMB"
	UFSLU0    Region = "UFS_LU0"
	UFSLU1    Region = "UFS_LU1"
	UFSLU2    Region = "UFS_LU2"
	NANDWhole Region = "NAND_WHOLE"
	NORWhole  Region = "NOR_WHOLE"

	// A chip of these kinds is one region. The next two names are mtkkit's own, for a dump of
	// only the start of the chip, with the boot loaders.
	NANDBoot Region = "NAND_BOOT"
	NORBoot  Region = "NOR_BOOT"

	// PackageFiles is mtkkit's own name, too: the images of a firmware package that does not say
	// where they belong on a phone, one after the other.
	PackageFiles Region = "PACKAGE"
)

// IsUser reports whether r is the region with the partitions.
func (r Region) IsUser() bool {
	return r == EMMCUser || r == UFSLU2 || r == NANDWhole || r == NORWhole || r == PackageFiles
}

// IsBoot reports whether r is, or begins with, a region from which a preloader is read. Scatter
// files join both boot regions in one word (EMMC_BOOT1_BOOT2, UFS_LU0_LU1).
func (r Region) IsBoot() bool {
	return strings.HasPrefix(string(r), "EMMC_BOOT") || r == UFSLU0 || r == UFSLU1 || r == "UFS_LU0_LU1" ||
		r == NANDBoot || r == NORBoot
}

// Storage is the flash type: "EMMC", "UFS", "NAND", "NOR", "SDMMC", or "" if unknown.
type Storage string

// The flash types from which a MediaTek device can start.
const (
	EMMC Storage = "EMMC"
	UFS  Storage = "UFS"
	NAND Storage = "NAND"
	NOR  Storage = "NOR" // serial NOR of watches and feature phones

	// Package is the type of a device that is a firmware package without a table.
	Package Storage = "PACKAGE"
)

// areas are the region names of a flash type. NAND and NOR have only one: the chip is one
// region, and begins with the preloader.
type areas struct{ user, boot1, boot2 Region }

var areasOf = map[Storage]areas{
	EMMC: {EMMCUser, EMMCBoot1, EMMCBoot2},
	UFS:  {UFSLU2, UFSLU0, UFSLU1},
	NAND: {NANDWhole, NANDWhole, NANDWhole},
	NOR:  {NORWhole, NORWhole, NORWhole},

	Package: {user: PackageFiles},
}

// User, Boot1 and Boot2 return the region names of this flash type. An unknown type has those of
// eMMC, the most common one.
func (s Storage) User() Region  { return s.areas().user }
func (s Storage) Boot1() Region { return s.areas().boot1 }
func (s Storage) Boot2() Region { return s.areas().boot2 }

// BootAlone returns the region name of a dump that is only a boot region.
func (s Storage) BootAlone() Region {
	switch s {
	case NAND:
		return NANDBoot
	case NOR:
		return NORBoot
	}
	return s.Boot1()
}

func (s Storage) areas() areas {
	if a, ok := areasOf[s]; ok {
		return a
	}
	return areasOf[EMMC]
}

// Part is one region of a device with the origin of its bytes.
type Part struct {
	Region Region
	Image  Image
	Source string // name for messages: a file name
	Base   int64  // offset of the region's start in the source, bytes; below 0 if its head is cut off

	// Unread are the ranges of the region that nobody has read from the phone. Reads return
	// zeros there, which have no meaning. The ranges are in order, without overlap, and include
	// a head that is cut off.
	Unread []Extent

	// Beyond are the unread ranges of the region behind the end of Image, as far as they are known.
	Beyond []Extent
}

// InSource returns the offset of the part in its source, and its bytes from there on, without a
// head that is cut off.
func (p Part) InSource() (off int64, img Image) {
	cut := max(-p.Base, 0)
	return max(p.Base, 0), Slice(p.Image, Extent{cut, p.Image.Size() - cut})
}

// Record returns the manifest's record of the part.
func (p Part) Record() ManifestSource {
	return ManifestSource{Name: p.Source, Region: p.Region, Offset: p.Base, Size: p.Image.Size(), Unread: p.Unread, Beyond: p.Beyond}
}

// Device has the bytes of one phone's flash that are at hand. A dump of the user area is a
// Device with one region; files of boot regions add theirs.
type Device struct {
	Storage  Storage
	Parts    []Part   // main source first
	Problems Problems // found while it was opened
}

// Image returns the bytes of a region, or nil if the dump has none.
func (d *Device) Image(r Region) Image {
	if p := d.Part(r); p != nil {
		return p.Image
	}
	return nil
}

// Part returns the part with region r, or nil.
func (d *Device) Part(r Region) *Part {
	for i := range d.Parts {
		if d.Parts[i].Region == r {
			return &d.Parts[i]
		}
	}
	return nil
}

// User returns the part with the user area, or nil if the dump has none.
func (d *Device) User() *Part {
	for i := range d.Parts {
		if d.Parts[i].Region.IsUser() {
			return &d.Parts[i]
		}
	}
	return nil
}

// SetStorage changes the device's flash type, and the names of its regions.
func (d *Device) SetStorage(s Storage) {
	old := d.Storage
	d.Storage = s
	for i := range d.Parts {
		switch p := &d.Parts[i]; p.Region {
		case old.User():
			p.Region = s.User()
		case old.Boot1(), old.BootAlone():
			p.Region = s.BootAlone()
		case old.Boot2():
			p.Region = s.Boot2()
		}
	}
}
