package lp

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// sectorsOf is a byte for each sector of an image.
func sectorsOf(n int) []byte {
	b := make([]byte, n*sector)
	for i := range b {
		b[i] = byte(i/sector%251) + 1
	}
	return b
}

// phone is a phone with slots whose slot b was updated last: system_b lies in two
// pieces with zeros between.
func phone() []byte {
	device := []imgtest.LogicalDevice{{Name: "super", Size: 8 << 20}}
	groups := []string{"default", "main"}
	a := imgtest.Logical{Minor: 2, Groups: groups, Devices: device, Partitions: []imgtest.LogicalPartition{
		{Name: "system", Attributes: ReadOnly | SlotSuffixed, Extents: []imgtest.LogicalExtent{{Sectors: 100, Start: 2048}}},
		{Name: "system_b"},
	}}
	b := imgtest.Logical{Minor: 2, Flags: 1, Groups: groups, Devices: device, Partitions: []imgtest.LogicalPartition{
		{Name: "system_a", Extents: []imgtest.LogicalExtent{{Sectors: 7, Start: 2048}}},
		{Name: "system_b", Attributes: Updated, Extents: []imgtest.LogicalExtent{
			{Sectors: 10, Start: 4000}, {Sectors: 5, Kind: 1}, {Sectors: 20, Start: 3000}}},
	}}
	img := sectorsOf(8 << 20 / sector)
	copy(img, imgtest.SuperHead(a, b))
	return img
}

