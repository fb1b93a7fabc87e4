package preloader

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// maxFile is the largest length that a FILE_INFO may state, bytes. The largest area that a chip
// reserves (MT69xx) is 5 MiB.
const maxFile = 8 << 20

// Fields of a GFH record and of FILE_INFO, bytes from the record's start.
const (
	gfhMagic      = "MMM" // the fourth byte is the record's version: 1, sometimes 3
	gfhVersion    = 0x03
	gfhSize       = 0x04
	gfhType       = 0x06
	gfhHeaderSize = 8
	maxRecords    = 64
	maxRecordArea = 0x4000 // content_offset is at most 0x300 in known files

	infoSize      = 0x38
	infoID        = "FILE_INFO\x00"
	infoIDAt      = 0x08
	infoFileVer   = 0x14
	infoFileType  = 0x18
	infoFlashDev  = 0x1A
	infoSigType   = 0x1B
	infoLoad      = 0x1C
	infoFileLen   = 0x20
	infoMaxSize   = 0x24
	infoContent   = 0x28
	infoSigLen    = 0x2C
	infoJump      = 0x30
	infoAttribute = 0x34
)

// File types of FILE_INFO in known boot regions.
const (
	typeARMBL = 1
	typeExtBL = 2
	typeDSPBL = 3
)

// FileInfo is the first record of every GFH file.
type FileInfo struct {
	FileVersion   uint32 `json:"file_version"` // 1
	FileType      uint16 `json:"file_type"`    // 1 preloader, 2 second part of a feature phone's, 3 DSP
	FlashDevice   uint8  `json:"flash_device"` // 5 eMMC, 7 SF, 0xC UFS; sometimes contradicts the region
	SignatureType uint8  `json:"signature_type"`
	LoadAddress   uint32 `json:"load_address"`   // SRAM address of the file's first byte
	FileLength    uint32 `json:"file_length"`    // bytes: records, content and signature
	MaxSize       uint32 `json:"max_size"`       // bytes; 0xFFFFFFFF on SF
	ContentOffset uint32 `json:"content_offset"` // bytes from the file's start
	SignatureLen  uint32 `json:"signature_length"`
	JumpOffset    uint32 `json:"jump_offset"` // bytes from the file's start
	Attribute     uint32 `json:"attribute"`
}

// Record is one GFH record, FILE_INFO included.
type Record struct {
	Offset  int64  `json:"offset"` // bytes into the image
	Type    uint16 `json:"type"`
	Name    string `json:"name"`
	Version uint8  `json:"version"`
	Size    uint16 `json:"size"` // bytes, with its header of 8
}

// Record types: MediaTek's GFH headers, as in coreboot util/mtkheader and hacc.
var recordNames = map[uint16]string{
	0x000: "FILE_INFO", 0x001: "BL_INFO", 0x002: "ANTI_CLONE", 0x003: "BL_SEC_KEY",
	0x004: "SCTRL_CERT", 0x005: "TOOL_AUTH", 0x007: "BROM_CFG", 0x008: "BROM_SEC_CFG",
	0x00B: "ROOT_CERT", 0x00C: "EXP_CHK", 0x00D: "EPP_PARAM", 0x00E: "CHIP_VER",
	0x010: "MD_SEC_CFG", 0x012: "BL_EXT_CFG", 0x060: "MULTI_SEC_CFG",
	0x100: "EPP_INFO", 0x101: "EMI_LIST", 0x102: "CMEM_ID", 0x103: "CMEM_NOR", 0x104: "DSP_INFO",
	0x200: "MAUI_INFO", 0x201: "MAUI_SEC", 0x202: "CODE_KEY", 0x203: "SECURE_RO_KEY",
	0x204: "RESOURCE_KEY", 0x205: "SECURE_RO_INFO", 0x206: "DL_PACKAGE", 0x207: "FLASH_INFO",
	0x208: "MACR", 0x209: "ARM_BL_INFO", 0x20A: "EMMC_BOOTING", 0x20B: "FOTA",
	0x20C: "CBR_REC", 0x20D: "CONF_BIN", 0x20E: "CBR", 0x20F: "MBA",
	0x210: "BINARY_LOCATION", 0x300: "BOOT_CERT_CTRL",
}

// isFileInfo reports whether b begins with a FILE_INFO record. It does not check the fields.
func isFileInfo(b []byte) bool {
	return len(b) >= infoIDAt+len(infoID) &&
		string(b[:3]) == gfhMagic &&
		binary.LittleEndian.Uint16(b[gfhSize:]) == infoSize &&
		binary.LittleEndian.Uint16(b[gfhType:]) == 0 &&
		bytes.HasPrefix(b[infoIDAt:], []byte(infoID))
}

