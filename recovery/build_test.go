package recovery_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/scatter"
)

func text(name, s string) file { return file{name, ramdisk.File | 0o644, s} }

// withProgram is a ramdisk that contains a recovery, and more.
func withProgram(label string, more ...file) []file {
	var out []file
	for _, f := range imgtest.Recovery(label) {
		out = append(out, file{f.Name, f.Mode, f.Data})
	}
	return append(out, more...)
}

// phone is a phone with a GPT, 1 MiB each, and the images that its partitions hold.
func phone(images map[string][]byte, names string) *recovery.Target {
	const mib = 1 << 20
	p := &recovery.Target{Name: "ROM_1", Chip: "MT6735", Board: "demo", Table: &flash.Table{}}
	var list []flash.Image
	for i, name := range strings.Fields(names) {
		e := flash.Extent{Offset: int64(i) * mib, Length: mib}
		p.Table.Partitions = append(p.Table.Partitions, flash.Partition{Name: name, Region: flash.EMMCUser, Extent: e})
		b := make([]byte, mib)
		copy(b, images[name])
		list = append(list, bytes.NewReader(b))
	}
	p.User = flash.Join(list...)
	return p
}

func source(name string, b []byte) recovery.Source {
	if b == nil {
		return recovery.Source{}
	}
	return recovery.Source{Name: name, Image: bytes.NewReader(b)}
}

func build(t *testing.T, opt recovery.BuildOptions) (*recovery.Built, []byte) {
	t.Helper()
	b, err := recovery.Build(opt)
	if err != nil {
		t.Fatal(err)
	}
	return b, all(t, b.Image)
}

func steps(b *recovery.Built) string {
	var out strings.Builder
	for _, s := range b.Steps {
		fmt.Fprintf(&out, "%s | %s | %s\n", s.What, s.From, s.Why)
	}
	return out.String()
}

const names = "proinfo nvram protect1 para boot recovery system cache userdata"

func stockImage(t testing.TB) []byte {
	return image(t, true, withProgram("stock",
		text("default.prop", "ro.secure=1\nro.product.device=demo\nro.debuggable=0\n"),
		text("ueventd.rc", "/dev/mali 0666\n"), text("init.recovery.mt6735.rc", "on init\n"),
		text("fstab.mt6735", "/dev/block/platform/mtk-msdc.0/by-name/cache /cache ext4 x wait\n"),
	)...)
}

func donorImage(t testing.TB, c ramdisk.Compression) []byte {
	rd := pack(t, cpio(withProgram("donor",
		file{"default.prop", ramdisk.Symlink | 0o777, "prop.default"},
		text("prop.default", "ro.secure=0\nro.product.device=other\nro.product.model=Other\nro.twrp=1\n"),
		text("ueventd.rc", "/dev/adreno 0666\n"),
		text("etc/recovery.fstab", "/cache ext4 /dev/block/mmcblk0p3\n/data f2fs /dev/block/by-name/userdata flags=x\n"),
		text("etc/twrp.flags", "/nvram emmc /dev/nvram flags=backup=1\n"),
	)...), c)
	return imgtest.BootImage([]byte("the donor's kernel"), rd, false, "")
}

