package imgtest

import (
	"fmt"
	"hash/crc32"
	"strings"
)

// The files of Android in the partitions of a phone: the files with the build, the
// mount points and the identity. All of it is invented.

// android is a build for a made phone.
type android struct {
	chip, board, version, sdk, patch, id string
	emmcNames                            bool // partitions are named /emmc@name, as up to Android 4
}

func text(name, data string) CPIOFile    { return CPIOFile{name, 0o100644, data} }
func folder(name string) CPIOFile        { return CPIOFile{name, 0o040755, ""} }
func program(name, data string) CPIOFile { return CPIOFile{name, 0o100755, data} }

// properties returns the build.prop of a partition.
func (a android) properties(partition string) string {
	product, build, patch := "ro.product.", "ro.build.", "ro.build.version."
	if partition != "system" {
		product, build = "ro.product."+partition+".", "ro."+partition+".build."
		patch = build
	}
	return strings.Join([]string{
		"# made for tests, not from a phone",
		build + "display.id=" + a.id,
		build + "version.release=" + a.version,
		build + "version.sdk=" + a.sdk,
		patch + "security_patch=" + a.patch,
		build + "fingerprint=" + a.fingerprint(),
		product + "brand=Demo",
		product + "model=Demo " + strings.ToUpper(strings.TrimPrefix(a.board, "demo_")),
		product + "device=" + a.board,
		product + "board=" + a.board,
		"ro.board.platform=" + strings.ToLower(a.chip), "",
	}, "\n")
}

func (a android) fingerprint() string {
	return fmt.Sprintf("Demo/%s/%s:%s/%s/1:user/test-keys", a.board, a.board, a.version, a.id)
}

// system returns the files of a small system partition.
func (a android) system() []CPIOFile {
	return []CPIOFile{
		text("build.prop", a.properties("system")),
		folder("app"), folder("app/Demo"),
		text("app/Demo/Demo.apk", string(Noise(a.board+" app", 6000))),
		folder("bin"), program("bin/toybox", string(Noise(a.board+" toybox", 5000))), {"bin/ls", 0o120777, "toybox"},
		folder("etc"), text("etc/hosts", "127.0.0.1 localhost\n"),
	}
}

// vendor returns the files of a small vendor, product or system_ext partition.
func (a android) vendor(partition string) []CPIOFile {
	return []CPIOFile{
		text("build.prop", a.properties(partition)),
		folder("etc"), text("etc/fstab."+strings.ToLower(a.chip), a.fstab()),
		folder("lib"), text("lib/libdemo.so", string(Noise(a.board+partition, 5000))),
	}
}

// device returns the path by which Android opens a partition.
func (a android) device(partition string) string {
	if !a.emmcNames {
		return "/dev/block/platform/bootdevice/by-name/" + partition
	}
	switch partition {
	case "system":
		partition = "android"
	case "userdata":
		partition = "usrdata"
	}
	return "/emmc@" + partition
}

// fstab returns the mount points of the partitions.
func (a android) fstab() string {
	var b strings.Builder
	b.WriteString("# <src> <mnt_point> <type> <mnt_flags> <fs_mgr_flags>\n")
	lines := []string{"system /system ro", "userdata /data noatime", "cache /cache noatime"}
	if a.emmcNames {
		lines = append(lines, "protect_f /protect_f noatime", "protect_s /protect_s noatime")
	} else {
		lines = append(lines, "protect1 /mnt/vendor/protect_f noatime", "protect2 /mnt/vendor/protect_s noatime",
			"nvdata /mnt/vendor/nvdata noatime", "persist /mnt/vendor/persist noatime")
	}
	for _, line := range lines {
		f := strings.Fields(line)
		fmt.Fprintf(&b, "%s %s ext4 %s wait\n", a.device(f[0]), f[1], f[2])
	}
	return b.String()
}

