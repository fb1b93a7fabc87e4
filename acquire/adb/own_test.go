package adb

import (
	"errors"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/adbtest"
	"github.com/mtkkit/mtkkit/flash"
)

// Pieces of what phones say of their disks.
const (
	mmc0     = " 179 0 30535680 mmcblk0\n 179 1 1024 mmcblk0p1\n"
	mmc0Boot = " 179 32 4096 mmcblk0boot1\n 179 16 4096 mmcblk0boot0\n 179 48 4096 mmcblk0rpmb\n"
	mmc1     = " 179 64 31166976 mmcblk1\n 179 65 31162880 mmcblk1p1\n"
	mmc1Boot = " 179 96 4096 mmcblk1boot0\n"
	units    = " 8 0 4096 sda\n 8 16 4096 sdb\n 8 32 120000000 sdc\n 8 33 8 sdc1\n"
	mtdRows  = "dev:    size   erasesize  name\nmtd0: 00040000 00020000 \"preloader\"\n"
	nandRows = "preloader 0x0000000000040000 0x0000000000000000 1 /dev/mtd/mtd0\nboot 0x0000000000600000 0x0000000000400000 1 /dev/mtd/mtd3\n"
	emmcRows = "preloader 0x0000000000600000 0x0000000000000000 2 /dev/misc-sd\nmbr 0x80000 0x0 2 /dev/block/mmcblk0\n"
	onUFS    = "lrwxrwxrwx 1 root root 0 2021-01-01 00:00 sdc -> ../devices/platform/bootdevice/host0/target0:0:0/0:0:0:2/block/sdc\n"
	onUSB    = "lrwxrwxrwx root root 2014-01-01 00:00 sdc -> ../devices/platform/11200000.usb/xhci/usb1/1-1/1-1:1.0/host0/target0:0:0/0:0:0:2/block/sdc\n"
)

