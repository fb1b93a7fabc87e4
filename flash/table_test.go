package flash_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func part(name string, offset, length int64) flash.Partition {
	return flash.Partition{Name: name, Region: flash.EMMCUser, Extent: flash.Extent{Offset: offset, Length: length}}
}

func TestTableCheck(t *testing.T) {
	toEnd := part("userdata", 0x3000, 0x100000)
	toEnd.ToEnd = true
	boot := part("preloader", 0, 0x40000)
	boot.Region = flash.EMMCBoot1
	for _, c := range []struct {
		name string
		rows []flash.Partition
		size int64
		want string // problems, one per line
	}{
		{"good", []flash.Partition{part("lk", 0, 0x1000), part("boot", 0x1000, 0x1000)}, 0x2000, ""},
		{"gap", []flash.Partition{part("lk", 0, 0x1000), part("boot", 0x8000, 0x1000)}, 0x10000, ""},
		{"overlap", []flash.Partition{part("lk", 0, 0x1800), part("boot", 0x1000, 0x1000)}, 0x2000,
			"boot: overlaps lk by 2 KiB (at 0x1000)"},
		{"order of the table does not matter", []flash.Partition{part("boot", 0x1000, 0x1000), part("lk", 0, 0x1800)}, 0x2000,
			"boot: overlaps lk by 2 KiB (at 0x1000)"},
		{"within another", []flash.Partition{part("super", 0, 0x8000), part("a", 0x1000, 0x1000), part("b", 0x3000, 0x1000)}, 0x8000,
			"a: overlaps super by 4 KiB (at 0x1000)\nb: overlaps super by 4 KiB (at 0x3000)"},
		{"same place", []flash.Partition{part("a", 0x1000, 0x1000), part("b", 0x1000, 0x1000)}, 0x8000,
			"b: overlaps a by 4 KiB (at 0x1000)"},
		{"cut", []flash.Partition{part("cache", 0x1000, 0x3000)}, 0x2000,
			"cache: is cut: only 4 KiB of 12 KiB are in the image (at 0x1000)"},
		{"beyond", []flash.Partition{part("cache", 0x2000, 0x1000)}, 0x2000,
			"cache: is beyond the end of the image: all of it is missing (at 0x2000)"},
		{"to the end", []flash.Partition{toEnd}, 0x4000, ""},
		{"size unknown", []flash.Partition{part("cache", 0x1000, 0x3000)}, 0, ""},
		{"other region", []flash.Partition{boot, part("mbr", 0, 0x1000)}, 0x1000, ""},
		{"empty row", []flash.Partition{part("lk", 0, 0x1000), part("none", 0x800, 0)}, 0x1000, ""},
		{"without an address", []flash.Partition{part("lk", 0, 0x1000), part("sgpt", flash.Unplaced, 0x8000)}, 0x1000, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := flash.Table{Partitions: c.rows}
			before := fmt.Sprint(c.rows)
			problems := table.Check(flash.EMMCUser, c.size)
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
				if p.Severity != flash.Warning {
					t.Errorf("%v is a %v, want a warning", p, p.Severity)
				}
			}
			if s := strings.Join(got, "\n"); s != c.want {
				t.Errorf("found\n%s\nwant\n%s", s, c.want)
			}
			if after := fmt.Sprint(table.Partitions); after != before {
				t.Errorf("the table was changed to %s", after)
			}
		})
	}
}

func TestTableFind(t *testing.T) {
	table := flash.Table{Partitions: []flash.Partition{part("boot", 0, 1), part("BOOT", 2, 1), part("boot", 4, 1)}}
	if p := table.Find("boot"); p != &table.Partitions[0] {
		t.Errorf("Find(boot) = %+v, want the first", p)
	}
	if p := table.Find("BOOT"); p != &table.Partitions[1] {
		t.Errorf("Find(BOOT) = %+v, want the one of exactly that name", p)
	}
	if p := table.Find("Boot"); p != nil {
		t.Errorf("Find(Boot) = %+v, want nil", p)
	}
}

