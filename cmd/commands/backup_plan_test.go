package commands

import (
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// antumbra counts a region that it does not know as the user area: such a scatter file is not for it.
func TestAntumbraPlan(t *testing.T) {
	rows := func(region string) *scatter.File {
		f, err := scatter.Parse([]byte("- partition_index: SYS0\n  partition_name: preloader\n  linear_start_addr: 0x0\n  region: " + region + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	plan := &archive.FlashPlan{Scatter: "s.txt", Writes: []archive.FlashWrite{
		{Name: "pgpt", Region: flash.EMMCUser, Extent: flash.Extent{Length: 0x8000}, File: "pgpt.img"},
		{Name: "boot", Region: flash.EMMCUser, Extent: flash.Extent{Offset: 0x8000, Length: 0x8000}, File: "a b.img"},
		{Name: "preloader", Region: flash.EMMCBoot1, File: "preloader_x.bin"},
	}}
	for region, want := range map[string]int{"EMMC_BOOT1_BOOT2": 1, "EMMC_BOOT_1": 0, "UFS_LU0_LU1": 1, "UFS_LU0LU1": 0} {
		plan.Rows = rows(region)
		c := planCommands(plan, true)
		if n := len(c["antumbra-scatter"]); n != want {
			t.Errorf("%s: %d commands, want %d", region, n, want)
		}
		got := strings.Join(c["antumbra"], "\n")
		if got != "antumbra write-offset 0x0 0x8000 pgpt.img --da MTK_AllInOne_DA.bin\n"+
			"antumbra download boot 'a b.img' --da MTK_AllInOne_DA.bin\n"+
			"antumbra download preloader preloader_x.bin --da MTK_AllInOne_DA.bin" {
			t.Error(got)
		}
	}
	plan.Rows = rows("EMMC_USER")
	for _, no := range []struct {
		tables []string
		locked int
		all    bool
	}{{[]string{"pgpt"}, 0, true}, {nil, 1, true}, {nil, 0, false}} {
		plan.Tables, plan.Locked = no.tables, no.locked
		if c := planCommands(plan, no.all); c["antumbra-scatter"] != nil {
			t.Errorf("%v: a new partition table without all of its partitions", no)
		}
	}
}