// A disk is the phone's own only where something proves it: the card in the phone, or what
// hangs on its socket, is never read in its place.
func TestOwnDisk(t *testing.T) {
	const link = "boot -> /dev/block/"
	for name, c := range map[string]struct {
		told  texts
		facts map[string]string // device/type of mmcblkN, removable of sdX
		want  string            // the disk; "" when there is none
		says  string            // of the refusal
	}{
		"links":                        {texts{partitions: mmc0, links: link + "mmcblk0p9"}, nil, "mmcblk0", ""},
		"rows of dumchar_info":         {texts{partitions: mmc0, dumchar: emmcRows}, nil, "mmcblk0", ""},
		"boot partitions":              {texts{partitions: mmc0 + mmc0Boot}, nil, "mmcblk0", ""},
		"only its RPMB":                {texts{partitions: mmc0 + " 179 48 4096 mmcblk0rpmb\n"}, nil, "mmcblk0", ""},
		"type MMC":                     {texts{partitions: mmc0}, map[string]string{"mmcblk0": "MMC\n"}, "mmcblk0", ""},
		"a head of /proc/mtd alone":    {texts{partitions: mmc0, mtd: "dev:    size   erasesize  name\n"}, map[string]string{"mmcblk0": "MMC"}, "mmcblk0", ""},
		"MTD beside eMMC":              {texts{partitions: mmc0 + mmc0Boot, mtd: mtdRows}, map[string]string{"mmcblk0": "MMC"}, "mmcblk0", ""},
		"NAND":                         {texts{mtd: mtdRows}, nil, "", "raw NAND"},
		"NAND, a card":                 {texts{partitions: mmc0, mtd: mtdRows}, map[string]string{"mmcblk0": "SD"}, "", "raw NAND"},
		"NAND, a card, rows of type 1": {texts{partitions: mmc0, mtd: mtdRows, dumchar: nandRows}, map[string]string{"mmcblk0": "SD"}, "", "raw NAND"},
		"NAND by its rows alone":       {texts{partitions: mmc0, dumchar: nandRows}, map[string]string{"mmcblk0": "SD"}, "", "raw NAND"},
		"NAND, a card of unknown type": {texts{partitions: mmc0, mtd: mtdRows}, nil, "", "raw NAND"},
		"NAND, an MMC as a card":       {texts{partitions: mmc0, dumchar: nandRows}, map[string]string{"mmcblk0": "MMC"}, "", "raw NAND"},
		"NAND, a card with links":      {texts{partitions: mmc0, mtd: mtdRows, links: "android_expand -> /dev/block/mmcblk0p2"}, nil, "", "raw NAND"},
		"NAND, links to a card":        {texts{partitions: mmc0, mtd: mtdRows, links: link + "mmcblk0p2"}, map[string]string{"mmcblk0": "SD"}, "", "mmcblk0 is an SD card"},
		"NAND, an OTG stick":           {texts{partitions: units, mtd: mtdRows, blocks: onUSB}, map[string]string{"sdc": "0"}, "", "raw NAND"},
		"a card alone":                 {texts{partitions: mmc0}, map[string]string{"mmcblk0": "SD"}, "", "mmcblk0 is an SD card"},
		"a combined card":              {texts{partitions: mmc0}, map[string]string{"mmcblk0": "SDcombo"}, "", "mmcblk0 is an SD card"},
		"a disk of unknown type":       {texts{partitions: mmc0}, nil, "", "mmcblk0: no by-name link points to it, no row of /proc/dumchar_info is on it, it has no boot partitions, /sys/block/mmcblk0/device/type is not MMC"},
		"a card beside eMMC":           {texts{partitions: mmc0 + mmc1}, map[string]string{"mmcblk0": "MMC", "mmcblk1": "SD"}, "mmcblk0", ""},
		"eMMC behind a card":           {texts{partitions: mmc0 + mmc1}, map[string]string{"mmcblk0": "SD", "mmcblk1": "MMC"}, "mmcblk1", ""},
		"the same, by boot partitions": {texts{partitions: mmc0 + mmc1 + mmc1Boot}, nil, "mmcblk1", ""},
		"the same, by links":           {texts{partitions: mmc0 + mmc1, links: link + "mmcblk1p7\nandroid_expand -> /dev/block/mmcblk0p2"}, nil, "mmcblk1", ""},
		"links to a card, too":         {texts{partitions: mmc0 + mmc1, links: strings.Repeat("x -> /dev/block/mmcblk1p1\n", 9) + link + "mmcblk0p7"}, map[string]string{"mmcblk0": "MMC", "mmcblk1": "SD"}, "mmcblk0", ""},
		"UFS by links":                 {texts{partitions: units + mmc0, links: link + "sdc20"}, map[string]string{"mmcblk0": "SD"}, "sdc", ""},
		"UFS by its controller":        {texts{partitions: units + mmc0, blocks: onUFS}, map[string]string{"mmcblk0": "SD", "sdc": "0"}, "sdc", ""},
		"UFS by its boot units":        {texts{partitions: units}, map[string]string{"sda": "0", "sdb": "0", "sdc": "0"}, "sdc", ""},
		"units of which nothing more":  {texts{partitions: units}, nil, "", "sdc: no by-name link points to it, /sys/block does not show it at a UFS controller, it has no pair of small boot units before it"},
		"sdc without its boot units":   {texts{partitions: " 8 32 120000000 sdc\n"}, map[string]string{"sdc": "0"}, "", "sdc"},
		"a card reader":                {texts{partitions: units}, map[string]string{"sda": "1", "sdb": "1", "sdc": "1"}, "", "sdc is removable"},
		"a stick":                      {texts{partitions: units, blocks: onUSB}, map[string]string{"sda": "0", "sdb": "0", "sdc": "0"}, "", "sdc is connected by USB"},
		"a stick with links":           {texts{partitions: units, blocks: onUSB, links: link + "sdc1"}, nil, "", "sdc is connected by USB"},
		"a stick beside eMMC":          {texts{partitions: units + mmc0}, map[string]string{"sdc": "1", "mmcblk0": "MMC"}, "mmcblk0", ""},
		"nothing":                      {texts{partitions: " 7 0 1 loop0\n"}, nil, "", "neither eMMC nor UFS"},
	} {
		t.Run(name, func(t *testing.T) {
			n := parseNodes(c.told)
			for disk, fact := range c.facts {
				n.learn(disk, fact)
			}
			storage, regions := n.regions()
			if c.want == "" {
				if err := n.refusal(); len(regions) > 0 || !errors.Is(err, ErrStorage) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%+v, %v; want %q", regions, err, c.says)
				}
				return
			}
			if len(regions) == 0 || regions[0].name != c.want || storage == "" {
				t.Errorf("%s, %+v; want %s; else: %v", storage, regions, c.want, n.refusal())
			}
			for _, r := range regions[1:] {
				if !strings.HasPrefix(r.name, c.want) && storage != flash.UFS {
					t.Errorf("%+v is of another disk than %s", r, c.want)
				}
			}
		})
	}
}