// The phone's parts stay, the donor's ramdisk is the base, and each thing that was
// brought over is listed with its reason.
func TestBuild(t *testing.T) {
	for _, c := range []ramdisk.Compression{ramdisk.Gzip, ramdisk.LZMA} {
		stock, donor := stockImage(t), donorImage(t, c)
		p := phone(map[string][]byte{"recovery": stock}, names)
		b, out := build(t, recovery.BuildOptions{Stock: source("recovery.img", stock), Donor: source("twrp.img", donor), Phone: p})
		was, now := mustRead(t, stock), mustRead(t, out)
		if !bytes.Equal(all(t, was.Part(boot.Kernel).Bytes()), all(t, now.Part(boot.Kernel).Bytes())) || was.Facts() != now.Facts() {
			t.Error("kernel or header are not the phone's")
		}
		if s := now.Part(boot.Ramdisk).Section; s == nil || s.Name != "RECOVERY" {
			t.Errorf("section %+v", s)
		}
		for path, want := range map[string]string{
			"sbin/recovery":           string(imgtest.Noise("donor recovery", 9000)),
			"ueventd.rc":              "/dev/mali 0666\n",
			"init.recovery.mt6735.rc": "on init\n",
			"default.prop":            "prop.default",
			"prop.default":            "ro.secure=0\nro.product.device=demo\nro.product.model=Other\nro.twrp=1\n",
			"etc/recovery.fstab":      "/cache ext4 /dev/block/platform/mtk-msdc.0/by-name/cache\n/data f2fs /dev/block/platform/mtk-msdc.0/by-name/userdata flags=x\n",
			"etc/twrp.flags":          "/nvram emmc /dev/block/platform/mtk-msdc.0/by-name/nvram flags=backup=1\n",
			"fstab.mt6735":            "/dev/block/platform/mtk-msdc.0/by-name/cache /cache ext4 x wait\n",
		} {
			if e := find(t, out, path); e == nil || string(e.Data) != want {
				t.Errorf("%s: %+v", path, e)
			}
		}
		list := steps(b)
		for _, want := range []string{
			"kernel | recovery.img", "ramdisk | twrp.img | it is the base, with its sbin/recovery", "ueventd.rc | recovery.img",
			"init.recovery.mt6735.rc | recovery.img", "prop.default | recovery.img | merged", "etc/recovery.fstab: /cache | ROM_1 | ext4 on",
			"MediaTek headers | recovery.img", "fstab.mt6735 | recovery.img | the donor has none",
		} {
			if !strings.Contains(list, want) {
				t.Errorf("the list lacks %q:\n%s", want, list)
			}
		}
		if strings.Contains(list, "compression") != (c != ramdisk.Gzip) {
			t.Errorf("%s: compression is not said:\n%s", c, list)
		}
		if flash.Worst(b.Problems) > flash.Note || !strings.Contains(fmt.Sprint(b.Problems), "ro.secure=0 comes from the donor") {
			t.Errorf("problems %v", b.Problems)
		}
		v, err := recovery.Check(context.Background(), source("new.img", out), p, 0)
		if err != nil || v.Answer != recovery.Starts {
			t.Errorf("%v: %+v", err, v)
		}
	}
}