// readInfo reads the FILE_INFO at off. The error is a *flash.FormatError if there is none, if it is
// cut, or if its fields contradict each other; other errors are read errors.
func readInfo(img flash.Image, off int64) (FileInfo, error) {
	bad := func(at int64, format string, args ...any) (FileInfo, error) {
		return FileInfo{}, &flash.FormatError{Format: "preloader", Offset: at, Text: fmt.Sprintf(format, args...)}
	}
	b, err := peek(img, off, infoSize)
	switch {
	case err != nil:
		return FileInfo{}, err
	case len(b) == 0:
		return bad(off, "beyond the end of the image")
	case !isFileInfo(b):
		return bad(off, "no FILE_INFO")
	case len(b) < infoSize:
		return bad(off, "FILE_INFO is cut after %d of %d bytes", len(b), infoSize)
	}
	u32 := binary.LittleEndian.Uint32
	f := FileInfo{
		FileVersion:   u32(b[infoFileVer:]),
		FileType:      binary.LittleEndian.Uint16(b[infoFileType:]),
		FlashDevice:   b[infoFlashDev],
		SignatureType: b[infoSigType],
		LoadAddress:   u32(b[infoLoad:]),
		FileLength:    u32(b[infoFileLen:]),
		MaxSize:       u32(b[infoMaxSize:]),
		ContentOffset: u32(b[infoContent:]),
		SignatureLen:  u32(b[infoSigLen:]),
		JumpOffset:    u32(b[infoJump:]),
		Attribute:     u32(b[infoAttribute:]),
	}
	if at, text := f.fault(); text != "" {
		return bad(off+at, "%s", text)
	}
	return f, nil
}

// fault returns the offset in the record of the first invalid field, and a text about it, or "".
// The blocks nested in older preloaders' code are invalid: they have file version 0x8A000000 and a
// jump offset before the content.
func (f FileInfo) fault() (int64, string) {
	switch {
	case f.FileVersion != 1:
		return infoFileVer, fmt.Sprintf("file version 0x%x is not 1", f.FileVersion)
	case f.FileLength > maxFile:
		return infoFileLen, fmt.Sprintf("file length 0x%x exceeds 0x%x", f.FileLength, maxFile)
	case f.FileLength > f.MaxSize:
		return infoFileLen, fmt.Sprintf("file length 0x%x exceeds its own maximum 0x%x", f.FileLength, f.MaxSize)
	case f.ContentOffset < infoSize:
		return infoContent, fmt.Sprintf("content offset 0x%x is inside FILE_INFO", f.ContentOffset)
	case uint64(f.ContentOffset)+uint64(f.SignatureLen) > uint64(f.FileLength):
		return infoSigLen, fmt.Sprintf("content at 0x%x and a signature of 0x%x do not fit a file of 0x%x bytes",
			f.ContentOffset, f.SignatureLen, f.FileLength)
	case f.JumpOffset < f.ContentOffset || f.JumpOffset > f.FileLength:
		return infoJump, fmt.Sprintf("jump offset 0x%x is outside the content", f.JumpOffset)
	}
	return 0, ""
}

// signatureAt is the offset of the signature from the file's start.
func (f FileInfo) signatureAt() int64 { return int64(f.FileLength) - int64(f.SignatureLen) }

// readRecords returns the GFH records of the file at off. They are contiguous from its start, up to
// the content or to the first bytes that are not a record.
func readRecords(img flash.Image, off int64, f FileInfo) ([]Record, []flash.Problem, error) {
	b, err := peek(img, off, int(min(f.ContentOffset, maxRecordArea)))
	if err != nil {
		return nil, nil, err
	}
	var rs []Record
	for at := 0; at+gfhHeaderSize <= len(b) && string(b[at:at+3]) == gfhMagic; {
		r := Record{
			Offset:  off + int64(at),
			Type:    binary.LittleEndian.Uint16(b[at+gfhType:]),
			Version: b[at+gfhVersion],
			Size:    binary.LittleEndian.Uint16(b[at+gfhSize:]),
		}
		if r.Name = recordNames[r.Type]; r.Name == "" {
			r.Name = fmt.Sprintf("0x%03x", r.Type)
		}
		if int(r.Size) < gfhHeaderSize || at+int(r.Size) > int(f.ContentOffset) || len(rs) == maxRecords {
			return rs, []flash.Problem{warn("GFH record "+r.Name, r.Offset,
				"size 0x%x does not fit before the content at 0x%x", r.Size, f.ContentOffset)}, nil
		}
		rs = append(rs, r)
		at += int(r.Size)
	}
	return rs, nil, nil
}