// The same through the phone's shell: nothing of a card is asked for.
func TestCardInNAND(t *testing.T) {
	for _, rows := range []string{"", nandRows} {
		phone := emmc()
		phone.Links = map[string]string{"/sys/block/mmcblk0": "../devices/platform/mtk-msdc.1/mmc_host/mmc1/mmc1:e624/block/mmcblk0"}
		phone.Files = map[string]string{"/proc/partitions": mmc0, "/proc/mtd": mtdRows, "/proc/dumchar_info": rows,
			"/sys/block/mmcblk0/size": "20481\n", "/sys/block/mmcblk0/device/type": "SD\n"}
		s := adbtest.Start(t, phone)
		_, err := open(t, s)
		if !errors.Is(err, ErrStorage) || !strings.Contains(err.Error(), "its flash is raw NAND, of which Android gives no exact copy; mmcblk0 is an SD card") {
			t.Errorf("%v", err)
		}
		for _, r := range s.Requests() {
			if strings.Contains(r, "dd if=") {
				t.Errorf("it is read: %s", r)
			}
		}
	}
}

// A phone of 2019 in a recovery without links, a card in it and a stick on its socket: where
// its units hang proves them, or what they are.
func TestUFSWithoutLinks(t *testing.T) {
	for _, byPath := range []bool{true, false} {
		phone := emmc()
		phone.Files = map[string]string{"/proc/partitions": units + " 8 48 15000000 sdd\n" + mmc0,
			"/sys/block/mmcblk0/device/type": "SD\n", "/sys/block/sdd/removable": "1\n",
			"/sys/block/sda/size": "8192", "/sys/block/sdb/size": "8192", "/sys/block/sdc/size": "16384"}
		phone.Links = map[string]string{"/sys/block/sdd": "../devices/platform/11200000.usb/usb1/1-1/1-1:1.0/host1/target1:0:0/1:0:0:0/block/sdd"}
		if byPath {
			phone.Links["/sys/block/sdc"] = "../devices/platform/11270000.ufshci/host0/target0:0:0/0:0:0:2/block/sdc"
		} else {
			phone.Files["/sys/block/sdc/removable"] = "0\n"
		}
		phone.Nodes = map[string]flash.Image{"/dev/block/sda": pattern{1, 4 << 20}, "/dev/block/sdb": pattern{2, 4 << 20}, "/dev/block/sdc": pattern{3, 8 << 20}}
		p, _ := mustOpen(t, phone)
		if p.Storage != flash.UFS || len(p.Parts) != 3 {
			t.Errorf("%s %+v", p.Storage, p.Parts)
		}
		same(t, "LU2", p.Image(flash.UFSLU2), pattern{3, 8 << 20})
	}
}
