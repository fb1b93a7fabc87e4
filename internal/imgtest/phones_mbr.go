package imgtest

import "github.com/mtkkit/mtkkit/flash"

const (
	kib = int64(1) << 10
	mib = int64(1) << 20
)

// MT6592 returns a phone of 2014: MBR, EBR1 and EBR2, scatter V1.1.2 with equal linear
// and physical addresses. The MBR has PROTECT_F, PROTECT_S and SEC_RO, EBR1 has FRP,
// ANDROID and CACHE, EBR2 has USRDATA without a length. FRP and EXPDB are zero; the gap
// before ANDROID has data, and the gap before USRDATA is empty.
func MT6592() *Phone { return build(mt6592()) }

// SmallMT6592 returns the same phone with a small user area.
func SmallMT6592() *Phone { return build(mt6592().small()) }

func mt6592() phoneSpec {
	const board = "demo_s1"
	build := android{chip: "MT6592", board: board, version: "4.4.2", sdk: "19", patch: "2014-10-01", id: "SAMPLE.S1", emmcNames: true}
	boot, recovery := build.bootImages("", true)
	return phoneSpec{
		chip: "MT6592", board: board, storage: flash.EMMC, size: 256 * mib,
		preloader: PreloaderSpec{Board: board, Chip: "MT6592", Nested: true},
		medium:    "EMMC_BOOT", bootSize: 0x40000, bootRegion: flash.EMMCBoot1, bootRow: 0x40000,
		version: "V1.1.2",
		rows: []row{
			{name: "PRELOADER"},
			{name: "MBR", file: "MBR", size: 512 * kib},
			{name: "EBR1", file: "EBR1", size: 512 * kib},
			{name: "PRO_INFO", size: 3 * mib, op: "PROTECTED", fill: proinfo(board)},
			{name: "NVRAM", size: 5 * mib, op: "BINREGION", fill: nvram(board)},
			{name: "PROTECT_F", size: 6 * mib, op: "PROTECTED", typ: "EXT4_IMG", fill: ext4("protect_f")},
			{name: "PROTECT_S", size: 6 * mib, op: "PROTECTED", typ: "EXT4_IMG", fill: ext4("protect_s")},
			{name: "SECCFG", size: 256 * kib, op: "INVISIBLE", fill: seccfg()},
			{name: "UBOOT", file: "lk.bin", size: 384 * kib, fill: only(bootloader(board, true))},
			{name: "BOOTIMG", file: "boot.img", size: 8 * mib, fill: only(boot)},
			{name: "RECOVERY", file: "recovery.img", size: 8 * mib, fill: only(recovery)},
			{name: "SEC_RO", file: "secro.img", size: 4 * mib, fill: only(SecRO())},
			{name: "MISC", size: 512 * kib, op: "INVISIBLE", fill: misc()},
			{name: "LOGO", file: "logo.bin", size: 3 * mib, fill: only(Logo(true))},
			{name: "EBR2", file: "EBR2", size: 512 * kib},
			{name: "FRP", size: mib, op: "INVISIBLE"},
			{name: "EXPDB", size: 10 * mib, op: "INVISIBLE"},
			{name: "ANDROID", file: "system.img", size: 64 * mib, typ: "EXT4_IMG", gap: 896 * kib,
				gapData: Noise("gap before android", 3000),
				fill:    ext4("system", build.system()...)},
			{name: "CACHE", file: "cache.img", size: 30 * mib, typ: "EXT4_IMG", fill: ext4("cache")},
			{name: "USRDATA", file: "userdata.img", size: rest, typ: "EXT4_IMG", gap: 2 * mib, fill: ext4("userdata", append([]CPIOFile{folder("nvram")}, identity("nvram/")...)...)},
			{name: "BMTPOOL", size: 21 * mib, op: "RESERVED"},
		},
		table: func(p *Phone) {
			p.User.PutSectors(MBRChain(MBRSpec{
				Primary: p.extents("PROTECT_F", "PROTECT_S", "SEC_RO"),
				EBRs: []EBRSpec{
					{p.Row("EBR1").Offset, p.extents("FRP", "ANDROID", "CACHE")},
					{p.Row("EBR2").Offset, p.extents("USRDATA")},
				},
				ToEnd: true,
			}))
		},
	}
}

