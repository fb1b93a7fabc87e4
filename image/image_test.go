package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// build makes an image of n bytes out of pieces laid over zeros.
func build(n int, pieces ...piece) []byte {
	b := make([]byte, n)
	for _, p := range pieces {
		copy(b[p.at:], p.bytes)
	}
	return b
}

type piece struct {
	at    int
	bytes string
}

func le32(at int, words ...uint32) piece {
	var b []byte
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return piece{at, string(b)}
}

func be32(at int, words ...uint32) piece {
	var b []byte
	for _, w := range words {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return piece{at, string(b)}
}

// oldSection and newSection are a MediaTek section with a payload of n bytes 'x'.
func oldSection(name string, n int) []byte {
	b := bytes.Repeat([]byte{0xFF}, sectionHeader)
	copy(b, sectionMagic)
	binary.LittleEndian.PutUint32(b[4:], uint32(n))
	clear(b[8:40])
	copy(b[8:40], name)
	return append(b, bytes.Repeat([]byte("x"), n)...)
}

func newSection(name string, n int, last uint32) []byte {
	b := oldSection(name, n)
	for i, w := range []uint32{0x58891689, 0x200, 1, 0, last, 16, 0, 0} {
		binary.LittleEndian.PutUint32(b[0x30+4*i:], w)
	}
	return append(b, make([]byte, -len(b)&15)...)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func padded(b []byte, n int, fill byte) []byte {
	return append(bytes.Clone(b), bytes.Repeat([]byte{fill}, n-len(b))...)
}

// proven is what Sniff can prove: without what a header merely states.
func proven(img flash.Image) Content {
	c := Sniff(img)
	c.Stated = 0
	return c
}

func TestSniff(t *testing.T) {
	lk := join(newSection("lk", 1000, 0), newSection("cert1", 77, 0), newSection("cert2", 99, 1))
	boot := func(version uint32, more ...piece) []byte {
		return build(64<<10, append([]piece{{0, "ANDROID!"}, le32(8, 5000, 0, 3000, 0, 100, 0, 0, 2048, version), {0x30, "shop-1"}}, more...)...)
	}
	tests := []struct {
		name string
		b    []byte
		want Content
	}{
		{"empty", nil, Content{Kind: Unknown}},
		{"zeros", make([]byte, 8192), Content{Kind: Zero}},
		{"erased", bytes.Repeat([]byte{0xFF}, 8192), Content{Kind: Erased}},
		{"text", []byte("proinfo serial"), Content{Kind: Unknown}},

		{"signed chain", padded(lk, 64<<10, 0), Content{Kind: MTKImage, Label: "lk", Length: int64(len(lk))}},
		{"signed chain on erased flash", padded(lk, 64<<10, 0xFF), Content{Kind: MTKImage, Label: "lk", Length: int64(len(lk))}},
		{"old section, odd length", padded(oldSection("LOGO", 1001), 64<<10, 0), Content{Kind: MTKImage, Label: "LOGO", Length: 0x200 + 1001}},
		{"two old sections", padded(join(oldSection("ATF", 64), oldSection("TEE", 640)), 8192, 0), Content{Kind: MTKImage, Label: "ATF", Length: 0x400 + 704}},
		{"unsigned chain", join(newSection("lk", 1000, 0), newSection("lk_main_dtb", 8, 0)), Content{Kind: MTKImage, Label: "lk", Length: 0x400 + 1008 + 16}},
		{"section cut off", oldSection("tee", 1000)[:1000], Content{Kind: MTKImage, Label: "tee", Length: 0}},
		{"certificate cut off", lk[:len(lk)-100], Content{Kind: MTKImage, Label: "lk", Length: 0}},
		{"marker after the chain", padded(append(bytes.Clone(lk), "JRD_MD5_MARK"...), 64<<10, 0), Content{Kind: MTKImage, Label: "lk", Length: 0}},
		{"signature after the padding", join(padded(lk, 4096, 0), []byte("signature")), Content{Kind: MTKImage, Label: "lk", Length: 0}},
		{"last, and yet one more", join(lk, newSection("aee", 5, 0)), Content{Kind: MTKImage, Label: "lk", Length: 0}},
		{"high word", func() []byte {
			b := newSection("md1rom", 10, 0)
			b[0x48] = 1
			return b
		}(), Content{Kind: MTKImage, Label: "md1rom", Length: 0}},
		{"sections without end", bytes.Repeat(newSection("a", 0, 0), 200), Content{Kind: MTKImage, Label: "a", Length: 0}},

		{"boot v0", boot(0), Content{Kind: AndroidBoot, Label: "shop-1", Length: 2048 + 6144 + 4096 + 2048}},
		{"boot v0, device tree size", boot(2049), Content{Kind: AndroidBoot, Label: "shop-1", Length: 2048 + 6144 + 4096 + 2048 + 4096}},
		{"boot v1", boot(1, le32(0x660, 10)), Content{Kind: AndroidBoot, Label: "shop-1", Length: 2048 + 6144 + 4096 + 2048 + 2048}},
		{"boot v2", boot(2, le32(0x660, 0, 0, 0, 1660, 2048)), Content{Kind: AndroidBoot, Label: "shop-1", Length: 2048 + 6144 + 4096 + 2048 + 2048}},
		{"boot, unknown version", boot(7), Content{Kind: AndroidBoot, Label: "shop-1", Length: 0}},
		{"boot, odd page", boot(0, le32(0x24, 3000)), Content{Kind: AndroidBoot, Label: "shop-1", Length: 0}},
		{"boot, signature behind", boot(0, piece{2048 + 6144 + 4096 + 2048, "\x30\x82\x05\x2f\x02"}), Content{Kind: AndroidBoot, Label: "shop-1", Length: 0}},
		{"boot, too long", boot(0, le32(8, 1<<31)), Content{Kind: AndroidBoot, Label: "shop-1", Length: 0}},
		{"boot v4", build(64<<10, piece{0, "ANDROID!"}, le32(8, 5000, 100, 0, 1584), le32(0x28, 4), le32(0x62C, 4096)), Content{Kind: AndroidBoot, Label: "", Length: 4096 * 5}},
		{"boot v3", build(64<<10, piece{0, "ANDROID!"}, le32(8, 5000, 100, 0, 1580), le32(0x28, 3), le32(0x62C, 4096)), Content{Kind: AndroidBoot, Label: "", Length: 4096 * 4}},
		{"boot with AVB footer", build(64<<10, piece{0, "ANDROID!"}, le32(8, 5000, 100), le32(0x28, 3), piece{64<<10 - 64, "AVBf"}), Content{Kind: AndroidBoot, Label: "", Length: 64 << 10}},
		{"vendor boot v4", build(64<<10, piece{0, "VNDRBOOT"}, le32(8, 4, 2048, 0, 0, 5000), le32(0x830, 2128, 700, 0, 0, 108, 1, 108, 2049)),
			Content{Kind: VendorBoot, Label: "", Length: 4096 + 6144 + 2048 + 2048 + 4096}},
		{"vendor boot v5", build(64<<10, piece{0, "VNDRBOOT"}, le32(8, 5, 2048, 0, 0, 5000)), Content{Kind: VendorBoot}},

		{"vbmeta", build(8192, piece{0, "AVB0"}, be32(4, 1, 0, 0, 320, 0, 1024), piece{0x80, "avbtool 1.2.0"}), Content{Kind: VBMeta, Label: "avbtool 1.2.0", Length: 256 + 320 + 1024}},
		{"vbmeta, absurd", build(8192, piece{0, "AVB0"}, be32(4, 1, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)), Content{Kind: VBMeta}},
		{"dtbo", build(8192, be32(0, 0xD7B7AB1E, 1000, 32, 32)), Content{Kind: DTBO, Label: "", Length: 1000}},
		{"dtbo, signed", padded(join(build(1008, be32(0, 0xD7B7AB1E, 1001, 32, 32)), newSection("cert1", 100, 0), newSection("cert2", 100, 1)), 8192, 0),
			Content{Kind: DTBO, Label: "", Length: 1008 + 2*(512+112)}},
		{"dtbo, certificate cut off", join(build(1008, be32(0, 0xD7B7AB1E, 1001, 32, 32)), newSection("cert1", 100, 0)[:600]), Content{Kind: DTBO}},
		{"dtbo, other header", build(8192, be32(0, 0xD7B7AB1E, 1000, 48, 32)), Content{Kind: DTBO}},
		{"preloader", build(8192, piece{0, "MMM\x01\x38\x00\x00\x00FILE_INFO"}, le32(0x20, 5000, 0x20000, 0x300)), Content{Kind: MTKPreloader, Label: "", Length: 5000}},
		{"preloader, content before its header", build(8192, piece{0, "MMM\x01\x38\x00\x00\x00FILE_INFO"}, le32(0x20, 5000, 0x20000, 3)), Content{Kind: MTKPreloader}},
		{"seccfg", build(8192, piece{0, "MMMM"}), Content{Kind: Unknown}},
		{"boot region", build(8192, piece{0, "EMMC_BOOT"}, le32(0xC, 1, 0x200)), Content{Kind: BootRegion, Label: "EMMC_BOOT", Length: 0}},
		{"boot region, erased behind the name", build(8192, piece{0, "UFS_BOOT\x00\xFF\xFF\xFF"}), Content{Kind: BootRegion, Label: "UFS_BOOT", Length: 0}},
		{"NAND", build(8192, piece{0, "BOOTLOADER!\x00V006"}), Content{Kind: BootRegion, Label: "BOOTLOADER", Length: 0}},
		{"secro", build(0x21000, piece{0, "AND_AC_REGION"}), Content{Kind: SecRO}},
		{"sparse", build(8192, le32(0, 0xED26FF3A, 1, 0x000C001C)), Content{Kind: SparseAndroid}},
		{"super", build(8192, le32(0x1000, 0x616C4467, 52)), Content{Kind: Super}},
		{"super_empty", build(8192, le32(0, 0x616C4467, 52)), Content{Kind: Super}},

		{"GPT", build(8192, piece{0x1C2, "\xEE"}, piece{0x1FE, "\x55\xAA"}, piece{0x200, "EFI PART"}), Content{Kind: GPT}},
		{"GPT of 4096", build(8192, piece{0x1C2, "\xEE"}, piece{0x1FE, "\x55\xAA"}, piece{0x1000, "EFI PART"}), Content{Kind: GPT}},
		{"GPT, cut after the protective MBR", build(512, piece{0x1C2, "\xEE"}, piece{0x1FE, "\x55\xAA"}), Content{Kind: Unknown}},
		{"MBR", build(512, piece{0x1C2, "\x05"}, le32(0x1C6, 0x400, 0xFFFFFFFF), piece{0x1FE, "\x55\xAA"}), Content{Kind: MBR}},
		{"empty table", build(512, piece{0x1FE, "\x55\xAA"}), Content{Kind: Unknown}},
		{"gzip", build(64, piece{0, "\x1F\x8B\x08\x00"}), Content{Kind: Gzip}},
		{"git LFS", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0"), Content{Kind: LFSPointer}},
		{"ext4 magic in noise", build(8192, piece{0x438, "\x53\xEF"}, piece{0x418, "abcd"}), Content{Kind: Unknown}},
		{"label with an escape", build(0x200, piece{0, sectionMagic}, piece{8, "\x1B[2Jlk\xFF"}), Content{Kind: MTKImage, Label: "[2Jlk", Length: 0x200}},
		{"ANDROID cut", []byte("ANDROID"), Content{Kind: Unknown}},
	}
	for _, tt := range tests {
		if got := proven(bytes.NewReader(tt.b)); got != tt.want {
			t.Errorf("%s\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

// An image that breaks off is as good as its readable head.
func TestSniffReadError(t *testing.T) {
	b := build(8192, piece{0, "ANDROID!"}, le32(8, 100, 0, 0, 0, 0, 0, 0, 2048))
	if got := proven(breaks{bytes.NewReader(b), 0x100}); got != (Content{Kind: AndroidBoot}) {
		t.Errorf("behind 0x100 unreadable: %+v", got)
	}
	if got := proven(breaks{bytes.NewReader(b), 0}); got != (Content{Kind: Unknown}) {
		t.Errorf("unreadable: %+v", got)
	}
}

type breaks struct {
	flash.Image
	at int64
}

func (f breaks) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) <= f.at {
		return f.Image.ReadAt(p, off)
	}
	n, _ := f.Image.ReadAt(p[:max(f.at-off, 0)], off)
	return n, errors.New("bad block")
}

func TestAgrees(t *testing.T) {
	mtk := func(label string) Content { return Content{Kind: MTKImage, Label: label} }
	is := func(k Kind) Content { return Content{Kind: k} }
	tests := []struct {
		names   string
		content Content
		want    Verdict
	}{
		{"boot", is(AndroidBoot), Confirmed},
		{"boot_a", is(AndroidBoot), Confirmed},
		{"recovery_b", is(AndroidBoot), Confirmed},
		{"boot", mtk("logo"), Contradicted},
		{"boot", mtk("KERNEL"), Confirmed},
		{"recovery", mtk("RECOVERY"), Confirmed},
		{"boot", mtk("cert1"), Neutral},
		{"boot", is(VendorBoot), Contradicted},
		{"vendor_boot_a", is(VendorBoot), Confirmed},
		{"vendor_boot", is(AndroidBoot), Neutral},
		{"lk", mtk("LK"), Confirmed},
		{"lk2", mtk("lk"), Confirmed},
		{"lk", mtk("uboot"), Confirmed},
		{"lk_a", mtk("vendor_own"), Neutral},
		{"lk", is(AndroidBoot), Contradicted},
		{"lk", mtk("LOGO"), Contradicted},
		{"logo", mtk("LOGO"), Confirmed},
		{"logo", mtk("lk"), Contradicted},
		{"logo", is(Gzip), Neutral},
		{"tee1", mtk("ATF"), Confirmed},
		{"tee_a", mtk("tee"), Confirmed},
		{"tee2", is(Zero), Neutral},
		{"gz_b", mtk("gz"), Confirmed},
		{"md1img", mtk("md1rom"), Confirmed},
		{"md3img", mtk("md3rom"), Confirmed},
		{"scp1", mtk("tinysys-loader-CM4_A"), Confirmed},
		{"sspm_1", mtk("tinysys-sspm"), Confirmed},
		{"spmfw", mtk("md1rom"), Contradicted},
		{"dtbo", is(DTBO), Confirmed},
		{"odmdtbo", mtk("dtbo"), Confirmed},
		{"dtbo", is(VBMeta), Contradicted},
		{"vbmeta_system_a", is(VBMeta), Confirmed},
		{"vbmeta", is(Ext4), Contradicted},
		{"system", is(Ext4), Confirmed},
		{"vendor_a", is(EROFS), Confirmed},
		{"system", is(AndroidBoot), Contradicted},
		{"system", mtk("lk"), Contradicted},
		{"system", mtk("ours"), Neutral},
		{"system", is(Super), Neutral}, // retrofitted dynamic partitions
		{"userdata", is(GPT), Neutral}, // a Linux distribution in there
		{"userdata", is(FAT), Neutral},
		{"secro", is(SecRO), Confirmed},
		{"secro", is(Ext4), Neutral},
		{"super", is(Super), Confirmed},
		{"super", is(AndroidBoot), Contradicted},
		{"preloader", is(BootRegion), Confirmed},
		{"pgpt", is(GPT), Confirmed},
		{"ebr1", is(MBR), Confirmed},
		{"preloader", mtk("lk"), Neutral},
		{"oppo_custom", is(AndroidBoot), Neutral},
		{"odm", is(DTBO), Neutral},
		{"nvram", is(AndroidBoot), Neutral},
		{"", is(AndroidBoot), Neutral},
	}
	for _, tt := range tests {
		if got := Agrees(tt.names, tt.content); got != tt.want {
			t.Errorf("%s with %v %q: %v, want %v", tt.names, tt.content.Kind, tt.content.Label, got, tt.want)
		}
	}
}

// What says nothing of itself can contradict no name.
func TestAgreesNeverInDoubt(t *testing.T) {
	for name := range promises {
		for _, k := range []Kind{Unknown, Zero, Erased, Gzip, LZ4, XZ, Zstd, FAT, MBR, UBI, SparseAndroid, LFSPointer, HTML} {
			if Agrees(name, Content{Kind: k, Label: "logo"}) == Contradicted {
				t.Errorf("%s is contradicted by %v", name, k)
			}
		}
		for _, k := range promises[name].kinds {
			if Agrees(name+"_b", Content{Kind: k}) != Confirmed {
				t.Errorf("%s_b is not confirmed by its own %v", name, k)
			}
		}
	}
}

// A file system that is not read is called by its name, with those that are.
func TestFilesOfAnotherKind(t *testing.T) {
	squash := build(4096, piece{0, "hsqs"}, le32(0x1C, 4))
	if _, err := Files(bytes.NewReader(squash)); err == nil || !strings.Contains(err.Error(), "SquashFS file system: only files of ext2") {
		t.Errorf("%v", err)
	}
}