func TestSeverityJSON(t *testing.T) {
	for s, want := range map[flash.Severity]string{flash.Note: `"note"`, flash.Warning: `"warning"`, flash.Error: `"error"`} {
		b, err := json.Marshal(s)
		if err != nil || string(b) != want {
			t.Errorf("%v as JSON is %s, %v; want %s", s, b, err, want)
		}
		var back flash.Severity
		if err := json.Unmarshal(b, &back); err != nil || back != s {
			t.Errorf("%s read back is %v, %v", b, back, err)
		}
	}
	var s flash.Severity
	for _, bad := range []string{`"loud"`, `""`, `"Note"`, `1`} {
		if err := json.Unmarshal([]byte(bad), &s); err == nil {
			t.Errorf("%s is taken for %v", bad, s)
		}
	}
	p := flash.Problem{Severity: flash.Warning, Place: "boot", Offset: 512, Text: "is cut"}
	b, err := json.Marshal(p)
	if want := `{"severity":"warning","place":"boot","offset":512,"text":"is cut"}`; err != nil || string(b) != want {
		t.Errorf("a problem as JSON is %s, %v; want %s", b, err, want)
	}
}

func TestTableProblems(t *testing.T) {
	p := flash.Problem{Severity: flash.Warning, Place: "boot", Offset: flash.NoOffset, Text: "is cut"}
	if got := p.String(); got != "boot: is cut" {
		t.Errorf("a problem without a place: %q", got)
	}
	if got := flash.Worst(nil); got != flash.Note {
		t.Errorf("Worst(nothing) = %v", got)
	}
	if got := flash.Worst([]flash.Problem{{Severity: flash.Warning}, {Severity: flash.Error}, {}}); got != flash.Error {
		t.Errorf("Worst = %v, want error", got)
	}
}

func TestFormatError(t *testing.T) {
	for _, c := range []struct {
		err  *flash.FormatError
		want string
	}{
		{&flash.FormatError{Format: "gpt", Offset: 0x250, Text: "too many entries"}, "gpt: too many entries at offset 0x250"},
		{&flash.FormatError{Format: "gpt", Offset: flash.NoOffset, Text: "no header", Err: io.ErrUnexpectedEOF}, "gpt: no header: unexpected EOF"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	err := fmt.Errorf("reading: %w", &flash.FormatError{Format: "ebr", Text: "no table", Err: flash.ErrNotThis})
	var fe *flash.FormatError
	if !errors.Is(err, flash.ErrNotThis) || !errors.As(err, &fe) || fe.Format != "ebr" {
		t.Errorf("%v does not unwrap to its cause and its kind", err)
	}
}

func TestRegions(t *testing.T) {
	for r, want := range map[flash.Region][2]bool{ // user, boot
		flash.EMMCUser: {true, false}, flash.UFSLU2: {true, false}, flash.NANDWhole: {true, false},
		flash.EMMCBoot1: {false, true}, flash.EMMCBoot2: {false, true}, "EMMC_BOOT1_BOOT2": {false, true},
		flash.UFSLU0: {false, true}, flash.UFSLU1: {false, true}, "UFS_LU0_LU1": {false, true},
		flash.NORWhole: {true, false}, flash.NANDBoot: {false, true}, flash.NORBoot: {false, true},
		flash.EMMCRPMB: {false, false}, "": {false, false},
	} {
		if r.IsUser() != want[0] || r.IsBoot() != want[1] {
			t.Errorf("%q: user %v, boot %v", r, r.IsUser(), r.IsBoot())
		}
	}
	for s, want := range map[flash.Storage][3]flash.Region{
		flash.EMMC: {flash.EMMCUser, flash.EMMCBoot1, flash.EMMCBoot2},
		flash.UFS:  {flash.UFSLU2, flash.UFSLU0, flash.UFSLU1},
		flash.NAND: {flash.NANDWhole, flash.NANDWhole, flash.NANDWhole},
		flash.NOR:  {flash.NORWhole, flash.NORWhole, flash.NORWhole},
		"":         {flash.EMMCUser, flash.EMMCBoot1, flash.EMMCBoot2},
	} {
		if got := [3]flash.Region{s.User(), s.Boot1(), s.Boot2()}; got != want {
			t.Errorf("%q has regions %v, want %v", s, got, want)
		}
	}
}

func TestDevice(t *testing.T) {
	var none flash.Device
	if none.Image(flash.EMMCUser) != nil || none.Part(flash.EMMCUser) != nil || none.User() != nil {
		t.Error("an empty device holds something")
	}
	d := flash.Device{Parts: []flash.Part{{Region: flash.UFSLU0, Source: "boot"}, {Region: flash.UFSLU2, Source: "rom"}}}
	if d.User() != &d.Parts[1] || d.Part(flash.UFSLU0) != &d.Parts[0] || d.Part(flash.UFSLU1) != nil {
		t.Errorf("user is %+v, LU0 is %+v", d.User(), d.Part(flash.UFSLU0))
	}
}
