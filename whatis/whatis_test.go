package whatis

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

type piece struct {
	at   int
	text string
}

// build makes n bytes of zeros with pieces in them.
func build(n int, pieces ...piece) []byte {
	b := make([]byte, n)
	for _, p := range pieces {
		copy(b[p.at:], p.text)
	}
	return b
}

func le32(at int, words ...uint32) piece {
	var b []byte
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return piece{at, string(b)}
}

func zipped(t testing.TB, names ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		m, err := w.Create(n)
		if err == nil {
			_, err = m.Write([]byte("content of " + n))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstded(b []byte) []byte {
	e, _ := zstd.NewWriter(nil)
	return e.EncodeAll(b, nil)
}

func noise(n int) []byte {
	b, r := make([]byte, n), rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

const (
	scatterText = "- general: MTK_PLATFORM_CFG\n  info: \n    - config_version: V1.1.2\n      platform: MT6592\n      project: demo\n      storage: EMMC\n      boot_channel: MSDC_0\n      block_size: 0x20000\n" +
		"- partition_index: SYS0\n  partition_name: PRELOADER\n  file_name: preloader.bin\n  is_download: true\n  type: SV5_BL_BIN\n  linear_start_addr: 0x0\n  physical_start_addr: 0x0\n  partition_size: 0xc00000\n  region: EMMC_BOOT_1\n  storage: HW_STORAGE_EMMC\n  boundary_check: true\n  is_reserved: false\n  operation_type: BOOTLOADERS\n  reserve: 0x00\n"
	dumcharText = "Part_Name\tSize\tStartAddr\tType\tMapTo\npreloader    0x0000000000c00000   0x0000000000000000   2   /dev/misc-sd\nmbr          0x0000000000080000   0x0000000000000000   2   /dev/block/mmcblk0\n"
	mapText     = "# Mapfile. Created by GNU ddrescue\n0x00000000     +\n0x00000000  0x00100000  +\n0x00100000  0x00100000  -\n"
	sumText     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  boot.img\n"
	ageText     = "age-encryption.org/v1\n-> X25519 3RVhgQxJDMq1Qy6vBNVHxg5\nabcdefabcdef\n--- c2lnbmF0dXJl\n\x80\x01\x02"
)

func manifestText(complete string) string {
	return `{"schema": "mtkkit.manifest/1", "tool": "mtkkit", "kind": "parts", "chip": "MT6592", "complete": ` + complete + `, "sources": [], "entries": [], "files": []}`
}

type sample struct {
	name  string // of the file
	b     []byte
	want  Kind
	front bool // whether it is known without opening it as a dump
}

func samples(t testing.TB) []sample {
	boot := imgtest.BootImage(noise(5000), imgtest.Gzip([]byte("ramdisk")), true, "ROOTFS")
	region := imgtest.BootRegion("EMMC_BOOT", imgtest.Preloader(imgtest.PreloaderSpec{Board: "demo_s1", Chip: "MT6592"}), 0x40000)
	sparse := build(28+12+4096, le32(0, 0xED26FF3A, 1, 0x000C001C, 4096, 1, 1, 0), le32(28, 0xCAC1, 1, 12+4096))
	copy(sparse[40:], boot[:4096])
	exe := build(512, piece{0, "MZ"}, le32(0x3C, 0x80), piece{0x80, "PE\x00\x00"})
	return []sample{
		{"empty", nil, Empty, true},
		{"zeros", make([]byte, 8192), Zeros, false},
		{"erased", bytes.Repeat([]byte{0xFF}, 8192), Erased, false},
		{"noise", noise(1 << 20), HighEntropy, false},
		{"unknown", append([]byte("\x01\x02\x03"), bytes.Repeat([]byte("abc\x05"), 3000)...), Unknown, false},
		{"words.txt", []byte("These are words.\n"), Text, true},
		{"russian.txt", []byte(strings.Repeat("слова и только слова\n", 3000)), Text, true},
		{"utf16.txt", []byte("\xFF\xFEw\x00o\x00r\x00d\x00"), Text, true},

		{"boot.img", boot, AndroidBoot, false},
		{"vendor_boot.img", build(64<<10, piece{0, "VNDRBOOT"}, le32(8, 4, 2048, 0, 0, 5000)), VendorBoot, false},
		{"vbmeta.img", imgtest.VBMeta(), VBMeta, false},
		{"dtbo.img", imgtest.DTBO(), DTBO, false},
		{"tree.dtb", build(64, piece{0, "\xD0\x0D\xFE\xED\x00\x00\x00\x40"}, piece{8, "\x00\x00\x00\x38\x00\x00\x00\x38\x00\x00\x00\x28\x00\x00\x00\x11"}), DeviceTree, false},
		{"zImage", build(64, piece{0x24, "\x18\x28\x6F\x01"}, le32(0x28, 0, 64)), Kernel, false},
		{"lk.bin", imgtest.MTKImage("lk", noise(3000), false), MTKImage, false},
		{"tee.img", imgtest.MTKImage("tee", noise(3000), true), MTKImage, false},
		{"logo.bin", imgtest.Logo(false), Logo, false},
		{"LOGO", imgtest.Logo(true), Logo, false},
		{"sec_ro", imgtest.SecRO(), SecRO, false},
		{"signed", build(0x100, piece{0, "SSSS"}), Unknown, false},
		{"preloader.bin", imgtest.Preloader(imgtest.PreloaderSpec{Board: "demo_s1", Chip: "MT6592"}), Preloader, false},
		{"BOOT_1", region, BootRegion, false},
		{"nand", build(8192, piece{0, "BOOTLOADER!\x00V006"}), BootRegion, false},
		{"system.img", imgtest.Ext4(1<<20, "system"), Ext4, false},
		{"erofs.img", build(8192, le32(0x400, 0xE0F5E1E2, 0, 0, 12), le32(0x424, 2)), EROFS, false},
		{"f2fs.img", build(8192, le32(0x400, 0xF2F52010, 0, 0, 0, 12), le32(0x424, 2, 0)), F2FS, false},
		{"fat.img", build(1024, piece{0, "\xEB\x3C\x90MSDOS5.0\x00\x02\x01\x01\x00\x02"}, piece{0x13, "\x02\x00\xF8"}, piece{0x1FE, "\x55\xAA"}), FAT, false},
		{"squash.img", build(8192, piece{0, "hsqs"}, piece{0x1C, "\x04\x00"}, piece{0x28, "\x00\x10"}), SquashFS, false},
		{"ubi.img", build(8192, piece{0, "UBI#\x01"}), UBI, false},
		{"ubifs.img", build(8192, piece{0, "\x31\x18\x10\x06"}, piece{0x14, "\x06"}), UBIFS, false},
		{"super.img", imgtest.Super(8 << 20), Super, false},
		{"boot.simg", sparse, Sparse, false},
		{"pgpt.bin", build(8192, piece{0x1C2, "\xEE"}, piece{0x1FE, "\x55\xAA"}, piece{0x200, "EFI PART"}), PartTable, false},

		{"MT6592_Android_scatter.txt", []byte(scatterText), Scatter, true},
		{"dumchar_info.txt", []byte(dumcharText), List, true},
		{"DA.bin", build(0x200, piece{0, "MTK_DOWNLOAD_AGENT"}), Agent, true},
		{"auth_sv5.auth", build(2000, piece{0, "\x01\x02"}), AuthFile, true},
		{"SLA.cert", build(2000, piece{0, "\x01\x02"}), CertFile, true},
		{"ROM_1.map", []byte(mapText), RescueMap, true},
		{"manifest.json", []byte(manifestText("true")), Manifest, true},
		{"report.json", []byte(`{"schema": "mtkkit.blocks/2"}`), Document, true},
		{"other.json", []byte(`{"name": "value"}`), Text, true},
		{"SHA256SUMS", []byte(sumText), Sums, true},
		{"map.html", []byte("<!doctype html>\n<html>\n<meta name=\"generator\" content=\"mtkkit blocks\">\n<title>ROM_1: blocks map</title>"), BlocksMap, true},
		{"compare.html", []byte("<!doctype html>\n<html>\n<meta name=\"generator\" content=\"mtkkit compare\">\n<title>ROM_1: comparison</title>"), ComparePage, true},
		{"ROM_1.par", build(4096, piece{0, "mtkkit parity 1\n"}), Parity, true},
		{"journal", []byte("mtkkit-journal/1 EMMC_USER 0x1000\n"), Journal, true},
		{".mtkkit-unfinished", []byte(`{"about": "mtkkit has not finished here; the next run removes these files", "files": []}`), Marker, true},
		{"oci-layout", []byte(`{"imageLayoutVersion": "1.0.0"}`), Layout, true},
		{"x.age", []byte(ageText), Age, false},
		{"a.age", []byte("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n"), AgeArmored, true},

		{"x.gz", imgtest.Gzip(noise(100)), Gzip, false},
		{"x.xz", build(64, piece{0, "\xFD7zXZ\x00"}), XZ, false},
		{"x.lz4", build(64, piece{0, "\x04\x22\x4D\x18"}), LZ4, false},
		{"x.zst", zstded(noise(100)), Zstd, false},
		{"x.bz2", build(64, piece{0, "BZh9\x31\x41\x59\x26"}), Bzip2, false},
		{"dump.zip", zipped(t, "ROM_1"), Zip, false},
		{"ota.zip", zipped(t, "META-INF/MANIFEST.MF", "META-INF/com/google/android/update-binary", "boot.img"), Zip, false},
		{"app.apk", zipped(t, "AndroidManifest.xml", "classes.dex", "META-INF/MANIFEST.MF"), APK, true},
		{"text.docx", zipped(t, "[Content_Types].xml", "word/document.xml", "word/embeddings/oleObject1.bin"), OfficeFile, true},
		{"text.odt", zipped(t, "mimetype", "content.xml"), OfficeFile, true},
		{"tool.jar", zipped(t, "META-INF/MANIFEST.MF", "a/B.class"), JAR, true},
		{"x.7z", build(64, piece{0, "7z\xBC\xAF\x27\x1C"}), SevenZip, true},
		{"x.rar", build(64, piece{0, "Rar!\x1A\x07\x01"}), RAR, true},
		{"x.tar", build(1024, piece{0, "ROM_1"}, piece{257, "ustar\x00"}), Tar, true},
		{"x.cab", build(64, piece{0, "MSCF"}), Cabinet, true},
		{"x.iso", build(0x9000, piece{0x8000, "\x01CD001\x01"}), ISO, true},
		{"x.E01", build(64, piece{0, "EVF\x09\x0D\x0A\xFF\x00"}), EWF, true},
		{"x.Ex01", build(64, piece{0, "EVF2\x0D\x0A\x81\x00"}), EWF, true},
		{"x.aff", build(64, piece{0, "AFF10\r\n\x00"}), AFF, true},
		{"x.vmdk", build(512, piece{0, "KDMV"}), VMDK, true},
		{"d.vmdk", []byte("# Disk DescriptorFile\nversion=1\n"), VMDK, true},
		{"x.vhd", build(1024, piece{0, "conectix"}), VHD, true},
		{"x.vhdx", build(1024, piece{0, "vhdxfile"}), VHDX, true},
		{"x.vdi", build(1024, piece{0, "<<< Oracle VM VirtualBox Disk Image >>>\n"}, piece{0x40, "\x7F\x10\xDA\xBE"}), VDI, true},
		{"x.qcow2", build(1024, piece{0, "QFI\xFB\x00\x00\x00\x03"}), QCOW2, true},
		{"x.dmg", append(append(make([]byte, 4096), "koly"...), make([]byte, 508)...), DMG, true},
		{"luks", build(1024, piece{0, "LUKS\xBA\xBE\x00\x02"}), LUKS, true},
		{"x.asc", []byte("-----BEGIN PGP MESSAGE-----\n"), PGP, true},
		{"lfs", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 78\n"), LFSPointer, true},
		{"boot.img", []byte("<!DOCTYPE html><html><title>404</title></html>"), WebPage, true},
		{"x.jpg", []byte("\xFF\xD8\xFF\xE0\x00\x10JFIF\x00"), JPEG, true},
		{"x.png", []byte("\x89PNG\r\n\x1A\n"), PNG, true},
		{"x.gif", []byte("GIF89a\x01\x00"), GIF, true},
		{"x.webp", []byte("RIFF\x10\x00\x00\x00WEBPVP8 "), WebP, true},
		{"x.heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), HEIC, true},
		{"x.tif", []byte("II\x2A\x00\x08\x00\x00\x00"), TIFF, true},
		{"x.bmp", build(100, piece{0, "BM"}, le32(2, 100, 0, 54, 40)), BMP, true},
		{"x.mp4", []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00"), Video, true},
		{"x.mkv", []byte("\x1A\x45\xDF\xA3\x01\x00"), Video, true},
		{"x.avi", []byte("RIFF\x10\x00\x00\x00AVI LIST"), Video, true},
		{"x.mp3", []byte("ID3\x03\x00\x00\x00\x00\x00\x00"), Audio, true},
		{"x.wav", []byte("RIFF\x10\x00\x00\x00WAVEfmt "), Audio, true},
		{"x.pdf", []byte("%PDF-1.7\n"), PDF, true},
		{"x.doc", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\x00"), OfficeFile, true},
		{"x.exe", exe, WindowsExe, true},
		{"mz", build(512, piece{0, "MZ"}), Unknown, false},
		{"ls", []byte("\x7FELF\x02\x01\x01\x00"), ELF, true},
		{"x.dylib", []byte("\xCF\xFA\xED\xFE\x07\x00"), MachO, true},
		{"x.db", []byte("SQLite format 3\x00\x10\x00"), SQLite, true},
		{"x.sh", []byte("#!/bin/sh\necho\n"), OtherProgram, true},

		{"payload.bin", append([]byte("CrAU\x00\x00\x00\x00\x00\x00\x00\x02"), noise(4096)...), Payload, true},
		{"payload.bin", append([]byte("CrAU\x00\x00\x00\x00\x00\x00\x01\x02"), noise(1<<16)...), HighEntropy, false},
		{"x.ozip", append([]byte("OPPOENCRYPT!\x00\x00\x00\x00"), noise(4096)...), OZip, true},
		{"x.ofp", noise(4096), OFP, true},
		{"x.OFP", zipped(t, "boot.img"), Zip, false},
		{"x.ops", noise(4096), OPS, true},
		{"notes.ops", []byte("operations\n"), Text, true},
		{"x.zip.enc4", noise(4096), SamsungEncrypted, true},
		{"x.zip.enc2", noise(4096), SamsungEncrypted, true},
		{"x.dz", build(4096, piece{0, "\x32\x96\x18\x74"}), DZ, true},
		{"x.kdz", build(4096, piece{0, "\x28\x05\x00\x00\x24\x38\x22\x25"}), KDZ, true},
		{"old.kdz", build(4096, piece{0, "\x18\x05\x00\x00\x32\x79\x44\x50"}), KDZ, true},
		{"x.pac", build(4096, piece{0, "B\x00P\x00_\x00R\x001\x00"}), PAC, true},
		{"UPDATE.APP", build(4096, piece{92, "\x55\xAA\x5A\xA5"}), UpdateApp, true},
		{"x.APP", build(4096, piece{91, "\x01\x55\xAA\x5A\xA5"}), Unknown, false},
		{"system.transfer.list", []byte("4\n1000\n0\n0\nerase 2,0,1000\nnew 2,0,1000\n"), TransferList, true},
		{"v1.list", []byte("1\r\n1000\r\nnew 2,0,1000\r\n"), TransferList, true},
		{"numbers.txt", []byte("4\n1000\n0\n0\nnewer\n"), Text, true},
		{"system.new.dat.br", noise(1 << 16), BrotliData, true},
		{"system.br", noise(1 << 16), HighEntropy, false},
		{"x.par2", append([]byte("PAR2\x00PKT"), noise(4096)...), PAR2, true},
		{"x.ab", append([]byte("ANDROID BACKUP\n5\n1\nnone\n"), noise(4096)...), AndroidBackup, true},
		{"locked.ab", append([]byte("ANDROID BACKUP\n5\n1\nAES-256\n"), noise(4096)...), AndroidBackupLocked, true},
		{"cut.ab", []byte("ANDROID BACKUP\n5\n"), AndroidBackup, true},
		{"key.txt", []byte("# created: 2026-01-01\n# public key: age1\nAGE-SECRET-KEY-1SECRET\n"), PrivateKey, true},
		{"id_ed25519", []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET\n"), PrivateKey, true},
	}
}

func TestOf(t *testing.T) {
	seen := map[Kind]bool{}
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			img := bytes.NewReader(s.b)
			got := Of(img, s.name)
			if got.Kind != s.want {
				t.Errorf("is %s, want %s", got.Kind, s.want)
			}
			if front := Front(img, s.name) != nil; front != s.front {
				t.Errorf("known by its front: %t, want %t", front, s.front)
			}
			if got.String() == "" {
				t.Error("it has no words")
			}
		})
		seen[s.want] = true
	}
	// Made by other packages, or told by the caller.
	for _, k := range []Kind{Archive, SparsePiece, SignedImage} {
		seen[k] = true
	}
	for k := range about {
		if !seen[k] {
			t.Errorf("no sample is of the kind %s", k)
		}
	}
}

// What begins as a dump does must not be called something else, whatever follows.
func TestFrontLeavesDumps(t *testing.T) {
	for _, p := range []*imgtest.Phone{imgtest.SmallMT6592(), imgtest.SmallMT6572(), imgtest.SmallMT6765(), imgtest.SmallMT6893()} {
		dumps := map[string]flash.Image{
			p.Chip + " user area": p.User, p.Chip + " first boot region": bytes.NewReader(p.Boot1), p.Chip + " second boot region": bytes.NewReader(p.Boot2),
			p.Chip + " table cut off": flash.Slice(p.User, flash.Extent{Length: 1 << 20}),
		}
		for name, img := range dumps {
			if img.Size() == 0 {
				continue
			}
			if got := Front(img, name); got != nil {
				t.Errorf("%s is called %s", name, got)
			}
			got, err := Whole(img, func(int64) error { return nil })
			if got != nil || err != nil {
				t.Errorf("%s is called %v, %v", name, got, err)
			}
		}
	}
}

func TestWhole(t *testing.T) {
	look := func(int64) error { return nil }
	boot := imgtest.BootImage(noise(5000), imgtest.Gzip([]byte("ramdisk")), true, "ROOTFS")
	alone := append(bytes.Clone(boot), make([]byte, 1<<20)...)
	got, err := Whole(bytes.NewReader(alone), look)
	if err != nil || got == nil || got.Kind != AndroidBoot {
		t.Errorf("a boot image and fill: %v, %v", got, err)
	}
	more := append(bytes.Clone(alone), imgtest.Ext4(1<<20, "system")...)
	if got, err := Whole(bytes.NewReader(more), look); got != nil || err != nil {
		t.Errorf("a boot image and a file system far behind it: %v, %v", got, err)
	}
}

func TestFacts(t *testing.T) {
	for _, s := range []struct {
		name, text string
		key, value string
		severity   flash.Severity
	}{
		{"s.txt", scatterText, "chip", "MT6592", flash.Note},
		{"d.txt", dumcharText, "form", "dumchar_info", flash.Note},
		{"m.map", mapText, "read", "1 MiB of 2 MiB", flash.Note},
		{"x.age", ageText, "opens with", "one private key", flash.Note},
		{"SHA256SUMS", sumText + sumText, "files", "2", flash.Note},
		{"DA.bin", "MTK_DOWNLOAD_AGENT\x00\x00", "", "", flash.Error},
		{"manifest.json", manifestText("false"), "", "", flash.Warning},
		{"manifest.json", `{"schema": "mtkkit.manifest/1", "files": 3}`, "", "", flash.Error},
	} {
		got := Of(strings.NewReader(s.text), s.name)
		found := s.key == ""
		for _, f := range got.Facts {
			found = found || f.Key == s.key && f.Value == s.value
		}
		if !found {
			t.Errorf("%s: %v, want %s %s among them", s.name, got.Facts, s.key, s.value)
		}
		if worst := flash.Worst(got.Problems); worst != s.severity {
			t.Errorf("%s: %v, want the worst to be %v", s.name, got.Problems, s.severity)
		}
	}
}

func FuzzOf(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.b[:min(len(s.b), 64<<10)], s.name)
	}
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		img := bytes.NewReader(b)
		got := Of(img, name)
		if _, known := about[got.Kind]; !known {
			t.Errorf("is of a kind without words: %q", got.Kind)
		}
		if front := Front(img, name); front != nil && front.Kind != got.Kind {
			t.Errorf("is %s by its front, and %s", front.Kind, got.Kind)
		}
		for _, fact := range got.Facts {
			if strings.ContainsFunc(fact.Value, func(r rune) bool { return r < ' ' }) {
				t.Errorf("%s: %q could act on a terminal", fact.Key, fact.Value)
			}
		}
		if s, err := InSparse(img, nil); s != nil && s.Kind != Sparse || s != nil && err != nil {
			t.Errorf("a sparse image is %s", s.Kind)
		}
		if _, err := Whole(img, func(int64) error { return nil }); err != nil && len(b) > 0 {
			t.Errorf("a file that can be read fails: %v", err)
		}
	})
}

// A private key is told by its kind, and by nothing that is in it.
func TestKeyIsNotTold(t *testing.T) {
	for _, text := range []string{"AGE-SECRET-KEY-1SECRET\n", "# SECRET\n\nAGE-SECRET-KEY-1SECRET\n", "-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET\n"} {
		got := Of(strings.NewReader(text), "key.txt")
		if got.Kind != PrivateKey {
			t.Errorf("%q is %s, want a private key", text, got.Kind)
		}
		if said := fmt.Sprint(got, got.Facts, got.Problems); strings.Contains(said, "SECRET") {
			t.Errorf("%q is told: %s", text, said)
		}
	}
}