func mustRead(t *testing.T, b []byte) *boot.Image {
	t.Helper()
	i, err := boot.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestBuildADBRoot(t *testing.T) {
	opt := recovery.BuildOptions{Stock: source("recovery.img", stockImage(t)), Donor: source("twrp.img", donorImage(t, ramdisk.Gzip)),
		Phone: phone(nil, names), ADBRoot: true}
	b, out := build(t, opt)
	want := "ro.secure=0\nro.product.device=demo\nro.product.model=Other\nro.twrp=1\nro.adb.secure=0\nro.debuggable=1\npersist.sys.usb.config=mtp,adb\n"
	if e := find(t, out, "prop.default"); string(e.Data) != want {
		t.Errorf("%q", e.Data)
	}
	if !strings.Contains(steps(b), "prop.default | the user's choice | a root shell over USB") {
		t.Error(steps(b))
	}
}

// From a boot image, the section header becomes a recovery's; a donor may be a bare
// ramdisk.
func TestBuildFromBoot(t *testing.T) {
	rd := pack(t, cpio(file{"init", ramdisk.File | 0o750, "init"}, text("default.prop", "ro.product.device=demo\n")), ramdisk.Gzip)
	stock := imgtest.BootImage([]byte("kernel"), rd, true, "ROOTFS")
	donor := pack(t, cpio(withProgram("donor")...), ramdisk.XZ)
	b, out := build(t, recovery.BuildOptions{Stock: source("boot.img", stock), Donor: source("ramdisk.cpio.xz", donor), Phone: phone(nil, names)})
	if s := mustRead(t, out).Part(boot.Ramdisk).Section; s.Name != "RECOVERY" {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(steps(b), "ROOTFS became RECOVERY") || string(find(t, out, "default.prop").Data) != "ro.product.device=demo\n" {
		t.Error(steps(b))
	}
}

func TestBuildRefused(t *testing.T) {
	stock, donor := stockImage(t), donorImage(t, ramdisk.Gzip)
	large := image(t, false, withProgram("large", file{"large", ramdisk.File, string(random(2 << 20))})...)
	init := make([]byte, 8192) // an init_boot: no kernel
	copy(init, "ANDROID!")
	init[0x0C], init[0x28] = 100, 4
	for name, c := range map[string]struct {
		stock, donor []byte
		table        string
		says         string
	}{
		"no recovery in the donor": {stock, image(t, false, text("init", "x")), names, "donor.img contains no recovery: it has no sbin/recovery and no system/bin/recovery"},
		"a folder of that name":    {stock, image(t, false, file{"sbin/recovery", ramdisk.Dir, ""}), names, "contains no recovery"},
		"A/B":                      {stock, donor, "boot_a boot_b system_a", "no recovery partition: its recovery is part of boot"},
		"A/B with vendor_boot":     {stock, donor, "boot_a vendor_boot_a vendor_boot_b", "is part of vendor_boot"},
		"too large":                {stock, large, names, "a smaller donor is needed"},
		"stock cut":                {stock[:12000], donor, names, "stock.img is cut"},
		"donor cut":                {stock, donor[:3000], names, "donor.img is cut"},
		"no kernel":                {init, donor, names, "contains no kernel"},
	} {
		_, err := recovery.Build(recovery.BuildOptions{Stock: source("stock.img", c.stock), Donor: source("donor.img", c.donor), Phone: phone(nil, c.table)})
		if no := flash.AsRefusal(err); no == nil || no.Reason != flash.ReasonUnfit || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	_, err := recovery.Build(recovery.BuildOptions{Stock: source("stock.img", []byte("something")), Donor: source("donor.img", donor)})
	if !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("%v", err)
	}
}

// random does not compress.
func random(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}

// Without a table nothing is rewritten, and that is said.
func TestBuildWithoutTable(t *testing.T) {
	b, out := build(t, recovery.BuildOptions{Stock: source("recovery.img", stockImage(t)), Donor: source("twrp.img", donorImage(t, ramdisk.Gzip))})
	if e := find(t, out, "etc/recovery.fstab"); !strings.Contains(string(e.Data), "mmcblk0p3") {
		t.Errorf("%q", e.Data)
	}
	if !strings.Contains(fmt.Sprint(b.Problems), "there is no partition table of the phone") || flash.Worst(b.Problems) != flash.Warning {
		t.Errorf("%v", b.Problems)
	}
}

// A stock image with an AVB footer gives one with a footer: unsigned, of the same size,
// and true.
func TestBuildFooter(t *testing.T) {
	stock := stockImage(t)
	block := imgtest.AVBBlock{RollbackIndex: 7, Descriptors: [][]byte{imgtest.AVBHash("recovery", stock, []byte("salt and salt"))}}.Bytes()
	const size = 1 << 20
	footed := imgtest.AVBFooted(stock, block, len(stock), size)
	opt := recovery.BuildOptions{Stock: source("recovery.img", footed), Donor: source("twrp.img", donorImage(t, ramdisk.Gzip)), Phone: phone(nil, names)}
	b, out := build(t, opt)
	if len(out) != size || !strings.Contains(steps(b), "AVB footer | recovery.img | it is new") || !strings.Contains(fmt.Sprint(b.Problems), "unlocked") {
		t.Errorf("%d bytes, %v", len(out), b.Problems)
	}
	v, foot, err := avb.Find(bytes.NewReader(out))
	if err != nil || v.Signature != avb.Unsigned || v.RollbackIndex != 7 || len(v.Images) != 1 || v.Images[0].Partition != "recovery" || len(v.Problems) > 0 {
		t.Fatalf("%v %+v", err, v)
	}
	if r, err := v.Images[0].Check(context.Background(), bytes.NewReader(out), nil); err != nil || r.Verdict != avb.Intact {
		t.Errorf("%v %+v", err, r)
	}
	if i := mustRead(t, out); foot.ImageSize != i.Length {
		t.Errorf("the footer says 0x%x, the image has 0x%x", foot.ImageSize, i.Length)
	}
	// An edited folder keeps its footer in the same way.
	m, _ := folder(t, footed)
	m["ramdisk/default.prop"].Data = []byte("edited")
	r, again := repack(t, m, footed)
	if v, _, err = avb.Find(bytes.NewReader(again)); err != nil || len(again) != size || !strings.Contains(fmt.Sprint(r.Problems), "unsigned") {
		t.Fatalf("%v, %d bytes, %v", err, len(again), r.Problems)
	}
	if c, err := v.Images[0].Check(context.Background(), bytes.NewReader(again), nil); err != nil || c.Verdict != avb.Intact || v.Images[0].Partition != "recovery" {
		t.Errorf("%v %+v", err, c)
	}
	// The image fits, image and block do not.
	opt.Donor = source("large.img", image(t, false, withProgram("large", file{"large", ramdisk.File, string(random(size - len(stock) - 2048))})...))
	if _, err := recovery.Build(opt); err == nil || !strings.Contains(err.Error(), "do not fit") {
		t.Errorf("%v", err)
	}
}

// wiko is a real phone, its images put together by hand of their pieces, in a user area
// made by its scatter file.
func wiko(t *testing.T) (p *recovery.Target, images map[string][]byte) {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS is not set")
	}
	piece := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, "wiko-wiko-mt6582", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	s, err := scatter.Read(bytes.NewReader(piece("MT6582_Android_scatter.txt")))
	if err != nil {
		t.Fatal(err)
	}
	p = &recovery.Target{Name: "ROM_1", Chip: "MT6582", Board: "wiko", Table: s.Table(0)}
	user := imgtest.NewSparse(p.Row("usrdata").Offset + 1<<20)
	extents := func(names ...string) (out []flash.Extent) {
		for _, n := range names {
			out = append(out, p.Row(n).Extent)
		}
		return out
	}
	user.PutSectors(imgtest.MBRChain(imgtest.MBRSpec{Primary: extents("PROTECT_F", "PROTECT_S", "SEC_RO"), ToEnd: true,
		EBRs: []imgtest.EBRSpec{{Offset: p.Row("EBR1").Offset, Rows: extents("ANDROID", "CACHE", "USRDATA")}}}))
	images = map[string][]byte{}
	for _, name := range []string{"boot", "recovery"} {
		kernel := piece(name + "__kernel")
		rd := append(piece(name+"__ramdisk.mtk_header"), piece(name+"__ramdisk.packed")...)
		b := make([]byte, 2048)
		copy(b, "ANDROID!")
		for i, v := range []int{len(kernel), 0x10008000, len(rd), 0x11000000, 0, 0x10F00000, 0x10000100, 2048} {
			binary.LittleEndian.PutUint32(b[8+4*i:], uint32(v))
		}
		for _, part := range [][]byte{kernel, rd} {
			b = append(b, part...)
			b = append(b, make([]byte, (2048-len(b)%2048)%2048)...)
		}
		images[name] = b
		user.Put(p.Row(name).Offset, b)
	}
	p.User = user
	return p, images
}

// wiko-wiko-mt6582: the stock recovery.fstab names partitions as cache and data that are
// protect_f and protect_s: formatting them would destroy the IMEI. The table wins.
func TestCorpusWikoFstab(t *testing.T) {
	p, images := wiko(t)
	donor := image(t, false, withProgram("donor", text("etc/recovery.fstab",
		"/boot emmc /dev/bootimg\n/cache ext4 /dev/block/mmcblk0p2\n/data ext4 /dev/block/mmcblk0p3\n/system ext4 /dev/block/mmcblk0p6\n"))...)
	b, out := build(t, recovery.BuildOptions{Stock: source("recovery.img", images["recovery"]), Boot: source("boot.img", images["boot"]),
		Donor: source("cwm.img", donor), Phone: p})
	told := fmt.Sprint(b.Problems)
	for _, want := range []string{
		"etc/recovery.fstab, line 2: names /dev/block/mmcblk0p2 as /cache, but in the phone's table that is PROTECT_F, not CACHE",
		"etc/recovery.fstab, line 3: names /dev/block/mmcblk0p3 as /data, but in the phone's table that is PROTECT_S, not USRDATA",
		"etc/recovery.fstab, line 7: names /dev/block/mmcblk0p6 as /system, but in the phone's table that is CACHE, not ANDROID",
		"line 6: names /dev/block/mmcblk0p4 as /sdcard, but in the phone's table that is SEC_RO",
		"such as its IMEI; the table is used instead",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("not told: %s\n%s", want, told)
		}
	}
	want := "/boot emmc /dev/bootimg\n/cache ext4 /emmc@cache\n/data ext4 /emmc@usrdata\n/system ext4 /emmc@android\n"
	if got := string(find(t, out, "etc/recovery.fstab").Data); got != want {
		t.Errorf("%q", got)
	}
	if got := find(t, out, "ueventd.rc"); got == nil || len(got.Data) != 6729 {
		t.Error("ueventd.rc is not the phone's")
	}
	v, err := recovery.Check(context.Background(), source("new.img", out), p, 0)
	if err != nil || v.Answer != recovery.Starts || !strings.Contains(fmt.Sprint(v.Reasons), "is the phone's own, byte for byte") {
		t.Errorf("%v %+v", err, v)
	}
	// The stock recovery itself says what the table denies, and goes by /proc/dumchar_info.
	v, err = recovery.Check(context.Background(), source("recovery.img", images["recovery"]), p, 0)
	if err != nil || v.Answer != recovery.Starts || !strings.Contains(fmt.Sprint(v.Reasons), "mmcblk0p2 as /cache, but in the phone's table that is PROTECT_F, not CACHE") {
		t.Errorf("%v %+v", err, v)
	}
}

// wiko-wiko-mt6582: taken apart and put together the images are the same.
func TestCorpusWikoRepack(t *testing.T) {
	_, images := wiko(t)
	for name, img := range images {
		m, u := folder(t, img)
		if r, got := repack(t, m, img); !bytes.Equal(got, img) || len(r.Changed) > 0 || len(u.Problems) > 0 {
			t.Errorf("%s: changed %q, problems %v", name, r.Changed, u.Problems)
		}
	}
}
