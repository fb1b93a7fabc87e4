package imgtest

import (
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// slotActive is the attribute bit by which LK finds the active slot (LK efi.c).
const slotActive = 1 << 2

// MT6765 returns a phone of 2019: GPT on eMMC, certificate-chain preloader, scatter
// V1.1.2. lk and lk2 have the same file name and equal bytes; scp1 and scp2 have the
// same file name and different bytes; tee1 and tee2 have different file names and equal
// bytes. The gap before vendor has data; the gap before userdata, sec1, gz2 and otp are
// zero. system and vendor are partitions, as in Android 9. To include parts of later
// phones, super has product and system_ext, and vbmeta has descriptors of boot,
// recovery, dtbo and product.
func MT6765() *Phone { return build(mt6765()) }

// SmallMT6765 returns the same phone with a small user area.
func SmallMT6765() *Phone { return build(mt6765().small()) }

func mt6765() phoneSpec {
	const board = "demo_k5"
	build := android{chip: "MT6765", board: board, version: "9", sdk: "28", patch: "2019-08-05", id: "SAMPLE.K5"}
	boot, recovery := build.bootImages("", false)
	lk := only(bootloader(board, false))
	tee := only(append(signed("atf", "atf", 0x3000), signed("tee", "tee", 0x4000)...))
	return phoneSpec{
		chip: "MT6765", board: board, storage: flash.EMMC, size: 256 * mib,
		preloader: PreloaderSpec{Board: board, Chip: "MT6765", SigType: 5, Size: 0x1a000},
		medium:    "EMMC_BOOT", bootSize: 0x400000, bootRegion: emmcBoot, bootRow: 0x40000,
		version: "V1.1.2", upgradable: true,
		rows: []row{
			{name: "preloader"},
			{name: "pgpt", size: 0x8000, op: "INVISIBLE"},
			{name: "boot_para", size: mib, op: "INVISIBLE", fill: only(Noise("boot_para", 512))},
			{name: "recovery", file: "recovery.img", size: 16 * mib, fill: only(recovery)},
			{name: "para", size: 512 * kib, op: "INVISIBLE", fill: misc()},
			{name: "expdb", size: 4 * mib, op: "INVISIBLE"},
			{name: "frp", size: mib, op: "INVISIBLE"},
			{name: "nvcfg", size: 4 * mib, op: "PROTECTED", typ: "EXT4_IMG", fill: ext4("nvcfg")},
			{name: "nvdata", size: 8 * mib, op: "INVISIBLE", typ: "EXT4_IMG", fill: ext4("nvdata", identity("")...)},
			{name: "protect1", size: 4 * mib, op: "PROTECTED", typ: "EXT4_IMG", fill: ext4("protect_f")},
			{name: "protect2", size: 4*mib + 480*kib, op: "PROTECTED", typ: "EXT4_IMG", fill: ext4("protect_s")},
			{name: "seccfg", size: mib, op: "INVISIBLE", fill: seccfg()},
			{name: "persist", size: 4 * mib, op: "PROTECTED", typ: "EXT4_IMG", fill: ext4("persist")},
			{name: "sec1", size: 2 * mib, op: "INVISIBLE"},
			{name: "proinfo", size: 3 * mib, op: "PROTECTED", fill: proinfo(board)},
			{name: "md1img", file: "md1img.img", size: 8 * mib, fill: signedImage("md1rom", "modem", 0x8000)},
			{name: "spmfw", file: "spmfw.img", size: mib, fill: newImage("spmfw", "spmfw", 0x1000)},
			{name: "scp1", file: "scp.img", size: mib, fill: newImage("tinysys-scp", "scp one", 0x2000)},
			{name: "scp2", file: "scp.img", size: mib, fill: newImage("tinysys-scp", "scp two", 0x2000)},
			{name: "gz1", size: 2 * mib, op: "INVISIBLE", fill: newImage("gz", "gz", 0x1000)},
			{name: "gz2", size: 2 * mib, op: "INVISIBLE"},
			{name: "nvram", size: 8 * mib, op: "BINREGION", fill: nvram(board)},
			{name: "lk", file: "lk.img", size: mib, fill: lk},
			{name: "lk2", file: "lk.img", size: mib, fill: lk},
			{name: "boot", file: "boot.img", size: 16 * mib, fill: only(boot)},
			{name: "logo", file: "logo.bin", size: 4 * mib, fill: only(Logo(false))},
			{name: "dtbo", file: "dtbo.img", size: 2 * mib, fill: only(DTBO())},
			{name: "tee1", file: "tee1.img", size: 2 * mib, fill: tee},
			{name: "tee2", file: "tee2.img", size: 2 * mib, fill: tee},
			{name: "vendor", file: "vendor.img", size: 24 * mib, typ: "EXT4_IMG", gap: mib,
				gapData: Noise("gap before vendor", 5000), fill: ext4("vendor", build.vendor("vendor")...)},
			{name: "system", file: "system.img", size: 40 * mib, typ: "EXT4_IMG",
				fill: ext4("system", build.system()...)},
			{name: "vbmeta", file: "vbmeta.img", size: mib, fill: only(build.vbmeta(boot, recovery, DTBO()))},
			{name: "cache", file: "cache.img", size: 4 * mib, typ: "EXT4_IMG", fill: ext4("cache")},
			{name: "super", file: "super.img", size: 4 * mib, fill: build.logicalParts},
			{name: "userdata", file: "userdata.img", size: rest, typ: "EXT4_IMG", gap: mib, fill: ext4("userdata")},
			{name: "otp", size: 0x2b00000, op: "RESERVED"},
			{name: "flashinfo", size: 16 * mib, op: "RESERVED", fill: only(Noise("flashinfo", 512))},
			{name: "sgpt", size: 0x8000, op: "RESERVED"},
		},
		table: func(p *Phone) { p.putGPT(512) },
	}
}

// MT6893 returns a phone of 2021: UFS with sectors of 4096 bytes, A/B slots (slot b has
// no files in the scatter file; on flash lk has equal bytes in both slots, boot
// different ones), a super partition with system and vendor, and a scatter file V2.1.0
// with CRLF for eMMC and UFS.
func MT6893() *Phone { return build(mt6893()) }

// SmallMT6893 returns the same phone with a small user area.
func SmallMT6893() *Phone { return build(mt6893().small()) }

func mt6893() phoneSpec {
	const board = "demo_u8"
	build := android{chip: "MT6893", board: board, version: "11", sdk: "30", patch: "2021-03-05", id: "SAMPLE.U8"}
	bootA, _ := build.bootImages("a", false)
	bootB, _ := build.bootImages("b", false)
	lk := only(bootloader(board, false))
	const b = "INVISIBLE" // slot b is not downloaded
	return phoneSpec{
		chip: "MT6893", board: board, storage: flash.UFS, size: 256 * mib,
		preloader: PreloaderSpec{Board: board, Chip: "MT6893", SigType: 5, Size: 0x20000,
			MaxSize: 0x80000, FlashDev: 0x0c},
		medium: "UFS_BOOT", bootSize: 0x400000, bootRegion: ufsBoot, bootRow: 0x80000,
		version: "V2.1.0", upgradable: true,
		rows: []row{
			{name: "preloader"},
			{name: "pgpt", size: 0x8000, op: "INVISIBLE"},
			{name: "misc", size: 512 * kib, op: "INVISIBLE", fill: misc()},
			{name: "para", size: 512 * kib, op: "INVISIBLE"},
			{name: "expdb", size: 4 * mib, op: "INVISIBLE"},
			{name: "frp", size: mib, op: "INVISIBLE"},
			{name: "vbmeta_a", file: "vbmeta.img", size: mib, fill: only(VBMeta()), attributes: slotActive},
			{name: "vbmeta_b", size: mib, op: b, fill: only(VBMeta())},
			{name: "nvcfg", size: 4 * mib, op: "PROTECTED", typ: "EXT4_IMG", fill: ext4("nvcfg")},
			{name: "nvdata", size: 8 * mib, op: "INVISIBLE", typ: "EXT4_IMG", fill: ext4("nvdata", identity("")...)},
			{name: "persist", size: 4*mib + 992*kib, op: "PROTECTED", typ: "EXT4_IMG", fill: ext4("persist")},
			{name: "protect1", size: 4 * mib, op: "PROTECTED", typ: "EXT4_IMG", fill: ext4("protect_f")},
			{name: "protect2", size: 4 * mib, op: "PROTECTED", typ: "EXT4_IMG", fill: ext4("protect_s")},
			{name: "seccfg", size: mib, op: "INVISIBLE", fill: seccfg()},
			{name: "proinfo", size: 3 * mib, op: "PROTECTED", fill: proinfo(board)},
			{name: "nvram", size: 8 * mib, op: "BINREGION", fill: nvram(board)},
			{name: "md1img_a", file: "md1img.img", size: 8 * mib, fill: signedImage("md1rom", "modem 5g", 0x8000)},
			{name: "md1img_b", size: 8 * mib, op: b},
			{name: "lk_a", file: "lk.img", size: mib, fill: lk, attributes: slotActive},
			{name: "lk_b", size: mib, op: b, fill: lk},
			{name: "boot_a", file: "boot.img", size: 16 * mib, fill: only(bootA), attributes: slotActive},
			{name: "boot_b", size: 16 * mib, op: b, fill: only(bootB)},
			{name: "logo", file: "logo.bin", size: 4 * mib, fill: only(Logo(false))},
			{name: "tee_a", file: "tee.img", size: 2 * mib, fill: signedImage("tee", "tee 5g", 0x4000)},
			{name: "tee_b", size: 2 * mib, op: b, fill: signedImage("tee", "tee 5g", 0x4000)},
			{name: "super", file: "super.img", size: 64 * mib, gap: mib, gapData: Noise("gap before super", 4096),
				fill: build.super},
			{name: "userdata", file: "userdata.img", size: rest, typ: "EXT4_IMG", fill: ext4("userdata")},
			{name: "flashinfo", size: 16 * mib, op: "RESERVED"},
			{name: "sgpt", size: 0x8000, op: "RESERVED"},
		},
		table: func(p *Phone) { p.putGPT(4096) },
	}
}

// putGPT writes the table with all rows of a GPT: the preloader and the two copies of
// the table are rows of the scatter file only.
func (p *Phone) putGPT(sectorSize int64) {
	var rows []GPTRow
	for i := range p.Rows {
		r := &p.Rows[i]
		if slices.Contains([]string{"preloader", "pgpt", "sgpt"}, r.Name) {
			continue
		}
		r.GUID, r.TypeGUID = mtkGUID(len(rows)), basicData
		rows = append(rows, GPTRow{Name: r.Name, Extent: r.Extent, GUID: r.GUID, Attributes: r.Attributes})
	}
	p.User.PutGPT(GPTSpec{SectorSize: sectorSize, DeviceSize: p.User.Size(), Rows: rows})
}