// MT6572 returns a phone of 2013: MBR and EBR1, scatter V1.1.1 with linear addresses
// 0x1400000 above physical ones (the PRELOADER row's size), ext4 rows of the type
// YAFFS_IMG, and a last row FAT whose length is in no table.
func MT6572() *Phone { return build(mt6572()) }

// SmallMT6572 returns the same phone with a small user area.
func SmallMT6572() *Phone { return build(mt6572().small()) }

func mt6572() phoneSpec {
	const board = "demo_c2"
	build := android{chip: "MT6572", board: board, version: "4.2.2", sdk: "17", patch: "2013-09-01", id: "SAMPLE.C2", emmcNames: true}
	boot, recovery := build.bootImages("", true)
	return phoneSpec{
		chip: "MT6572", board: board, storage: flash.EMMC, size: 256 * mib,
		preloader: PreloaderSpec{Board: board, Chip: "MT6572"},
		medium:    "EMMC_BOOT", bootSize: 0x200000, bootRegion: flash.EMMCBoot1, bootRow: 0x1400000,
		version: "V1.1.1", linearBase: 0x1400000,
		rows: []row{
			{name: "PRELOADER"},
			{name: "MBR", file: "MBR", size: 512 * kib},
			{name: "EBR1", file: "EBR1", size: 512 * kib},
			{name: "PRO_INFO", size: 3 * mib, op: "PROTECTED", fill: proinfo(board)},
			{name: "NVRAM", size: 5 * mib, op: "BINREGION", fill: nvram(board)},
			{name: "PROTECT_F", size: 6 * mib, op: "PROTECTED", typ: "YAFFS_IMG", fill: ext4("protect_f")},
			{name: "PROTECT_S", size: 6 * mib, op: "PROTECTED", typ: "YAFFS_IMG", fill: ext4("protect_s")},
			{name: "SECCFG", size: 128 * kib, op: "INVISIBLE", fill: seccfg()},
			{name: "UBOOT", file: "lk.bin", size: 384 * kib, fill: only(bootloader(board, true))},
			{name: "BOOTIMG", file: "boot.img", size: 6 * mib, fill: only(boot)},
			{name: "RECOVERY", file: "recovery.img", size: 6 * mib, fill: only(recovery)},
			{name: "SEC_RO", file: "secro.img", size: 256 * kib, typ: "YAFFS_IMG", fill: only(SecRO())},
			{name: "MISC", size: 512 * kib, op: "INVISIBLE", fill: misc()},
			{name: "LOGO", file: "logo.bin", size: 3 * mib, fill: only(Logo(true))},
			{name: "EXPDB", size: 10 * mib, op: "INVISIBLE"},
			{name: "ANDROID", file: "system.img", size: 48 * mib, typ: "YAFFS_IMG", gap: mib,
				fill: ext4("system", build.system()...)},
			{name: "CACHE", file: "cache.img", size: 20 * mib, typ: "YAFFS_IMG", fill: ext4("cache")},
			{name: "USRDATA", file: "userdata.img", size: 64 * mib, typ: "YAFFS_IMG", fill: ext4("userdata", append([]CPIOFile{folder("nvram")}, identity("nvram/")...)...)},
			{name: "FAT", size: rest, op: "INVISIBLE", typ: "FAT_IMG", noLength: true},
			{name: "BMTPOOL", size: 21 * mib, op: "RESERVED"},
		},
		table: func(p *Phone) {
			p.User.PutSectors(MBRChain(MBRSpec{
				Primary: p.extents("PROTECT_F", "PROTECT_S", "ANDROID"),
				EBRs:    []EBRSpec{{p.Row("EBR1").Offset, p.extents("CACHE", "USRDATA", "FAT")}},
				ToEnd:   true,
			}))
		},
	}
}

func (p *Phone) extents(names ...string) []flash.Extent {
	var out []flash.Extent
	for _, n := range names {
		out = append(out, p.Row(n).Extent)
	}
	return out
}
