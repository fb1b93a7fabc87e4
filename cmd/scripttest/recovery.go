package scripttest

import (
	"os"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// recoveries implements "recoveries DIR": it writes ROM_1 and the scatter file of a phone whose boot and
// recovery partitions have real ramdisks, donor.img of another phone, and boot.img, which cannot be a
// donor. The phone's recovery.fstab names protect_f as cache.
func recoveries(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: recoveries DIR")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	p := imgtest.MT6592()
	ts.Check(p.WriteDump(dir))
	kernel := append(imgtest.Noise("kernel", 0x8000), "Linux version 3.4.67 (a@b) #1\n"...)
	image := func(mtk bool, name string, files ...imgtest.CPIOFile) []byte {
		return imgtest.BootImage(kernel, imgtest.Gzip(imgtest.CPIO(files...)), mtk, name)
	}
	text := func(name, s string) imgtest.CPIOFile { return imgtest.CPIOFile{Name: name, Mode: 0o100644, Data: s} }
	own := []imgtest.CPIOFile{
		text("default.prop", "ro.secure=1\nro.product.device=demo_s1\n"),
		text("fstab.mt6592", "/emmc@usrdata /data ext4 noatime wait\n/emmc@cache /cache ext4 noatime wait\n"),
		text("ueventd.mt6592.rc", "/dev/pmem 0660 system system\n"),
		text("init.recovery.mt6592.rc", "on init\n"),
	}
	rom, err := os.OpenFile(dir+"/ROM_1", os.O_RDWR, 0)
	ts.Check(err)
	defer rom.Close()
	write := func(row string, b []byte) {
		_, err := rom.WriteAt(append(b, make([]byte, 0x20000)...), p.Row(row).Offset) // clears the old content
		ts.Check(err)
	}
	boot := image(true, "ROOTFS", append(own, imgtest.CPIOFile{Name: "init", Mode: 0o100750, Data: "init"})...)
	write("BOOTIMG", boot)
	write("RECOVERY", image(true, "RECOVERY", imgtest.Recovery("stock", append(own,
		text("etc/recovery.fstab", "/dev/block/mmcblk0p2 /cache ext4 defaults defaults\n"))...)...))
	donor := image(false, "", imgtest.Recovery("donor",
		text("default.prop", "ro.secure=1\nro.product.device=other\n"),
		text("etc/recovery.fstab", "/boot emmc /dev/bootimg\n/cache ext4 /dev/block/mmcblk0p6 flags=display=\"Cache\"\n/custom ext4 /emmc@custom\n"))...)
	ts.Check(os.WriteFile(dir+"/donor.img", donor, 0o666))
	ts.Check(os.WriteFile(dir+"/boot.img", boot, 0o666))
}
