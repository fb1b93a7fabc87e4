package fstab_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/recovery/fstab"
)

var made = sync.OnceValue(imgtest.MT6592)

// old is a phone of the MBR era. With its dump, the numbers are known: MBR lists
// PROTECT_F, PROTECT_S and SEC_RO, EBR1 FRP, ANDROID and CACHE, EBR2 USRDATA.
func old(dump bool) *fstab.Partitions {
	p := made()
	starts := map[int]int64{}
	if dump {
		for n, name := range map[int]string{2: "PROTECT_F", 3: "PROTECT_S", 4: "SEC_RO", 5: "FRP", 6: "ANDROID", 7: "CACHE", 8: "USRDATA"} {
			starts[n] = p.Row(name).Offset
		}
	}
	return fstab.NewPartitions(&flash.Table{Partitions: p.Rows}, true, starts)
}

// modern is a phone with a GPT.
func modern() *fstab.Partitions {
	t, starts := &flash.Table{}, map[int]int64{}
	for i, name := range strings.Fields("proinfo nvram protect1 protect2 para boot_a boot_b recovery system vendor cache userdata frp metadata md_udc") {
		e := flash.Extent{Offset: int64(i+1) << 20, Length: 1 << 20}
		t.Partitions = append(t.Partitions, flash.Partition{Name: name, Region: flash.EMMCUser, Extent: e})
		starts[i+1] = e.Offset
	}
	return fstab.NewPartitions(t, false, starts)
}