// ramdisks returns the files of the boot image's and of the recovery image's ramdisk.
func (a android) ramdisks() (boot, recovery []CPIOFile) {
	chip := strings.ToLower(a.chip)
	common := []CPIOFile{
		text("default.prop", "ro.secure=1\nro.adb.secure=1\nro.debuggable=0\nro.product.device="+a.board+"\nro.build.fingerprint="+a.fingerprint()+"\n"),
		text("fstab."+chip, a.fstab()),
		text("ueventd."+chip+".rc", "/dev/ttyMT0 0660 system system\n"),
	}
	boot = append([]CPIOFile{folder("dev"), folder("proc"), folder("sys"), folder("system"),
		program("init", string(Noise(a.board+" init", 3000))), text("init.rc", "on init\n    export PATH /sbin:/system/bin\n")}, common...)
	recovery = Recovery(a.board, append(common,
		text("etc/recovery.fstab", a.fstab()),
		text("init.recovery."+chip+".rc", "on init\n"))...)
	return boot, recovery
}

// kernel returns bytes that are used as a kernel; they contain the text by which a
// kernel is recognised.
func (a android) kernel(label string) []byte {
	b := Noise(label+" kernel", 0x8000)
	copy(b[0x4000:], "Linux version 4.9.117+ (demo@demo) (gcc version 4.9.x) #1 SMP PREEMPT\n\x00")
	return b
}

// packed returns a ramdisk of 0x5000 bytes: a gzip stream that is stored, not
// compressed, so that its bytes do not depend on the version of a compressor.
func packed(list []CPIOFile) []byte {
	const size = 0x5000 - 23 // less header, block header, sums
	b := CPIO(list...)
	if len(b) > size {
		panic(fmt.Sprintf("imgtest: a ramdisk of 0x%x bytes", len(b)))
	}
	b = pad(b, size, 0)
	out := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1}
	out = le.AppendUint16(le.AppendUint16(out, uint16(len(b))), ^uint16(len(b)))
	out = append(out, b...)
	return le.AppendUint32(le.AppendUint32(out, crc32.ChecksumIEEE(b)), uint32(len(b)))
}

// bootImages returns the boot and the recovery image; with mtkHeaders they are as on
// MT65xx.
func (a android) bootImages(label string, mtkHeaders bool) (boot, recovery []byte) {
	b, r := a.ramdisks()
	boot = BootImage(a.kernel(label+"boot"), packed(b), mtkHeaders, "ROOTFS")
	recovery = BootImage(a.kernel(label+"recovery"), packed(r), mtkHeaders, "RECOVERY")
	return boot, recovery
}

// testIMEIs are the numbers of all made phones. They begin with 00, which is reserved
// for tests (GSMA TS.06), and have the right check digit.
var testIMEIs = [2]string{"004402450000017", "004402450000025"}

// identity returns the file with the modem's IMEIs and its folders, below the given
// path: the root of nvdata, or nvram/ of userdata on older phones.
func identity(nvram string) []CPIOFile {
	var data []byte
	for _, imei := range testIMEIs {
		data = append(data, maskedIMEI(imei)...)
	}
	var list []CPIOFile
	for _, dir := range []string{"md", "md/NVRAM", "md/NVRAM/NVD_IMEI"} {
		list = append(list, folder(nvram+dir))
	}
	return append(list, CPIOFile{nvram + "md/NVRAM/NVD_IMEI/MP0B_001", 0o100660, string(data)})
}

// maskedIMEI returns a number as in MP0B_001: 15 digits packed with the low half first,
// under a mask, two more bytes, and the sums of the even and of the odd bytes
// (github.com/chuacw/WriteIMEI).
func maskedIMEI(imei string) []byte {
	b := []byte{0xab, 0xa0, 0x6f, 0x2f, 0x1f, 0x1e, 0x9a, 0x45, 0x57, 0xdb, 0, 0}
	for i, c := range imei {
		b[i/2] ^= byte(c-'0') << (4 * (i % 2))
	}
	for i, v := range b[:10] {
		b[10+i%2] += v
	}
	return b
}
