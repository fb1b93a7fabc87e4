package scatter_test

import (
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

func TestScripts(t *testing.T) {
	end := at("userdata", 0x20000, 0)
	end.ToEnd = true
	evil := at("a\"; rm -rf $HOME #\n", 0x10000, 0x8000)
	table := gptTable(0, at("pgpt", 0, 0x8000), at("boot_a", 0x8000, 0x8000), evil, at("odd", 0x18001, 0x100), end, at("flashinfo", flash.Unplaced, 0x1000))
	s := scatter.Script{Table: table, DeviceSize: 0x100000, Source: "x\nlabel: dos"}
	text, ps := s.Sfdisk()
	for _, want := range []string{"# x_label: dos\nlabel: gpt\nunit: sectors\nsector-size: 512\nfirst-lba: 34\nlast-lba: 2014\n\n",
		"start=64, size=64, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, name=\"boot_a\"\n", "name=\"a___rm_-rf__HOME___\"\n", "start=256, size=1792,"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "pgpt") || len(ps) != 2 || ps[0].Place != "odd" || ps[1].Place != "flashinfo" {
		t.Errorf("problems %v", ps)
	}
	text, _ = s.Sgdisk()
	if strings.Contains(text, "$HOME") || !strings.Contains(text, "--new=1:64:127 --typecode=1:EBD0A0A2-B9E5-4433-87C0-68B6B72699C7 --change-name=1:boot_a \\\n") {
		t.Errorf("sgdisk:\n%s", text)
	}
	if text, _ := (scatter.Script{Table: table, Storage: flash.UFS}).Sfdisk(); !strings.Contains(text, "sector-size: 4096\nfirst-lba: 6\n\nstart=8, size=8,") {
		t.Errorf("UFS:\n%s", text)
	}
	text, ps = s.Fstab()
	for _, want := range []string{"/dev/block/by-name/boot                      /boot                    emmc  defaults               slotselect\n",
		"/dev/block/by-name/userdata                  /data                    ext4  noatime,nosuid,nodev   wait,check\n"} {
		if !strings.Contains(strings.ReplaceAll(text, "defaults,slotselect", "slotselect"), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "HOME") || len(ps) != 1 {
		t.Errorf("problems %v in\n%s", ps, text)
	}
	old := gptTable(0, at("MBR", 0, 512), at("ANDROID", 0x8000, 0x8000), at("BOOTIMG", 0x10000, 0x8000))
	if text, _ := (scatter.Script{Table: old}).Fstab(); !strings.Contains(text, "/emmc@android ") || !strings.Contains(text, "/dev/bootimg ") || !strings.Contains(text, " /system ") {
		t.Errorf("MBR:\n%s", text)
	}
	if _, ps := (scatter.Script{Table: old}).Sfdisk(); len(ps) != 1 || ps[0].Place != "mbr" {
		t.Errorf("MBR: %v", ps)
	}
}
