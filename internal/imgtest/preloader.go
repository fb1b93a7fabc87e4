package imgtest

import (
	"crypto/sha256"
	"strings"
)

// PreloaderSpec describes a preloader file. Only Board and Chip are required.
type PreloaderSpec struct {
	Board    string // "demo_s1" for preloader_demo_s1.bin
	Chip     string // "MT6592"
	SigType  int    // FILE_INFO sig_type 1 PHASH, 3 SINGLE_AND_PHASH, 5 CERT_CHAIN; 0 means 3
	Size     int    // FILE_INFO file_len, bytes, a multiple of 4; 0 means 0x18000
	MaxSize  int    // FILE_INFO max_size, bytes; 0 means 0x20000, or 0x40000 with SigType 5
	LoadAddr uint32 // FILE_INFO load_addr; 0 means the usual one of the generation
	FlashDev byte   // FILE_INFO flash_dev; 0 means 5, eMMC boot
	NoName   bool   // no MTK_BLOADER_INFO trailer, as on the newest chips
	Nested   bool   // a second, unrelated FILE_INFO inside the code, as eight real ones have
}

func (s PreloaderSpec) withDefaults() PreloaderSpec {
	if s.SigType == 0 {
		s.SigType = 3
	}
	if s.Size == 0 {
		s.Size = 0x18000
	}
	if s.MaxSize == 0 {
		s.MaxSize = 0x20000
		if s.SigType == 5 {
			s.MaxSize = 0x40000
		}
	}
	if s.LoadAddr == 0 {
		s.LoadAddr = 0x00200100
		if s.SigType == 5 {
			s.LoadAddr = 0x00200f10
		}
	}
	if s.FlashDev == 0 {
		s.FlashDev = 5
	}
	return s
}

// FileName returns the usual file name of the preloader.
func (s PreloaderSpec) FileName() string { return "preloader_" + s.Board + ".bin" }

// signatures has the size of each signature and the offset in it of the SHA-256 of
// everything before; from u-boot tools/mtk_image.c for type 1, from real files for 3
// and 5.
var signatures = map[int]struct{ size, hash int }{
	1: {0x20, 0x0},
	3: {0x124, 0x4},
	5: {0x66c, 0x54c},
}

// Preloader returns a GFH preloader file, the preloader_*.bin of flash tools:
//
//	0x000    GFH records: FILE_INFO, BL_INFO, BROM_CFG …
//	content  code with AND_ROMINFO_v, path strings, build time
//	         MTK_BLOADER_INFO (the file's name), and its length in the last word
//	         signature, with the SHA-256 of all before it
func Preloader(spec PreloaderSpec) []byte {
	s := spec.withDefaults()
	sig := signatures[s.SigType]
	records := gfhRecords(s)
	end := s.Size - sig.size // of the content
	b := Noise(s.Board+" preloader", s.Size)
	copy(b, records)
	content := b[len(records):end]
	putROMInfo(content, s)
	putStrings(content, s)
	if s.Nested {
		copy(content[len(content)/2&^3:], nestedFileInfo())
	}
	if !s.NoName {
		bli := bloaderInfo(s)
		copy(content[len(content)-len(bli):], bli)
	}
	putSignature(b[end:], b[:end], s.SigType)
	return b
}

// gfh returns one GFH record: "MMM" and version, u16 size of all, u16 type, body.
func gfh(version byte, typ uint16, size int) []byte {
	b := make([]byte, size)
	copy(b, "MMM")
	b[3] = version
	le.PutUint16(b[4:], uint16(size))
	le.PutUint16(b[6:], typ)
	return b
}

// gfhRecords returns the first records of the file in the order of its generation.
func gfhRecords(s PreloaderSpec) []byte {
	info := gfh(1, 0x000, 0x38)
	copy(info[8:], "FILE_INFO")
	put32(info, 0x14, 1) // file_ver
	le.PutUint16(info[0x18:], 1)
	info[0x1a], info[0x1b] = s.FlashDev, byte(s.SigType)

	blInfo := gfh(1, 0x001, 0x0c)
	put32(blInfo, 8, 1) // loaded by the BootROM
	antiClone := gfh(1, 0x002, 0x14)
	secCfg := gfh(1, 0x008, 0x30)
	put32(secCfg, 8, 3)
	bromCfg := gfh(3, 0x007, 0x64)
	if s.SigType == 5 {
		bromCfg[3] = 1
		put32(bromCfg, 8, 0x490)
	} else {
		put32(bromCfg, 8, 0x182)
	}
	put32(bromCfg, 0x58, 5000) // ms

	rest := [][]byte{blInfo, bromCfg}
	if s.SigType == 5 {
		rest = append(rest, antiClone, secCfg)
	} else {
		key := gfh(1, 0x003, 0x214)
		put32(key, 8, 2)
		copy(key[0x0c:], Noise(s.Board+" key", 0x208))
		rest = append(rest, key, antiClone, secCfg)
	}
	b := info
	for _, r := range rest {
		b = append(b, r...)
	}
	b = pad(b, 0x10, 0)
	put32(b, 0x1c, s.LoadAddr, uint32(s.Size), uint32(s.MaxSize),
		uint32(len(b)), uint32(signatures[s.SigType].size), uint32(len(b)), 1)
	return b
}

