package recovery_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/recovery"
)

// kernel is one that says its version.
func kernel(version string) []byte {
	return append(imgtest.Noise("kernel "+version, 4000), "Linux version "+version+" (a@b) #1\n"...)
}

func withKernel(t *testing.T, k []byte, mtk bool, files ...file) []byte {
	return imgtest.BootImage(k, pack(t, cpio(files...), ramdisk.Gzip), mtk, "RECOVERY")
}

func put32(b []byte, off int, v uint32) []byte {
	b = bytes.Clone(b)
	binary.LittleEndian.PutUint32(b[off:], v)
	return b
}

func vbmeta(flags uint32, descriptors ...[]byte) []byte {
	return imgtest.AVBBlock{Flags: flags, Descriptors: descriptors}.Bytes()
}

// withLoader puts a small loader in the place of the header, which moves to 0x400.
func withLoader(img []byte) []byte {
	loader := put32(append([]byte("ANDROID!"), make([]byte, 0x3F8)...), 0x24, 2048)
	copy(loader[0x200:], "microloader")
	return append(append(loader, img[:0x400]...), img[0x800:]...)
}

// Everything that stops an image from starting is found and named; the answer and the
// line follow.
func TestCheck(t *testing.T) {
	files := withProgram("stock")
	stock := withKernel(t, kernel("3.18.35"), true, files...)
	const withVB = names + " vbmeta"
	const fstab = "/cache ext4 /dev/block/by-name/nvram\n"
	signed := imgtest.AVBFooted(stock, vbmeta(0, imgtest.AVBHash("recovery", stock, nil)), len(stock), 1<<20)
	for name, c := range map[string]struct {
		img    []byte
		table  string
		vbmeta []byte
		answer recovery.Answer
		says   string
	}{
		"the phone's own":        {stock, names, nil, recovery.Starts, "kernel: is the phone's own, byte for byte"},
		"without a recovery":     {withKernel(t, kernel("3.18.35"), true, text("init", "x")), names, nil, recovery.DoesNotStart, "contains no recovery"},
		"no MediaTek header":     {withKernel(t, kernel("3.18.35"), false, files...), names, nil, recovery.DoesNotStart, "MediaTek header: the kernel has none, but the phone's own has KERNEL"},
		"another header version": {put32(stock, 0x28, 2), names, nil, recovery.DoesNotStart, "header: version 2, but the phone's own has 0"},
		"another kernel":         {withKernel(t, kernel("4.4.95"), true, files...), names, nil, recovery.Depends, "kernel: is 4.4.95, but the phone's own is 3.18.35"},
		"another build":          {withKernel(t, append(kernel("3.18.35"), 'x'), true, files...), names, nil, recovery.Depends, "another build of 3.18.35"},
		"no version":             {withKernel(t, []byte("kernel"), true, files...), names, nil, recovery.Depends, "the version of one of them cannot be read"},
		"another address":        {put32(stock, 0x0C, 0x40008000), names, nil, recovery.Depends, "the kernel is loaded at address 0x40008000, but in the phone's own image at 0x80008000"},
		"too large":              {withKernel(t, kernel("3.18.35"), true, append(files, file{"x", ramdisk.File, string(random(1 << 20))})...), names, nil, recovery.DoesNotStart, "do not fit into the 0x100000 bytes of recovery"},
		"file too long":          {append(bytes.Clone(stock), make([]byte, 1<<20)...), names, nil, recovery.Depends, "flash tools refuse it"},
		"cut":                    {stock[:len(stock)-4096], names, nil, recovery.DoesNotStart, "ramdisk: is cut"},
		"a ramdisk of nothing":   {imgtest.BootImage(kernel("3.18.35"), []byte("nothing"), true, "RECOVERY"), names, nil, recovery.DoesNotStart, "ramdisk: cannot be read"},
		"a boot image's header":  {imgtest.BootImage(kernel("3.18.35"), pack(t, cpio(files...), ramdisk.Gzip), true, "ROOTFS"), names, nil, recovery.DoesNotStart, "the name in the ramdisk's header is ROOTFS, but the bootloader needs RECOVERY"},
		"another compression":    {imgtest.BootImage(kernel("3.18.35"), pack(t, cpio(files...), ramdisk.LZMA), true, "RECOVERY"), names, nil, recovery.Depends, "compressed with lzma, but the phone's own with gzip"},
		"behind a small loader":  {withLoader(stock), names, nil, recovery.Depends, "only a bootloader that supports it starts the image"},
		"paths that do harm":     {withKernel(t, kernel("3.18.35"), true, append(files, text("etc/recovery.fstab", fstab))...), names, nil, recovery.Harmful, "names /dev/block/by-name/nvram as /cache"},

		"no recovery partition":   {stock, "proinfo system", nil, recovery.Depends, "the table has no recovery partition"},
		"recovery in boot":        {stock, "boot_a boot_b", nil, recovery.Depends, "its boot image also contains the recovery"},
		"recovery in vendor_boot": {stock, "boot_a vendor_boot_a vendor_boot_b", nil, recovery.DoesNotStart, "the image is not a vendor_boot"},

		"nothing is verified":      {stock, withVB, vbmeta(2), recovery.Starts, "switches verification off (flags 2)"},
		"nothing of recovery":      {stock, withVB, vbmeta(0), recovery.Starts, "does not mention recovery"},
		"the stated image":         {stock, withVB, vbmeta(0, imgtest.AVBHash("recovery", stock, nil)), recovery.Starts, "is the one in the phone's vbmeta"},
		"another than is stated":   {stock, withVB, vbmeta(0, imgtest.AVBHash("recovery", []byte("other"), nil)), recovery.Depends, "a locked bootloader refuses it"},
		"a chain, and no block":    {stock, withVB, vbmeta(0, imgtest.AVBChain("recovery", []byte("key"))), recovery.Depends, "requires a signed block in recovery, but the image has none"},
		"a chain, and a wrong key": {signed, withVB, vbmeta(0, imgtest.AVBChain("recovery", []byte("key"))), recovery.Depends, "with another key than the phone's vbmeta requires"},
		"a footer not at the end":  {append(bytes.Clone(signed[:1<<19]), signed[len(signed)-64:]...), withVB, vbmeta(0), recovery.Depends, "has a footer, but not at the end"},
		"a vbmeta of nothing":      {stock, withVB, []byte("none"), recovery.Depends, "its vbmeta cannot be read"},
	} {
		p := phone(map[string][]byte{"recovery": stock, "boot": stock, "boot_a": stock, "vbmeta": c.vbmeta}, c.table)
		v, err := recovery.Check(context.Background(), source("new.img", c.img), p, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if v.Answer != c.answer || !strings.Contains(fmt.Sprint(v.Reasons), c.says) {
			t.Errorf("%s: %s: %v\nwant %q and %q", name, v.Answer, v.Reasons, c.answer, c.says)
		}
		if !strings.HasPrefix(v.Line, "new.img: "+string(c.answer)) || strings.Contains(v.Line, "\n") {
			t.Errorf("%s: line %q", name, v.Line)
		}
	}
}

// A path that the table contradicts does harm when the recovery goes by it. The maker's own
// recoveries of the MBR era carry numbers of other layouts and look partitions up by name.
func TestCheckNumbersOfOtherLayouts(t *testing.T) {
	const mbrNames = "mbr ebr1 nvram protect1 protect2 boot recovery android cache usrdata"
	const list = "/dev/block/mmcblk0p3 /cache ext4 defaults defaults\n" // protect2 by the table
	recoveryOf := func(program string, fstabs ...file) []byte {
		files := append([]file{{"sbin", ramdisk.Dir | 0o755, ""}, {"sbin/recovery", ramdisk.File | 0o755, program}}, fstabs...)
		return withKernel(t, kernel("3.4.67"), true, files...)
	}
	own := text("etc/recovery.fstab", list)
	const plain, reads = "\x7FELF plain", "\x7FELF reads /proc/dumchar_info\x00"
	for name, c := range map[string]struct {
		img, stock []byte
		answer     recovery.Answer
		says       string
	}{
		"the maker's, as it is":             {recoveryOf(reads, own), recoveryOf(reads, own), recovery.Starts, "the phone's own recovery has the same path, and its program reads /proc/dumchar_info"},
		"another's, that reads it":          {recoveryOf(reads+"2", own), recoveryOf(reads, own), recovery.MayHarm, "it is not known whether the program uses the number"},
		"the phone's, of unknown ways":      {recoveryOf(plain, own), recoveryOf(plain, own), recovery.MayHarm, "either its program does not use it, or the table is of another phone"},
		"another's, that does not":          {recoveryOf(plain, own), recoveryOf(reads, own), recovery.Harmful, "such as its IMEI"},
		"the stock's program, another file": {recoveryOf(plain, text("etc/recovery.fstab", list+"# x\n")), recoveryOf(plain, own), recovery.Harmful, "such as its IMEI"},
		"a file of init's":                  {recoveryOf(reads, text("fstab.mt6582", list)), recoveryOf(reads), recovery.Harmful, "such as its IMEI"},
		"a name, not a number":              {recoveryOf(reads, text("etc/recovery.fstab", "/dev/block/by-name/nvram /cache ext4 defaults\n")), recoveryOf(reads), recovery.Harmful, "such as its IMEI"},
		"the phone's, by a name":            {recoveryOf(plain, text("etc/recovery.fstab", "/dev/block/by-name/nvram /cache ext4 defaults\n")), recoveryOf(plain, text("etc/recovery.fstab", "/dev/block/by-name/nvram /cache ext4 defaults\n")), recovery.MayHarm, "the phone's own recovery has the same path"},
	} {
		for _, given := range []bool{false, true} { // the stock image in the dump, or beside it
			p := phone(map[string][]byte{"recovery": c.stock}, mbrNames)
			if given {
				p = phone(nil, mbrNames)
				p.Stock = bytes.NewReader(c.stock)
			}
			v, err := recovery.Check(context.Background(), source("new.img", c.img), p, 0)
			if err != nil || v.Answer != c.answer || !strings.Contains(fmt.Sprint(v.Reasons), c.says) {
				t.Errorf("%s, given %t: %v, %v\nwant %q and %q", name, given, err, v, c.answer, c.says)
			}
		}
	}
}

// A rollback index below the phone's own is named.
func TestCheckRollback(t *testing.T) {
	stock := withKernel(t, kernel("3.18.35"), false, withProgram("stock")...)
	footed := func(index uint64) []byte {
		block := imgtest.AVBBlock{RollbackIndex: index, Descriptors: [][]byte{imgtest.AVBHash("recovery", stock, nil)}}.Bytes()
		return imgtest.AVBFooted(stock, block, len(stock), 1<<20)
	}
	p := phone(map[string][]byte{"recovery": footed(5), "vbmeta": vbmeta(0, imgtest.AVBChain("recovery", []byte("key")))}, names+" vbmeta")
	for index, want := range map[uint64]bool{4: true, 5: false, 6: false} {
		v, err := recovery.Check(context.Background(), source("new.img", footed(index)), p, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(fmt.Sprint(v.Reasons), "rollback index 4 is lower than the phone's own (5"); got != want {
			t.Errorf("index %d: %v", index, v.Reasons)
		}
	}
}

// Device trees of two chips have nothing in common.
func TestCheckDeviceTree(t *testing.T) {
	if _, err := exec.LookPath("dtc"); err != nil {
		t.Skip("dtc is not installed (Debian package device-tree-compiler)")
	}
	tree := func(compatible string) []byte {
		out := filepath.Join(t.TempDir(), "out")
		cmd := exec.Command("dtc", "-q", "-o", out)
		cmd.Stdin = strings.NewReader("/dts-v1/; / { compatible = " + compatible + "; };")
		if msg, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, msg)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	img := func(version, compatible string) []byte {
		return withKernel(t, append(kernel(version), tree(compatible)...), false, withProgram("stock")...)
	}
	p := phone(map[string][]byte{"recovery": img("3.18.35", `"mediatek,mt6735", "mediatek,common"`)}, names)
	for compatible, c := range map[string]struct {
		answer recovery.Answer
		says   string
	}{
		`"mediatek,common"`: {recovery.Depends, "dtb: is for mediatek,common, the same as the phone's own"},
		`"mediatek,mt6765"`: {recovery.DoesNotStart, "dtb: is for mediatek,mt6765, but the phone is mediatek,mt6735 mediatek,common"},
	} {
		v, err := recovery.Check(context.Background(), source("new.img", img("3.18.36", compatible)), p, 0)
		if err != nil || v.Answer != c.answer || !strings.Contains(fmt.Sprint(v.Reasons), c.says) {
			t.Errorf("%s: %v %+v", compatible, err, v)
		}
	}
	// A version 2 header names its tree: one that is gone is missed.
	two := make([]byte, 4096)
	copy(two, "ANDROID!")
	rd := pack(t, cpio(withProgram("stock")...), ramdisk.Gzip)
	for off, v := range map[int]int{8: 4, 16: len(rd), 36: 2048, 40: 2} {
		binary.LittleEndian.PutUint32(two[off:], uint32(v))
	}
	two = append(append(two[:2048], make([]byte, 2048)...), rd...)
	two = append(two, make([]byte, (2048-len(two)%2048)%2048)...)
	b, err := boot.Read(bytes.NewReader(two))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Replace(boot.DTB, bytes.NewReader(tree(`"mediatek,mt6765"`))); err != nil {
		t.Fatal(err)
	}
	with, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	v, err := recovery.Check(context.Background(), source("new.img", two), phone(map[string][]byte{"recovery": all(t, with)}, names), 0)
	if err != nil || v.Answer != recovery.DoesNotStart || !strings.Contains(fmt.Sprint(v.Reasons), "dtb: is missing") {
		t.Errorf("%v %+v", err, v)
	}
}

// A recovery of 64 bits does not run on a kernel of 32, which would start it otherwise.
func TestBits(t *testing.T) {
	arm32 := append([]byte(strings.Repeat("\x00", 0x24)+"\x18\x28\x6F\x01"), kernel("3.18.35")...)
	program := func(class string) []file {
		return []file{{"sbin", ramdisk.Dir | 0o755, ""}, {"sbin/recovery", ramdisk.File | 0o755, "\x7FELF" + class}}
	}
	stock := withKernel(t, arm32, false, program("\x01")...)
	p := phone(map[string][]byte{"recovery": stock}, names)
	for class, ok := range map[string]bool{"\x01": true, "\x02": false, "": true} {
		donor := withKernel(t, []byte("donor"), false, program(class)...)
		_, err := recovery.Build(recovery.BuildOptions{Stock: source("stock.img", stock), Donor: source("twrp.img", donor), Phone: p})
		if ok != (err == nil) || !ok && !strings.Contains(err.Error(), "a recovery of 64 bits") {
			t.Errorf("class %q: %v", class, err)
		}
		v, err := recovery.Check(context.Background(), source("new.img", withKernel(t, arm32, false, program(class)...)), p, 0)
		if err != nil || ok != (v.Answer == recovery.Starts) {
			t.Errorf("class %q: %v %+v", class, err, v)
		}
	}
}

// vendorBoot is a vendor_boot of version 4 with one ramdisk of that type.
func vendorBoot(t *testing.T, kind uint32, files ...file) []byte {
	return vendorRamdisks(kind, pack(t, cpio(files...), ramdisk.LZ4Legacy))
}

// vendorRamdisks is a vendor_boot of version 4 with ramdisks of that type.
func vendorRamdisks(kind uint32, ramdisks ...[]byte) []byte {
	const page, header, row = 4096, 2128, 108
	b, all, table := append([]byte("VNDRBOOT"), make([]byte, page-8)...), []byte{}, []byte{}
	for _, rd := range ramdisks {
		r := put32(put32(put32(make([]byte, row), 0, uint32(len(rd))), 4, uint32(len(all))), 8, kind)
		all, table = append(all, rd...), append(table, r...)
	}
	for off, v := range map[int]int{8: 4, 0x0C: page, 0x18: len(all), 0x830: header, 0x840: len(table), 0x844: len(ramdisks), 0x848: row} {
		b = put32(b, off, uint32(v))
	}
	for _, part := range [][]byte{all, table} {
		b = append(b, part...)
		b = append(b, make([]byte, -len(b)&(page-1))...)
	}
	return b
}

// Phones of today keep their recovery in vendor_boot, or still in boot although they
// have one.
func TestPlace(t *testing.T) {
	with, without := vendorBoot(t, 2, withProgram("stock")...), vendorBoot(t, 1, text("first_stage_ramdisk/fstab.mt6789", "#\n"))
	const table = "boot_a vendor_boot_a vendor_boot_b"
	for want, img := range map[string][]byte{"vendor_boot": with, "boot": without} {
		if got := phone(map[string][]byte{"vendor_boot_a": img}, table).RecoveryPartition(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	v, err := recovery.Check(context.Background(), source("vendor_boot.img", with), phone(map[string][]byte{"vendor_boot_a": with}, table), 0)
	if err != nil || v.Answer != recovery.Starts || v.Partition != "vendor_boot_a" {
		t.Errorf("%v %+v", err, v)
	}
	m, _ := folder(t, with)
	if r, got := repack(t, m, with); !bytes.Equal(got, with) || len(r.Changed) > 0 {
		t.Errorf("changed %q", r.Changed)
	}
	m["ramdisk0/sbin/recovery"].Data = []byte("edited")
	r, got := repack(t, m, with)
	m, _ = folder(t, got)
	if string(m["ramdisk0/sbin/recovery"].Data) != "edited" || len(r.Problems) > 0 {
		t.Errorf("%v", r.Problems)
	}
}
