package plan

import (
	"errors"
	"reflect"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func TestReading(t *testing.T) {
	phone := imgtest.MT6765()
	dev, table := phone.Device(), &flash.Table{Partitions: phone.Rows}
	row := func(name string) flash.Extent { return phone.Row(name).Extent }
	user, data := dev.User().Image.Size(), row("userdata")
	all := func(r flash.Region) []flash.Extent { return []flash.Extent{{Length: dev.Image(r).Size()}} }
	head := Range{flash.EMMCUser, flash.Extent{Length: 4096}}
	type want = map[flash.Region][]flash.Extent
	for name, c := range map[string]struct {
		w    Reading
		want want
	}{
		"everything": {Reading{}, want{flash.EMMCUser: all(flash.EMMCUser), flash.EMMCBoot1: all(flash.EMMCBoot1), flash.EMMCBoot2: all(flash.EMMCBoot2)}},
		"a region":   {Reading{Only: []string{"emmc_boot_1"}}, want{flash.EMMCBoot1: all(flash.EMMCBoot1)}},
		"a partition, and always the table": {Reading{Only: []string{"boot"}, Always: []Range{head}},
			want{flash.EMMCUser: flash.Union([]flash.Extent{head.Extent, row("boot")})}},
		"a pattern": {Reading{Only: []string{"scp?"}}, want{flash.EMMCUser: flash.Union([]flash.Extent{row("scp1"), row("scp2")})}},
		"from one to another": {Reading{Only: []string{"nvram..boot"}},
			want{flash.EMMCUser: {{Offset: row("nvram").Offset, Length: row("boot").End() - row("nvram").Offset}}}},
		"a range, aligned": {Reading{Ranges: []Range{{flash.EMMCUser, flash.Extent{Offset: 100, Length: 500}}}, Align: 512},
			want{flash.EMMCUser: {{Length: 1024}}}},
		"a range over the end": {Reading{Ranges: []Range{{flash.EMMCUser, flash.Extent{Offset: user - 512, Length: 5000}}}, Align: 512},
			want{flash.EMMCUser: {{Offset: user - 512, Length: 512}}}},
		"without userdata, but for its ends": {Reading{Only: []string{"EMMC_USER"}, Skip: []string{"userdata"}},
			want{flash.EMMCUser: flash.Without(all(flash.EMMCUser), []flash.Extent{{Offset: data.Offset + 1<<20, Length: data.Length - 2<<20}})}},
		"a region by its file's name": {Reading{Only: []string{"boot_2"}}, want{flash.EMMCBoot2: all(flash.EMMCBoot2)}},
		"without a file":              {Reading{Skip: []string{"BOOT_1", "ROM_1"}}, want{flash.EMMCBoot2: all(flash.EMMCBoot2)}},
		"without a region":            {Reading{Skip: []string{"EMMC_BOOT_2", "EMMC_USER"}}, want{flash.EMMCBoot1: all(flash.EMMCBoot1)}},
	} {
		got, err := c.w.Extents(dev, table)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, %v\nwant %v", name, got, err, c.want)
		}
	}
	// A partition of that name is the one that is meant: the region has another name.
	named := &flash.Table{Partitions: append([]flash.Partition{{Name: "boot_1", Region: flash.EMMCUser, Extent: flash.Extent{Offset: 8192, Length: 4096}}}, phone.Rows...)}
	if got, err := (Reading{Only: []string{"BOOT_1"}}).Extents(dev, named); err != nil || !reflect.DeepEqual(got, want{flash.EMMCUser: {{Offset: 8192, Length: 4096}}}) {
		t.Errorf("a partition that is called as a file: %v, %v", got, err)
	}
	if got, err := (Reading{Only: []string{"EMMC_BOOT_1"}}).Extents(dev, named); err != nil || !reflect.DeepEqual(got, want{flash.EMMCBoot1: all(flash.EMMCBoot1)}) {
		t.Errorf("its region: %v, %v", got, err)
	}
	for _, bad := range []string{"nosuch", "[", "boot..nvram", "boot..", "..boot", "boot..EMMC_BOOT_1", ""} {
		var pe *PatternError
		if got, err := (Reading{Only: []string{bad}}).Extents(dev, table); !errors.As(err, &pe) {
			t.Errorf("%q: %v, %v", bad, got, err)
		}
		if _, err := (Reading{Skip: []string{bad}}).Extents(dev, table); !errors.As(err, &pe) {
			t.Errorf("without %q: %v", bad, err)
		}
	}
}
