package scatter_test

import (
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/scatter"
)

// A table that is no scatter file is compared by names, places and sizes alone.
func TestFromTable(t *testing.T) {
	phone := imgtest.MT6592()
	f, err := scatter.Parse([]byte(phone.Scatter))
	if err != nil {
		t.Fatal(err)
	}
	table := *f.Table(0)
	for name, c := range map[string]struct {
		edit func(*flash.Table)
		want []string
	}{
		"the same":   {func(*flash.Table) {}, nil},
		"moved":      {func(tb *flash.Table) { tb.Find("LOGO").Offset += 0x1000 }, []string{"moved"}},
		"resized":    {func(tb *flash.Table) { tb.Find("LOGO").Length += 0x1000 }, []string{"resized"}},
		"gone":       {func(tb *flash.Table) { tb.Partitions = slices.Delete(tb.Partitions, 3, 4) }, []string{"removed"}},
		"other name": {func(tb *flash.Table) { tb.Find("UBOOT").Name = "lk" }, nil},
		"words":      {func(tb *flash.Table) { tb.Find("LOGO").Type, tb.Find("LOGO").File = "EXT4_IMG", "x.img" }, nil},
	} {
		tb := table
		tb.Partitions = slices.Clone(table.Partitions)
		c.edit(&tb)
		listed := scatter.FromTable(&tb, flash.EMMC, 0)
		var got []string
		for _, ch := range scatter.Diff(f, listed) {
			got = append(got, ch.Kind)
			if ch.LineB != 0 || ch.Kind != "removed" && ch.LineA == 0 {
				t.Errorf("%s: lines %d and %d", name, ch.LineA, ch.LineB)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A list finds its storage's table in a file that has several.
func TestFromTableOfSeveral(t *testing.T) {
	f, err := scatter.Parse([]byte(imgtest.MT6893().Scatter))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range f.Storages() {
		listed := scatter.FromTable(f.Select(s).Table(0), s, 0)
		if ch := scatter.Diff(f, listed); len(ch) > 0 {
			t.Errorf("%s: %v", s, ch)
		}
		if ch := scatter.Diff(listed, f); len(ch) > 0 {
			t.Errorf("%s, from the list: %v", s, ch)
		}
	}
}

// Lists are what Convert makes.
func TestLists(t *testing.T) {
	f, err := scatter.Parse([]byte(imgtest.MT6592().Scatter))
	if err != nil {
		t.Fatal(err)
	}
	lists := f.Lists()
	for i, d := range []scatter.Dialect{scatter.V1, scatter.List} {
		want, _ := scatter.Convert(f, d)
		if len(lists) != 2 || string(lists[i]) != string(want.Encode()) {
			t.Errorf("%s: %d lists", d, len(lists))
		}
	}
}
