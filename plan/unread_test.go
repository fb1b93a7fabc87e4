package plan

import (
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// What was never read is no file of zeros, and no flash tool is told to write half of
// a partition.
func TestUnread(t *testing.T) {
	phone := imgtest.MT6765()
	boot, nvram := phone.Row("boot"), phone.Row("nvram")
	holes := flash.Union([]flash.Extent{boot.Extent, {Offset: nvram.Offset + 4096, Length: 4096}})
	table := &flash.Table{Partitions: slices.Clone(phone.Rows)}
	for i := range table.Partitions {
		table.Partitions[i].Index, table.Partitions[i].Witness = i, "gpt"
	}
	dev := phone.Device()
	dev.User().Unread = holes
	p, err := Make(dev, Description{Table: table, Chip: phone.Chip, DeviceSize: phone.User.Size()}, Wishes{})
	if err != nil {
		t.Fatal(err)
	}
	if it := item(t, p, "boot"); it.Write || !it.Skipped || it.File != "" {
		t.Errorf("boot, of which nothing was read: %+v", it.ManifestEntry)
	}
	if it := item(t, p, "nvram"); !it.Write || it.copied() || len(it.Unread) != 1 || it.Unread[0] != (flash.Extent{Offset: nvram.Offset + 4096, Length: 4096}) {
		t.Errorf("nvram, with a hole: %+v, unread %v", it.ManifestEntry, it.Unread)
	}
	if it := item(t, p, "recovery"); !it.Write || it.Unread != nil {
		t.Errorf("recovery, which was read: %+v, unread %v", it.ManifestEntry, it.Unread)
	}
	files := scatterFiles(t, p)
	if files["boot"] != "" || files["nvram"] != "" || files["recovery"] == "" {
		t.Errorf("the scatter names boot %q, nvram %q, recovery %q", files["boot"], files["nvram"], files["recovery"])
	}
	m := p.Record("test")
	if src := m.Source(flash.EMMCUser); m.Complete || !slices.Equal(src.Unread, holes) {
		t.Errorf("the manifest says complete %v, unread %v", m.Complete, src.Unread)
	}
}
