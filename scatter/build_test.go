package scatter_test

import (
	"bytes"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// specOf makes the Spec that should build f again.
func specOf(f *scatter.File, userSize int64) scatter.Spec {
	spec := scatter.Spec{
		Dialect: f.Dialect, Version: f.Info.Version, Platform: f.Info.Platform, Project: f.Info.Project,
		Storage: f.Info.Storage, BootChannel: f.Info.BootChannel, BlockSize: f.Info.BlockSize,
		UserSize: userSize, Rows: f.Table(userSize).Partitions,
	}
	if all := f.Storages(); len(all) > 1 {
		for _, storage := range all[1:] {
			g := f.Select(storage)
			spec.More = append(spec.More, scatter.Spec{Storage: storage, BootChannel: g.Info.BootChannel,
				BlockSize: g.Info.BlockSize, UserSize: userSize, Rows: g.Table(userSize).Partitions})
		}
	}
	return spec
}

// rebuilt parses what Build wrote.
func rebuilt(t *testing.T, s scatter.Spec) *scatter.File {
	t.Helper()
	b := scatter.Build(s).Encode()
	f, err := scatter.Parse(b)
	if err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	return f
}

const e = int64(0x39D0000 * 512) // a 32 GB eMMC

func TestBuildRoundTrip(t *testing.T) {
	user := func(i int, name string, at, length int64) flash.Partition {
		return flash.Partition{Index: i, Name: name, Region: flash.EMMCUser,
			Extent: flash.Extent{Offset: at, Length: length}, Type: "NORMAL_ROM", Operation: "INVISIBLE", Witness: "scatter"}
	}
	end := func(i int, name string, at, length int64) flash.Partition {
		p := user(i, name, at, length)
		p.Operation, p.Reserved = "RESERVED", true
		return p
	}
	toEnd := user(3, "FAT", 0x500000, e-0x500000)
	toEnd.ToEnd = true
	boot := user(0, "preloader", 0, 0x40000)
	boot.Region, boot.File, boot.Download, boot.Operation = flash.EMMCBoot1, "preloader_x.bin", true, "BOOTLOADERS"
	for name, c := range map[string]struct {
		size int64
		rows []flash.Partition
		want []string // in the text
	}{
		"sgpt shorter than a block": {e, []flash.Partition{boot, user(1, "lk", 0x8000, 0x60000),
			end(2, "otp", e-0x4200-0x1000000-0x2B00000, 0x2B00000), end(3, "flashinfo", e-0x4200-0x1000000, 0x1000000), end(4, "sgpt", e-0x4200, 0x4200)},
			[]string{"0xFFFF01d8", "0xFFFF0080", "0xFFFF0000"}},
		"sgpt of four blocks": {e, []flash.Partition{boot, end(1, "flashinfo", e-0x1080000, 0x1000000), end(2, "sgpt", e-0x80000, 0x80000)},
			[]string{"0xFFFF0084", "0xFFFF0004"}},
		"bmtpool":                        {e, []flash.Partition{boot, end(1, "BMTPOOL", e-0x1500000, 0x1500000)}, []string{"0xFFFF00a8"}},
		"reserved, not at the end":       {e, []flash.Partition{boot, end(1, "otp", 0x200000, 0x100000), user(2, "lk", 0x300000, 0x200000)}, []string{"0x200000", "0x300000"}},
		"reserved, gap to the end":       {e, []flash.Partition{boot, end(1, "flashinfo", e-0x2000000, 0x1000000)}, []string{"0x738000000"}},
		"reserved, overlapped":           {e, []flash.Partition{boot, user(1, "userdata", 0, e), end(2, "flashinfo", e-0x1000000, 0x1000000)}, []string{"0x739000000"}},
		"reserved, whole blocks":         {e, []flash.Partition{boot, end(1, "otp", e-0x104200, 0x100000), end(2, "sgpt", e-0x4200, 0x4200)}, []string{"0xFFFF0008", "0xFFFF0000"}},
		"reserved, not whole blocks":     {e, []flash.Partition{boot, end(1, "otp", e-0x10C000, 0x10C000)}, []string{"0x739ef4000"}},
		"bmtpool of no whole block":      {e, []flash.Partition{boot, end(1, "BMTPOOL", e-0x4000, 0x4000)}, []string{"0x739ffc000"}},
		"more blocks than a count holds": {e, []flash.Partition{boot, end(1, "otp", e-0x200000000, 0x200000000)}, []string{"0x53a000000"}},
		"no size known":                  {0, []flash.Partition{boot, end(1, "otp", flash.Unplaced, 0x2B00000), end(2, "flashinfo", flash.Unplaced, 0x1000000), end(3, "sgpt", flash.Unplaced, 0x80000)}, []string{"0xFFFF01dc", "0xFFFF0084", "0xFFFF0004"}},
		"to the end":                     {e, []flash.Partition{boot, user(1, "lk", 0x8000, 0x60000), user(2, "system", 0x100000, 0x400000), toEnd}, []string{"0x500000"}},
		"no place":                       {e, []flash.Partition{boot, user(1, "lost", flash.Unplaced, 0x60000)}, []string{"physical_start_addr: \n"}},
		"name with a colon and hash":     {e, []flash.Partition{boot, user(1, "a: b#c", 0, 0x60000)}, []string{"a: b#c"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := rebuilt(t, scatter.Spec{Platform: "MT6765", Project: "x", UserSize: c.size, Rows: c.rows})
			table := f.Table(c.size)
			if got := table.Partitions; !reflect.DeepEqual(got, c.rows) {
				t.Errorf("got  %+v\nwant %+v", got, c.rows)
			}
			if (name == "no place") != (len(table.Problems) > 0) {
				t.Errorf("problems: %v", table.Problems)
			}
			for _, want := range c.want {
				if !strings.Contains(string(f.Encode()), want) {
					t.Errorf("%q is not in\n%s", want, f.Encode())
				}
			}
		})
	}
}

func TestBuildHeader(t *testing.T) {
	for _, c := range []struct {
		spec scatter.Spec
		want scatter.Info
	}{
		{scatter.Spec{}, scatter.Info{"V1.1.2", "", "", "EMMC", "MSDC_0", 0x20000}},
		{scatter.Spec{Storage: "UFS", Platform: "mt6893"}, scatter.Info{"V1.1.2", "MT6893", "", "UFS", "UFSHCI_0", 0x80000}},
		{scatter.Spec{Storage: "NAND", BlockSize: 0x40000, Platform: "MT6572\nx: y", Project: "a\nb: c"},
			scatter.Info{"V1.1.2", "", "a_b: c", "NAND", "NONE", 0x40000}},
	} {
		c.spec.Rows = []flash.Partition{{Name: "lk"}}
		if got := rebuilt(t, c.spec).Info; got != c.want {
			t.Errorf("%+v\nwant %+v", got, c.want)
		}
	}
}

// Rows of a GPT or EBR table know no flash-tool words; Build adds the usual ones.
func TestBuildBareRows(t *testing.T) {
	at := func(name string, off, n int64) flash.Partition {
		return flash.Partition{Name: name, Region: flash.EMMCUser, Extent: flash.Extent{Offset: off, Length: n}}
	}
	rows := []flash.Partition{{Name: "preloader", Extent: flash.Extent{Length: 0x40000}},
		at("pgpt", 0, 0x8000), at("otp", 0x8000, 0x8000), at("nvram", 0x10000, 0x10000), at("boot_a", 0x20000, 0x20000),
		at("boot_b", 0x40000, 0x20000), at("flashinfo", e-0x1004200, 0x1000000), at("evil\n- partition_index: SYS9", 0x60000, 0x1000)}
	f := rebuilt(t, scatter.Spec{Project: "k65", UserSize: e, Rows: rows})
	type words struct {
		region       flash.Region
		file, op     string
		download, rs bool
	}
	want := []words{
		{flash.EMMCBoot1, "preloader_k65.bin", "BOOTLOADERS", true, false},
		{flash.EMMCUser, "", "INVISIBLE", false, false},
		{flash.EMMCUser, "", "INVISIBLE", false, false}, // an otp amid other rows is an ordinary one
		{flash.EMMCUser, "", "BINREGION", false, false},
		{flash.EMMCUser, "boot.img", "UPDATE", true, false},
		{flash.EMMCUser, "", "INVISIBLE", false, false},
		{flash.EMMCUser, "", "RESERVED", false, true},
		{flash.EMMCUser, "", "INVISIBLE", false, false},
	}
	got := f.Table(e).Partitions
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i, p := range got {
		if g := (words{p.Region, p.File, p.Operation, p.Download, p.Reserved}); g != want[i] || p.Extent != rows[i].Extent {
			t.Errorf("%s: %+v at %s, want %+v at %s", p.Name, g, p.Extent, want[i], rows[i].Extent)
		}
	}
	if name := got[7].Name; name != "evil_- partition_index: SYS9" {
		t.Errorf("a name made lines of its own: %q", name)
	}
}

// Files that ptgen itself wrote are the witness for our layout: built again from
// their tables they come out byte for byte, once the keys whose values a build takes
// from a list and the two fashions of the first banner are set aside.
func TestCorpusBuild(t *testing.T) {
	identical, plain := map[scatter.Dialect]int{}, 0
	for _, name := range corpusNames(t) {
		b := corpusFile(t, name)
		f, err := scatter.Parse(b)
		if err != nil || f.Dialect == scatter.V1 || f.Dialect == scatter.List {
			continue
		}
		want := ptgenCore(b)
		for _, size := range []int64{0, 1 << 37} {
			built := rebuilt(t, specOf(f, size))
			got := built.Encode()
			if size == 0 && bytes.Equal(ptgenCore(got), want) {
				identical[f.Dialect]++
			}
			if size == 0 && bytes.Equal(got, b) {
				plain++
			}
			for _, storage := range f.Storages() {
				got, want := built.Select(storage), f.Select(storage)
				if got == nil || !reflect.DeepEqual(got.Table(size).Partitions, want.Table(size).Partitions) {
					t.Errorf("%s: rows of %s differ in a rebuilt file", name, storage)
				}
			}
		}
	}
	t.Logf("built again byte for byte: %v, and %d without setting anything aside", identical, plain)
	n := 0
	for _, c := range identical {
		n += c
	}
	if n < 33 || plain < 1 || identical[scatter.V210] < 2 || identical[scatter.XML] < 1 {
		t.Errorf("built again byte for byte: %v, want 33 at least, some of each; %d untouched", identical, plain)
	}
}

var optionalLine = regexp.MustCompile(`(?m)^.*\b(is_upgradable|empty_boot_needed|combo_partsize_check|modem_check|modem|check_bootloaders_consistency|resize_check)\b.*\n`)

// ptgenCore takes away what a file need not have, or has in two fashions.
func ptgenCore(b []byte) []byte {
	s := strings.ReplaceAll(string(b), "\r", "")
	s = strings.Replace(s, "#  General Setting \n#    \n", "#  General Setting\n#\n", 1)
	return []byte(optionalLine.ReplaceAllString(s, ""))
}