func read(t *testing.T, b []byte, others func(string) flash.Image) *Super {
	t.Helper()
	s, err := Read(bytes.NewReader(b), others)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// says fails unless exactly these problems are told, by the start of their lines.
func says(t *testing.T, ps []flash.Problem, want ...string) {
	t.Helper()
	ok := len(ps) == len(want)
	for i := range min(len(ps), len(want)) {
		ok = ok && strings.HasPrefix(ps[i].Severity.String()+": "+ps[i].String(), want[i])
	}
	if !ok {
		t.Errorf("problems %q\nwant %q", ps, want)
	}
}

func TestRead(t *testing.T) {
	img := phone()
	s := read(t, img, nil)
	says(t, s.Problems)
	if s.Geometry != (Geometry{0x1000, 2, 4096}) || s.Empty || s.Slots[0].VirtualAB || !s.Slots[1].VirtualAB || s.Slots[1].Version != "10.2" {
		t.Errorf("%+v, slots %+v %+v", s, s.Slots[0], s.Slots[1])
	}
	names := func(slot string) string {
		var out []string
		for _, p := range s.Partitions(slot) {
			out = append(out, p.Name)
		}
		return strings.Join(out, " ")
	}
	for slot, want := range map[string]string{"": "system_a system_b", "a": "system_a", "b": "system_b"} {
		if got := names(slot); got != want {
			t.Errorf("slot %q has %s, not %s", slot, got, want)
		}
	}
	a, b := s.Find("system", "a"), s.Find("system_b", "")
	flashtest.TestImage(t, a.Image, img[2048*sector:2148*sector])
	flashtest.TestImage(t, b.Image, bytes.Join([][]byte{img[4000*sector : 4010*sector], make([]byte, 5*sector), img[3000*sector : 3020*sector]}, nil))
	if a.Group != "main" || b.Size != 35*sector || b.Missing != 0 || s.Find("vendor", "a") != nil || s.Find("system", "") != nil {
		t.Errorf("%+v %+v", a, b)
	}
	if root, e := flash.Root(a.Image); e.Offset != 2048*sector || root.Size() != int64(len(img)) {
		t.Error("a partition of one extent is no plain slice")
	}
}

// A phone without slots has the same table in every slot.
func TestWithoutSlots(t *testing.T) {
	img := append(imgtest.Super(4<<20), make([]byte, 4<<20)...)[:4<<20]
	s := read(t, img, nil)
	says(t, s.Problems)
	if got := s.Partitions(""); len(got) != 2 || got[0] != &s.Slots[0].Partitions[0] || got[1].Name != "vendor" {
		t.Errorf("%+v", got)
	}
	if s.Find("vendor", "b") != &s.Slots[1].Partitions[1] {
		t.Error("slot b does not go by its own metadata")
	}
}

// On a phone that got dynamic partitions by an update they lie in several partitions.
func TestOtherDevices(t *testing.T) {
	l := imgtest.Logical{
		Partitions: []imgtest.LogicalPartition{
			{Name: "system", Extents: []imgtest.LogicalExtent{{Sectors: 4, Start: 2048}, {Sectors: 8, Start: 2050, Device: 1}}},
			{Name: "product", Extents: []imgtest.LogicalExtent{{Sectors: 3, Start: 2060}}},
		},
		Groups:  []string{"default", "main"},
		Devices: []imgtest.LogicalDevice{{Name: "system", Size: 2 << 20, Flags: 1}, {Name: "vendor", Size: 2 << 20, Flags: 1}},
	}
	img, vendor := sectorsOf(4096), sectorsOf(4096)
	copy(img, imgtest.SuperHead(l, l))
	s := read(t, img, nil)
	says(t, s.Problems)
	p := s.Find("system", "a")
	if p.Image != nil || p.Missing != 8*sector || strings.Join(p.Needs, " ") != "vendor_a" {
		t.Errorf("%+v", p)
	}
	if s.Find("product", "a").Image == nil {
		t.Error("product lies in the device at hand and has no image")
	}
	s = read(t, img, func(name string) flash.Image {
		if name != "vendor_a" {
			return nil
		}
		return bytes.NewReader(vendor)
	})
	flashtest.TestImage(t, s.Find("system", "a").Image, append(bytes.Clone(img[2048*sector:2052*sector]), vendor[2050*sector:2058*sector]...))
	if s.Find("system", "b").Image != nil {
		t.Error("vendor_a was taken for vendor_b")
	}
}

// Damage names its place, and what is left is used.
func TestDamage(t *testing.T) {
	for _, c := range []struct {
		name  string
		hurt  func(b []byte) []byte
		says  []string
		error string
	}{
		{"second geometry", poke(0x2030, 1), []string{"warning: super geometry: the second copy is unusable: the checksum of the geometry is wrong (at 0x2000)"}, ""},
		{"first geometry", poke(0x1000, 1), []string{"warning: super geometry: the first copy is unusable: no geometry; the second is used (at 0x1000)"}, ""},
		{"both geometries", func(b []byte) []byte { return poke(0x2000, 1)(poke(0x1000, 1)(b)) }, nil, "lp: no geometry at offset 0x1000: not this format"},
		{"metadata of slot 0", poke(0x3010, 1), []string{"warning: super metadata of slot 0: the first copy is unusable: the checksum of the metadata header is wrong; the backup is used (at 0x3000)"}, ""},
		{"tables of slot 1", poke(0x4100, 0xEE), []string{"warning: super metadata of slot 1: the first copy is unusable: the checksum of the metadata tables is wrong; the backup is used (at 0x4000)"}, ""},
		{"backup of slot 0", poke(0x5000, 1), []string{"warning: super metadata of slot 0: the backup is unusable: no metadata (at 0x5000)"}, ""},
		{"both of slot 0", func(b []byte) []byte { return poke(0x5100, 0xEE)(poke(0x3100, 0xEE)(b)) }, []string{"error: super metadata of slot 0: neither copy can be read: the checksum of the metadata tables is wrong (at 0x3000)"}, ""},
		{"slot 1 never written", func(b []byte) []byte { clear(b[0x4000:0x5000]); clear(b[0x6000:0x7000]); return b }, []string{"note: super metadata of slot 1: neither copy can be read: no metadata (at 0x4000)"}, ""},
		{"backup of slot 1 is older", func(b []byte) []byte { copy(b[0x6000:0x7000], b[0x3000:]); return b }, []string{"warning: super metadata of slot 1: the backup differs: the first copy is used (at 0x6000)"}, ""},
		{"no metadata", func(b []byte) []byte { clear(b[0x3000:0x7000]); return b }, nil, "lp: no metadata at offset 0x3000: not this format"},
		{"cut in the geometry", func(b []byte) []byte { return b[:0x1010] }, nil, "lp: the geometry cannot be read at offset 0x1000"},
		{"cut in the metadata", func(b []byte) []byte { return b[:0x3050] }, nil, "lp: the metadata cannot be read at offset 0x3000"},
		{"cut in system_a", func(b []byte) []byte { return b[:2100*sector] }, []string{
			"error: system_a: 24 KiB of 50 KiB are behind the end of the image",
			"error: system_b: 15 KiB of 17.5 KiB are behind the end of the image"}, ""},
		{"enormous metadata", geometry(1<<31, 2), nil, "lp: a metadata size of 0x80000000 bytes is impossible at offset 0x1028"},
		{"no slots", geometry(0x1000, 0), nil, "lp: 0 slots are impossible at offset 0x102c"},
		{"four billion slots", geometry(0x1000, 1<<32-1), nil, "lp: 4294967295 slots are impossible at offset 0x102c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Read(bytes.NewReader(c.hurt(phone())), nil)
			if c.error != "" {
				var f *flash.FormatError
				if err == nil || !strings.HasPrefix(err.Error(), c.error) || !errors.As(err, &f) {
					t.Fatalf("error %v, want %s", err, c.error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			says(t, s.Problems, c.says...)
			for _, p := range s.Partitions("") {
				if p.Missing > 0 && p.Image != nil {
					t.Errorf("%s is cut and has an image", p.Name)
				}
			}
		})
	}
}

func poke(at int, v byte) func([]byte) []byte {
	return func(b []byte) []byte { b[at] = v; return b }
}

func geometry(maxSize, slots uint32) func([]byte) []byte {
	return func(b []byte) []byte {
		copy(b[0x1000:], imgtest.LogicalGeometry(maxSize, slots))
		copy(b[0x2000:], imgtest.LogicalGeometry(maxSize, slots))
		return b
	}
}

// Tables that cannot be, each with checksums that hold.
func TestImpossible(t *testing.T) {
	device := []imgtest.LogicalDevice{{Name: "super", Size: 8 << 20}}
	groups := []string{"default", "main"}
	extent := func(x imgtest.LogicalExtent) imgtest.Logical {
		return imgtest.Logical{Groups: groups, Devices: device, Partitions: []imgtest.LogicalPartition{{Name: "system", Extents: []imgtest.LogicalExtent{x}}}}
	}
	for _, c := range []struct {
		name  string
		l     imgtest.Logical
		says  []string
		error string
	}{
		{"unknown kind", extent(imgtest.LogicalExtent{Sectors: 1, Kind: 7}), nil, "lp: extent 0 of system at offset 0x3000: its kind 7 is not known"},
		{"unknown device", extent(imgtest.LogicalExtent{Sectors: 1, Start: 2048, Device: 3}), nil, "lp: extent 0 of system at offset 0x3000: it is on device 3 of 1"},
		{"in the metadata", extent(imgtest.LogicalExtent{Sectors: 1, Start: 8}), []string{"warning: system: an extent is at 0x1000..0x1200 of super, but that device has 8 MiB, and extents begin at 0x100000"}, ""},
		{"beyond the image", extent(imgtest.LogicalExtent{Sectors: 1 << 31, Start: 1 << 31}), []string{
			"warning: system: an extent is at 0x10000000000..0x20000000000 of super, but that device has 8 MiB",
			"error: system: 1 TiB of 1 TiB are behind the end of the image"}, ""},
		{"no device", imgtest.Logical{}, nil, "lp: metadata without a block device"},
		{"overlap", imgtest.Logical{Groups: groups, Devices: device, Partitions: []imgtest.LogicalPartition{
			{Name: "system", Extents: []imgtest.LogicalExtent{{Sectors: 10, Start: 2048}}},
			{Name: "vendor", Extents: []imgtest.LogicalExtent{{Sectors: 10, Start: 2057}}}}},
			[]string{"error: vendor: overlaps system in slot 0's metadata (at 0x101200)"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := make([]byte, 8<<20)
			copy(b, imgtest.SuperHead(c.l))
			s, err := Read(bytes.NewReader(b), nil)
			switch {
			case c.error != "" && (err == nil || !strings.HasPrefix(err.Error(), c.error)):
				t.Errorf("error %v, want %s", err, c.error)
			case c.error == "" && err != nil:
				t.Error(err)
			case err == nil:
				says(t, s.Problems, c.says...)
			}
		})
	}
}

// A sum of extents that runs over, and rows that share extents to fill memory.
func TestRunsOver(t *testing.T) {
	huge := imgtest.LogicalExtent{Sectors: 1<<32 - 1, Kind: 1}
	l := imgtest.Logical{Groups: []string{"default", "main"}, Devices: []imgtest.LogicalDevice{{Name: "super", Size: 8 << 20}},
		Partitions: []imgtest.LogicalPartition{{Name: "system", Extents: []imgtest.LogicalExtent{huge, huge}}, {Name: "vendor", Extents: []imgtest.LogicalExtent{huge}}}}
	m := l.Metadata()
	for name, c := range map[string]struct {
		hurt func(tables []byte)
		want string
	}{
		"sum":    {func(b []byte) { b[2*52+6], b[2*52+24+6] = 0x30, 0x30 }, "extent 1 of system"},
		"sector": {func(b []byte) { b[2*52+7] = 0x80 }, "are too large for any device"},
		"shared": {func(b []byte) { b[52+40], b[52+44] = 0, 3 }, "another partition has the same extents as vendor"},
		"count":  {func(b []byte) { b[52+47] = 0xFF }, "vendor has extents 2 to 4278190082, but there are only 3"},
	} {
		b := make([]byte, 8<<20)
		copy(b, imgtest.SuperHead(l))
		c.hurt(b[0x3000+128:])
		imgtest.SealLogical(b[0x3000 : 0x3000+len(m)])
		clear(b[0x4000:0x5000])
		if _, err := Read(bytes.NewReader(b), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}

// The super_empty.img of a firmware package, of a phone with dynamic partitions by an
// update.
func TestCorpus(t *testing.T) {
	root := os.Getenv("MTKKIT_CORPUS")
	if root == "" {
		t.Skip("MTKKIT_CORPUS is not set: no real table to read")
	}
	b, err := os.ReadFile(filepath.Join(root, "retrofit-super-empty", "super_empty.img"))
	if err != nil {
		t.Fatal(err)
	}
	s := read(t, b, nil)
	says(t, s.Problems)
	got := fmt.Sprintf("%v %v %+v %+v", s.Geometry, s.Empty, s.Slots[0].Devices, s.Slots[0].Groups)
	if want := "{65536 2 4096} true [{Name:system_a Size:2998927360 FirstUsable:1048576} {Name:odm_a Size:104857600 FirstUsable:1048576} " +
		"{Name:vendor_a Size:1073741824 FirstUsable:1048576}] [{Name:default MaxSize:0} {Name:oneplus_dynamic_partitions_a MaxSize:4173332480}]"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	var names []string
	for _, p := range s.Partitions("a") {
		names = append(names, p.Name)
		if p.Group != "oneplus_dynamic_partitions_a" || p.Size != 0 || p.Attributes != ReadOnly|SlotSuffixed {
			t.Errorf("%+v", p)
		}
	}
	if got := strings.Join(names, " "); got != "odm_a product_a system_a system_ext_a vendor_a" {
		t.Error(got)
	}
}
