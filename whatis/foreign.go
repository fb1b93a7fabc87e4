package whatis

import (
	"bytes"
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// magics are the files of other programs that have a magic at a fixed offset. A short
// magic needs another check.
var magics = []struct {
	kind   Kind
	at     int
	magic  string
	denies func(b []byte) bool // true if the rest contradicts the magic; nil for no check
}{
	{JPEG, 0, "\xFF\xD8\xFF", nil},
	{PNG, 0, "\x89PNG\r\n\x1A\n", nil},
	{GIF, 0, "GIF87a", nil},
	{GIF, 0, "GIF89a", nil},
	{TIFF, 0, "II\x2A\x00", nil},
	{TIFF, 0, "MM\x00\x2A", nil},
	{BMP, 0, "BM", notBitmap},
	{PDF, 0, "%PDF-", nil},
	{Video, 0, "\x1A\x45\xDF\xA3", nil}, // Matroska, WebM
	{Audio, 0, "ID3", notID3},
	{Audio, 0, "OggS\x00", nil},
	{Audio, 0, "fLaC\x00", nil},
	{OfficeFile, 0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", nil}, // before 2007
	{OfficeFile, 0, "{\\rtf", nil},
	{SQLite, 0, "SQLite format 3\x00", nil},
	{ELF, 0, "\x7FELF", nil},
	{MachO, 0, "\xCF\xFA\xED\xFE", nil},
	{MachO, 0, "\xCE\xFA\xED\xFE", nil},
	{WindowsExe, 0, "MZ", notProgram},
	{SevenZip, 0, "7z\xBC\xAF\x27\x1C", nil},
	{RAR, 0, "Rar!\x1A\x07", nil},
	{Cabinet, 0, "MSCF\x00\x00\x00\x00", nil},
	{Tar, 257, "ustar", nil},
	{EWF, 0, "EVF\x09\x0D\x0A\xFF\x00", nil},
	{EWF, 0, "LVF\x09\x0D\x0A\xFF\x00", nil},
	{EWF, 0, "EVF2\x0D\x0A\x81\x00", nil},
	{EWF, 0, "LEF2\x0D\x0A\x81\x00", nil},
	{AFF, 0, "AFF10\r\n\x00", nil},
	{VMDK, 0, "KDMV", nil},
	{VMDK, 0, "# Disk DescriptorFile", nil},
	{VHD, 0, "conectix", nil}, // one that grows; it has its footer at both ends
	{VHDX, 0, "vhdxfile", nil},
	{VDI, 0x40, "\x7F\x10\xDA\xBE", nil},
	{QCOW2, 0, "QFI\xFB", nil},
	{LUKS, 0, "LUKS\xBA\xBE", nil},
	{AgeArmored, 0, "-----BEGIN AGE ENCRYPTED FILE-----", nil},
	{PGP, 0, "-----BEGIN PGP ", nil},
	{ISO, 0x8000, "\x01CD001\x01", nil},
}

// ends are the kinds with a magic only near the end of the file.
var ends = []struct {
	kind  Kind
	back  int64 // bytes before the end
	magic string
}{
	{DMG, 512, "koly"},
}

// foreign finds the files of other programs.
func foreign(img flash.Image, head []byte) Kind {
	for _, m := range magics {
		if m.at <= len(head) && bytes.HasPrefix(head[m.at:], []byte(m.magic)) && (m.denies == nil || !m.denies(head)) {
			return m.kind
		}
	}
	if k := riff(head); k != "" {
		return k
	}
	if k := isoMedia(head); k != "" {
		return k
	}
	for _, e := range ends {
		if img.Size() < e.back {
			continue
		}
		if b, err := flash.ReadFull(img, img.Size()-e.back, len(e.magic)); err == nil && string(b) == e.magic {
			return e.kind
		}
	}
	return ""
}

// riff returns the kind of a RIFF file.
func riff(b []byte) Kind {
	if len(b) < 12 || string(b[:4]) != "RIFF" {
		return ""
	}
	switch string(b[8:12]) {
	case "WEBP":
		return WebP
	case "AVI ":
		return Video
	case "WAVE":
		return Audio
	}
	return ""
}

// isoMedia returns the kind of a file of boxes (ISO/IEC 14496-12): MP4, HEIC and
// others.
func isoMedia(b []byte) Kind {
	if len(b) < 12 || string(b[4:8]) != "ftyp" {
		return ""
	}
	switch string(b[8:12]) {
	case "heic", "heix", "heif", "mif1", "msf1", "avif":
		return HEIC
	case "M4A ":
		return Audio
	}
	return Video
}

// notBitmap checks the header of a bitmap, because two letters are no proof.
func notBitmap(b []byte) bool {
	const header, dib = 14, 12 // the smallest size of the second header
	if len(b) < header+4 {
		return true
	}
	data, size := binary.LittleEndian.Uint32(b[10:]), binary.LittleEndian.Uint32(b[header:])
	return binary.LittleEndian.Uint32(b[6:]) != 0 || size < dib || size > 124 || data < header+size
}

// notID3 reports whether the version does not exist.
func notID3(b []byte) bool { return len(b) < 10 || b[3] < 2 || b[3] > 4 || b[4] == 0xFF }

// notProgram reports whether the header is missing that every program since Windows 3
// has.
func notProgram(b []byte) bool {
	const pointer = 0x3C
	if len(b) < pointer+4 {
		return true
	}
	at := int64(binary.LittleEndian.Uint32(b[pointer:]))
	return at+4 > int64(len(b)) || !bytes.HasPrefix(b[at:], []byte("PE\x00\x00")) && !bytes.HasPrefix(b[at:], []byte("NE"))
}