// romInfoAt is the usual offset of AND_ROMINFO_v in the content, bytes.
const romInfoAt = 0x1fc

func putROMInfo(content []byte, s PreloaderSpec) {
	b := content[romInfoAt : romInfoAt+0x60]
	clear(b)
	copy(b, "AND_ROMINFO_v")
	le.PutUint16(b[0x10:], 2)
	copy(b[0x14:], s.Chip)
	copy(b[0x24:], "CUST")
	if s.SigType == 5 {
		le.PutUint16(b[0x12:], 2)
		copy(b[0x34:], "AND_SECCTRL_v")
		return
	}
	put32(b, 0x34, 1)
}

// putStrings adds the strings that a build leaves: source paths and its time.
func putStrings(content []byte, s PreloaderSpec) {
	dir := "platform/" + strings.ToLower(s.Chip) + "/src/"
	text := strings.Join([]string{dir + "core/sample_main.c", dir + "drivers/sample_msdc.c",
		"20140102-030405", "sample preloader, not from a phone"}, "\x00") + "\x00"
	copy(content[0x400:], text)
}

// bloaderInfo returns the MTK_BLOADER_INFO trailer with one entry of DRAM settings, and
// the word with its length at the end of the content.
func bloaderInfo(s PreloaderSpec) []byte {
	const head, entry = 0x70, 0xbc
	b := make([]byte, head+entry)
	version := "MTK_BLOADER_INFO_v13"
	if s.SigType == 5 {
		version = "MTK_BLOADER_INFO_v32"
	}
	copy(b, version)
	copy(b[0x1b:0x58], s.FileName())
	copy(b[0x58:], "V116")
	put32(b, 0x5c, 0x33448822, 0x00700090)
	copy(b[0x64:], "MTK_BIN")
	put32(b, 0x6c, 1)
	copy(b[head:], Noise(s.Board+" dram", entry))
	return le.AppendUint32(b, uint32(len(b)))
}

// nestedFileInfo returns the block inside the code of several real preloaders: a search
// finds it as a header, but it is not one.
func nestedFileInfo() []byte {
	b := gfh(1, 0x000, 0x38)
	copy(b[8:], "FILE_INFO")
	put32(b, 0x14, 0x8a000000, 0x02000009, 0x0010c000, 0x5cc, 0x20000, 0x78, 0x100, 0x78, 0)
	return b
}

// putSignature fills sig with a signature of that kind over signed. Keys and RSA values
// are noise; the hash is right.
func putSignature(sig, signed []byte, kind int) {
	copy(sig, Noise("signature", len(sig)))
	switch kind {
	case 1, 3:
		put32(sig, 0, 1)
	case 5:
		put32(sig, 0, 2, 0xe291f358, 0x10000, 0x52c)
		put32(sig, 0x530, 0xe291f358, 0x10000, 0x13c)
	}
	sum := sha256.Sum256(signed)
	copy(sig[signatures[kind].hash:], sum[:])
}

// media has the beginnings of boot regions: that of eMMC from u-boot tools/mtk_image.h,
// the others from real regions.
var media = map[string]struct {
	unit, begin int
	device      uint32
	fill        byte // for the first 0x400 bytes
}{
	"EMMC_BOOT":  {0x200, 0x800, 0x00010005, 0x00},
	"UFS_BOOT":   {0x1000, 0x1000, 0x0001000c, 0xff},
	"COMBO_BOOT": {0x1000, 0x1000, 0x0001000e, 0xff},
	"SF_BOOT":    {0x200, 0x800, 0x00010007, 0xff},
}

// BootRegion returns the read-back of a boot region to which file was flashed: device
// header, boot region layout, the file, 0xff up to a multiple of 512, and zeros up to
// size bytes. If size is 0, it ends directly behind the file. medium is "EMMC_BOOT",
// "UFS_BOOT", "COMBO_BOOT" or "SF_BOOT".
func BootRegion(medium string, file []byte, size int) []byte {
	m, ok := media[medium]
	if !ok {
		panic("imgtest: unknown medium " + medium)
	}
	b := make([]byte, m.begin)
	fill(b[:0x400], 0xff)
	fill(b[0x400:], m.fill)
	clear(b[:0x0c])
	copy(b, medium)
	put32(b, 0x0c, 1, uint32(m.unit))

	boundary := uint32(m.begin) + le.Uint32(file[0x24:])
	clear(b[0x200:0x2b4])
	copy(b[0x200:], "BRLYT")
	put32(b, 0x208, 1, uint32(m.begin), boundary)
	put32(b, 0x214, 0x42424242, m.device, uint32(m.begin), boundary, 1)

	b = append(b, file...)
	if size == 0 {
		return b
	}
	b = pad(b, 0x200, 0xff)
	if size < len(b) {
		panic("imgtest: boot region too small for its preloader")
	}
	return append(b, make([]byte, size-len(b))...)
}