func TestRead(t *testing.T) {
	const text = `# a comment
/boot  emmc	/dev/bootimg
/cache ext4 /dev/block/mmcblk0p6 /dev/block/mmcblk0 flags=display="My Cache";wipeingui

/emmc@usrdata /data ext4 noatime,nosuid wait,check
/devices/platform/mtk-msdc.0/mmc_host auto vfat defaults voldmanaged=sdcard0:emmc@fat,noemulatedsd
boot /boot emmc defaults defaults
/tmp ramdisk ramdisk
nonsense
/dev/block/x /y newfs
/last ext4 /dev/block/mmcblk0p1`
	f := fstab.Read([]byte(text))
	if string(f.Encode()) != text {
		t.Error("untouched, the text differs")
	}
	var got []string
	for _, e := range f.Entries() {
		got = append(got, fmt.Sprintf("%d %v %s %s %s|%s", e.Number, e.V1, e.Device, e.Mount, e.Type, e.Options))
	}
	want := []string{
		`2 true /dev/bootimg /boot emmc|`,
		`3 true /dev/block/mmcblk0p6 /cache ext4|/dev/block/mmcblk0 flags=display="My Cache";wipeingui`,
		`5 false /emmc@usrdata /data ext4|noatime,nosuid wait,check`,
		`6 false /devices/platform/mtk-msdc.0/mmc_host auto vfat|defaults voldmanaged=sdcard0:emmc@fat,noemulatedsd`,
		`7 false boot /boot emmc|defaults defaults`,
		`8 true ramdisk /tmp ramdisk|`,
		`11 true /dev/block/mmcblk0p1 /last ext4|`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if !f.Lines[8].Odd || !f.Lines[9].Odd || f.Lines[0].Odd {
		t.Error("odd lines are not known as such")
	}
}

func TestDevice(t *testing.T) {
	for s, want := range map[string]string{
		"/dev/block/platform/mtk-msdc.0/11230000.msdc0/by-name/system": "by-name system",
		"/dev/block/by-name/boot":                                      "by-name boot",
		"/dev/block/platform/bootdevice/by-name/x":                     "by-name x",
		"/emmc@android":               "emmc@ android",
		"emmc@usrdata":                "emmc@ usrdata",
		"/dev/bootimg":                "/dev bootimg",
		"misc":                        "name misc",
		"/dev/block/mmcblk0p12":       "number 12",
		"/dev/block/mmcblk1p1":        "other ",
		"/dev/block/mmcblk0":          "other ",
		"/dev/block/mmcblk0p9999":     "other ",
		"/dev/block/by-name/../nvram": "other ",
		"/dev/null":                   "other ",
		"tmpfs":                       "other ",
		"/devices/platform/mt_usb":    "other ",
		"/emmc@a/b":                   "other ",
		"":                            "other ",
	} {
		d := fstab.ParseDevice(s)
		name := d.Name
		if d.Style == fstab.Number {
			name = fmt.Sprint(d.Number)
		}
		if got := fmt.Sprint(d.Style, " ", name); got != want {
			t.Errorf("%s: %q, want %q", s, got, want)
		}
		if d.Style != fstab.Other && d.String() != s {
			t.Errorf("%s is spelled %s", s, d)
		}
	}
}

// Every way of naming the wrong partition is found, and no right one is.
func TestCheck(t *testing.T) {
	const byName = "/dev/block/platform/mtk-msdc.0/by-name/"
	for line, want := range map[string]string{
		// The MBR era, with a dump.
		"/cache ext4 /dev/block/mmcblk0p7":                     "",
		"/cache ext4 /dev/block/mmcblk0p2":                     "error names /dev/block/mmcblk0p2 as /cache, but in the phone's table that is PROTECT_F, not CACHE: formatting it would destroy data that only this phone has, such as its IMEI",
		"/dev/block/mmcblk0p3 /data ext4 x x":                  "error names /dev/block/mmcblk0p3 as /data, but in the phone's table that is PROTECT_S, not USRDATA: formatting it would destroy data that only this phone has, such as its IMEI",
		"/system ext4 /dev/block/mmcblk0p7":                    "error names /dev/block/mmcblk0p7 as /system, but in the phone's table that is CACHE, not ANDROID",
		"/system ext4 /dev/block/mmcblk0p9":                    "warning /dev/block/mmcblk0p9 for /system: the phone has no such partition",
		"/emmc@android /system ext4 ro wait":                   "",
		"/emmc@system /system ext4 ro wait":                    "",
		"/emmc@usrdata /cache ext4 x x":                        "error names /emmc@usrdata as /cache, but in the phone's table that is USRDATA, not CACHE",
		"/emmc@fat /sdcard vfat x x":                           "warning /emmc@fat for /sdcard: the phone has no such partition",
		"/emmc@nvram /custom ext4 x x":                         "error names /emmc@nvram as /custom, but in the phone's table that is NVRAM: formatting it would destroy data that only this phone has, such as its IMEI",
		"/boot emmc /dev/bootimg":                              "",
		"/boot emmc /dev/recovery":                             "error names /dev/recovery as /boot, but in the phone's table that is RECOVERY, not BOOTIMG",
		"boot /boot emmc defaults defaults":                    "",
		"/boot emmc boot":                                      "",
		"/uboot emmc /dev/uboot":                               "",
		"/protect_f ext4 /emmc@protect_f":                      "",
		"/boot_image emmc /dev/bootimg":                        "",
		"/external_sd vfat /dev/block/mmcblk1p1":               "",
		"/usb-otg vfat /dev/block/sda1 /dev/block/sda":         "",
		"/devices/x auto vfat defaults voldmanaged=s:emmc@fat": "note emmc@fat: the phone has no such partition",
	} {
		check(t, "MBR", old(true), line, want)
	}
	for line, want := range map[string]string{
		// The same, from a scatter file alone: two numbers are certain in any MBR.
		"/cache ext4 /dev/block/mmcblk0p2": "error names /dev/block/mmcblk0p2 as /cache, but in the phone's table that is PROTECT_F, not CACHE: formatting it would destroy data that only this phone has, such as its IMEI",
		"/cache ext4 /dev/block/mmcblk0p7": "note /dev/block/mmcblk0p7 for /cache: only the phone's own table, in a dump, shows which partition this is",
		"/cache ext4 /emmc@cache":          "",
	} {
		check(t, "scatter", old(false), line, want)
	}
	for line, want := range map[string]string{
		// A GPT: names are exact, numbers those of its entries.
		byName + "system /system ext4 ro wait":                                                   "",
		byName + "SYSTEM /system ext4 ro wait":                                                   "warning " + byName + "SYSTEM for /system: the phone has no such partition",
		byName + "boot /boot emmc defaults slotselect":                                           "",
		byName + "para /misc emmc defaults defaults":                                             "",
		byName + "protect1 /protect_f ext4 x wait":                                               "",
		byName + "protect1 /data ext4 x wait":                                                    "error names " + byName + "protect1 as /data, but in the phone's table that is protect1, not userdata: formatting it would destroy data that only this phone has, such as its IMEI",
		byName + "protect1 /mnt/vendor/protect_f ext4 x wait":                                    "",
		byName + "protect2 /vendor/protect_s ext4 x wait":                                        "",
		"/mnt/vendor/nvram ext4 " + byName + "nvram":                                             "",
		byName + "protect1 /mnt/vendor/nvram ext4 x wait":                                        "error names " + byName + "protect1 as /mnt/vendor/nvram, but in the phone's table that is protect1, not nvram: formatting it would destroy data that only this phone has, such as its IMEI",
		byName + "protect1 /mnt/vendor/persist ext4 x wait":                                      "error names " + byName + "protect1 as /mnt/vendor/persist, but in the phone's table that is protect1: formatting it would destroy data that only this phone has, such as its IMEI",
		byName + "cache /hidden/data ext4 x wait":                                                "", // a place of the maker's own
		byName + "frp /mnt/sdcard vfat x x":                                                      "error names " + byName + "frp as /mnt/sdcard, but in the phone's table that is frp",
		byName + "md_udc /metadata ext4 x wait":                                                  "",
		byName + "metadata /metadata ext4 x wait":                                                "",
		byName + "md_udc /data ext4 x wait":                                                      "error names " + byName + "md_udc as /data, but in the phone's table that is md_udc, not userdata",
		byName + "md3img /md3img emmc defaults defaults":                                         "note lists raw partitions that the phone does not have: md3img",
		byName + "dkb /boot emmc defaults defaults":                                              "warning " + byName + "dkb for /boot: the phone has no such partition",
		byName + "cust /cust ext4 ro wait":                                                       "warning " + byName + "cust for /cust: the phone has no such partition",
		"/data ext4 /dev/block/mmcblk0p12":                                                       "",
		byName + "userdata /data ext4 x wait,encryptable=" + byName + "metadata,quota":           "",
		byName + "userdata /data ext4 x wait,encryptable=" + byName + "crypto":                   "warning " + byName + "crypto in the options of /data: the phone has no such partition",
		"/data ext4 " + byName + "userdata flags=encryptable=/dev/block/mmcblk0p2;display=\"x\"": "error /dev/block/mmcblk0p2 in the options of /data is nvram in the phone's table: formatting it would destroy data that only this phone has, such as its IMEI",
		"/data ext4 " + byName + "userdata /dev/block/mmcblk0 flags=encryptable=footer":          "",
		"/data ext4 /dev/block/mmcblk0p2":                                                        "error names /dev/block/mmcblk0p2 as /data, but in the phone's table that is nvram, not userdata: formatting it would destroy data that only this phone has, such as its IMEI",
		"system /system ext4 ro wait,logical,first_stage_mount":                                  "",
		"/data ext4 /dev/block/mmcblk0p13 flags=x":                                               "error names /dev/block/mmcblk0p13 as /data, but in the phone's table that is frp, not userdata",
	} {
		check(t, "GPT", modern(), line, want)
	}
}

// The raw partitions of other phones with the same chip are one note, however many.
func TestSpare(t *testing.T) {
	const byName = "/dev/block/by-name/"
	f := fstab.Read([]byte(byName + "boot /boot emmc x x\n" + byName + "md3img /md3img emmc x x\n" + byName + "cust /cust ext4 x x\n" + byName + "odmdtbo /odmdtbo emmc x x\n"))
	var got []string
	for _, x := range modern().Check(f) {
		got = append(got, fmt.Sprintf("%v, line %d: %s", x.Severity, x.Line, x.Text))
	}
	want := []string{
		"warning, line 3: /dev/block/by-name/cust for /cust: the phone has no such partition",
		"note, line 2: lists raw partitions that the phone does not have: md3img, odmdtbo",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func check(t *testing.T, name string, p *fstab.Partitions, line, want string) {
	t.Helper()
	got := ""
	for _, f := range p.Check(fstab.Read([]byte("# head\n" + line + "\n"))) {
		got += fmt.Sprint(f.Severity, " ", f.Text)
		if f.Line != 2 {
			t.Errorf("%s: %s: line %d", name, line, f.Line)
		}
	}
	if got != want {
		t.Errorf("%s: %s\n got %q\nwant %q", name, line, got, want)
	}
}

// A donor's file becomes one of the phone.
func TestRewrite(t *testing.T) {
	for name, c := range map[string]struct {
		phone            *fstab.Partitions
		own, donor, want string
		systems          map[string]string
	}{
		"spelling of the phone's own files": {
			old(true), "/emmc@usrdata /data ext4 x wait\n/emmc@cache /cache ext4 x wait\n",
			"# of a donor\n/data  ext4\t/dev/block/mmcblk0p3 flags=display=\"My Data\"\n/system ext4 /dev/block/mmcblk0p5\n/boot emmc /dev/bootimg\r\n",
			"# of a donor\n/data  ext4\t/emmc@usrdata flags=display=\"My Data\"\n/system ext4 /emmc@android\n/boot emmc /dev/bootimg\r\n",
			nil,
		},
		"numbers, where the phone uses them": {
			old(true), "/cache ext4 /dev/block/mmcblk0p7\n/data ext4 /dev/block/mmcblk0p3\n",
			"/data ext4 /dev/block/mmcblk0p1\n/system ext4 /dev/block/platform/x/by-name/system\n",
			"/data ext4 /dev/block/mmcblk0p8\n/system ext4 /dev/block/mmcblk0p6\n",
			nil,
		},
		"by name, with the phone's own path": {
			modern(), "/dev/block/platform/bootdevice/by-name/cache /cache ext4 x wait\n",
			"/dev/block/by-name/userdata /data ext4 x wait\n/dev/block/by-name/misc /misc emmc x x\n/boot emmc /dev/bootimg\n",
			"/dev/block/platform/bootdevice/by-name/userdata /data ext4 x wait\n/dev/block/platform/bootdevice/by-name/para /misc emmc x x\n/boot emmc /dev/block/platform/bootdevice/by-name/boot_a\n",
			nil,
		},
		"file systems": {
			modern(), "/dev/block/by-name/userdata /data f2fs x wait\n/dev/block/by-name/cache /cache f2fs x wait\n",
			"/dev/block/by-name/userdata /data ext4 x wait\n/dev/block/by-name/cache /cache ext4 x wait\n",
			"/dev/block/by-name/userdata /data f2fs x wait\n/dev/block/by-name/cache /cache ext4 x wait\n",
			map[string]string{"cache": "ext4"},
		},
		"a line for each file system": {
			modern(), "/dev/block/by-name/userdata /data f2fs x wait\n",
			"/dev/block/by-name/userdata /data ext4 x wait\n/dev/block/by-name/userdata /data f2fs x wait\n",
			"/dev/block/by-name/userdata /data ext4 x wait\n/dev/block/by-name/userdata /data f2fs x wait\n",
			map[string]string{"userdata": "f2fs"},
		},
		"both file systems are the phone's": {
			modern(), "/dev/block/by-name/userdata /data f2fs x wait\n/dev/block/by-name/userdata /data ext4 x wait\n",
			"/dev/block/by-name/userdata /data ext4 x wait\n", "/dev/block/by-name/userdata /data ext4 x wait\n", nil,
		},
		"folders of newer phones": {
			modern(), "/dev/block/by-name/protect1 /mnt/vendor/protect_f ext4 x wait\n",
			"/dev/block/bootdevice/by-name/protect1 /mnt/vendor/protect_f ext4 x wait\n/protect_s ext4 /dev/block/bootdevice/by-name/protect2\n",
			"/dev/block/by-name/protect1 /mnt/vendor/protect_f ext4 x wait\n/protect_s ext4 /dev/block/by-name/protect2\n", nil,
		},
		"the phone's other partition for it": {
			modern(), "/dev/block/by-name/md_udc /metadata f2fs x wait\n/dev/block/by-name/para /misc emmc x x\n",
			"/dev/block/by-name/metadata /metadata ext4 x wait\n/dev/block/by-name/misc /misc emmc x x\n",
			"/dev/block/by-name/md_udc /metadata f2fs x wait\n/dev/block/by-name/para /misc emmc x x\n", nil,
		},
		"the donor's other partition for it": {
			modern(), "/dev/block/by-name/cache /cache ext4 x wait\n",
			"/dev/block/bootdevice/by-name/md_udc /metadata ext4 x wait\n/dev/block/by-name/metadata /metadata ext4 x wait\n",
			"/dev/block/by-name/md_udc /metadata ext4 x wait\n/dev/block/by-name/metadata /metadata ext4 x wait\n", nil,
		},
		"paths in options": {
			modern(), "/dev/block/by-name/cache /cache ext4 x wait\n",
			"/dev/block/x/by-name/userdata /data ext4 x wait,encryptable=/dev/block/x/by-name/metadata,quota\n/cache ext4 /dev/block/by-name/cache flags=encryptable=/dev/block/x/by-name/md_udc;display=\"C\"\n",
			"/dev/block/by-name/userdata /data ext4 x wait,encryptable=/dev/block/by-name/metadata,quota\n/cache ext4 /dev/block/by-name/cache flags=encryptable=/dev/block/by-name/md_udc;display=\"C\"\n", nil,
		},
		"a path in options that begins as another does": {
			modern(), "/dev/block/by-name/cache /cache ext4 x wait\n",
			"/data ext4 /dev/block/by-name/userdata flags=a=/dev/block/by-name/boot_a;b=/dev/block/by-name/boot\n",
			"/data ext4 /dev/block/by-name/userdata flags=a=/dev/block/by-name/boot_a;b=/dev/block/by-name/boot_a\n", nil,
		},
		"precious ones in options": {
			old(true), "", "/cache ext4 /emmc@cache flags=encryptable=/dev/block/mmcblk0p3\n/external_sd vfat /dev/block/mmcblk1p1 /dev/block/mmcblk0p2\n",
			"# leads to PROTECT_S: /cache ext4 /emmc@cache flags=encryptable=/dev/block/mmcblk0p3\n# leads to PROTECT_F: /external_sd vfat /dev/block/mmcblk1p1 /dev/block/mmcblk0p2\n", nil,
		},
		"what the phone lacks": {
			old(true), "/emmc@cache /cache ext4 x wait\n",
			"/custom ext4 /emmc@custom\n/sdcard vfat /dev/block/mmcblk0p4\n/cache ext4 /emmc@cache",
			"# not on this phone: /custom ext4 /emmc@custom\n# not on this phone: /sdcard vfat /dev/block/mmcblk0p4\n/cache ext4 /emmc@cache",
			nil,
		},
		"cards, sticks and logical partitions stay": {
			modern(), "", "/devices/mtk-msdc.0/11240000.msdc1* auto auto defaults voldmanaged=sdcard1:auto\n/external_sd vfat /dev/block/mmcblk1p1\nsystem /system erofs ro wait,logical\n/tmp ramdisk ramdisk\n",
			"/devices/mtk-msdc.0/11240000.msdc1* auto auto defaults voldmanaged=sdcard1:auto\n/external_sd vfat /dev/block/mmcblk1p1\nsystem /system erofs ro wait,logical\n/tmp ramdisk ramdisk\n", nil,
		},
		"the phone's own file is wrong": {
			old(true), "/dev/block/mmcblk0p2 /cache ext4 x x\n/dev/block/mmcblk0p3 /data ext4 x x\n/emmc@protect_f /protect_f ext4 x x\n",
			"/cache ext4 /dev/block/mmcblk0p2\n/data ext4 /dev/block/mmcblk0p3\n",
			"/cache ext4 /emmc@cache\n/data ext4 /emmc@usrdata\n", nil,
		},
		"a precious partition under another name": {
			old(true), "", "/custom ext4 /emmc@nvram\n", "# leads to NVRAM: /custom ext4 /emmc@nvram\n", nil,
		},
		"a card's mount point on another partition, where the phone has none for it": {
			old(true), "", "/sdcard vfat /emmc@usrdata\nboot emmc emmc\n", "# leads to USRDATA: /sdcard vfat /emmc@usrdata\n# leads to BOOTIMG: boot emmc emmc\n", nil,
		},
		"nothing tells how": {
			modern2(), "", "/data ext4 /dev/block/by-name/userdata\n",
			"# no path is proven: /data ext4 /dev/block/by-name/userdata\n", nil,
		},
		"the donor's own path, where nothing else is known": {
			old(false), "", "/cache ext4 /emmc@cache\n/nvram emmc /dev/nvram\n", "/cache ext4 /emmc@cache\n/nvram emmc /dev/nvram\n", nil,
		},
	} {
		f := fstab.Read([]byte(c.donor))
		changes := c.phone.Learn(fstab.Read([]byte(c.own))).Rewrite(f, c.systems)
		if got := string(f.Encode()); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
		if (c.donor == c.want) != (len(changes) == 0) {
			t.Errorf("%s: changes %+v", name, changes)
		}
		for _, found := range c.phone.Check(f) {
			if found.Severity > flash.Note {
				t.Errorf("%s: %+v is left", name, found)
			}
		}
	}
}

// modern2 is a phone with a GPT of which only the names are known.
func modern2() *fstab.Partitions { return fstab.NewPartitions(modern().Table, false, nil) }

// Whatever a file holds: untouched it is the same, and rewritten it names nothing wrong.
func FuzzRewrite(f *testing.F) {
	f.Add("/cache ext4 /dev/block/mmcblk0p2 flags=display=\"x y\"\n/emmc@usrdata /data ext4 a b\n")
	f.Add("/tmp ramdisk ramdisk\r\n# x\nboot /boot emmc defaults\n/nvram emmc /emmc@protect_f")
	f.Fuzz(func(t *testing.T, s string) {
		file := fstab.Read([]byte(s))
		if string(file.Encode()) != s {
			t.Fatal("untouched, the text differs")
		}
		for _, p := range []*fstab.Partitions{old(true), modern()} {
			file := fstab.Read([]byte(s))
			p.Learn(file).Rewrite(file, nil)
			again := fstab.Read(file.Encode())
			for _, found := range p.Check(again) {
				if found.Severity == flash.Error {
					t.Fatalf("%q: %+v is left", file.Encode(), found)
				}
			}
		}
	})
}
