package scatter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

func changes(a, b *scatter.File) string {
	var out []string
	for _, c := range scatter.Diff(a, b) {
		s := fmt.Sprintf("%s %s %s %s->%s", c.Severity, c.Kind, c.Name, c.A, c.B)
		if c.Risk != "" {
			s += " (" + c.Risk + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

func TestDiff(t *testing.T) {
	nvram := row("nvram", "0x8000", "0x8000", "0x500000", "operation_type: BINREGION")
	user := row("userdata", "0x800000", "0x800000", "0x900000")
	info := counted("flashinfo", "0xFFFF0080", "0x1000000")
	base := header + nvram + user + info
	for name, c := range map[string]struct{ text, want string }{
		"the same":        {strings.ReplaceAll(base, "0x8000\n", "0x00008000\n"), ""},
		"another chip":    {strings.Replace(base, "MT6592", "MT6582", 1), "error header  MT6592->MT6582 (another chip:"},
		"moved nvram":     {strings.ReplaceAll(base, "0x8000\n", "0x9000\n"), "error moved nvram 0x8000, 0x500000 bytes->0x9000, 0x500000 bytes (moved: the phone would no longer find its own identity"},
		"shrunk userdata": {strings.Replace(base, "0x900000", "0x100000", 1), "warning resized userdata 0x900000->0x100000 (shrunk: the owner's data"},
		"grown userdata":  {strings.Replace(base, "0x900000", "0xa00000", 1), "note resized userdata 0x900000->0xa00000 (the file system"},
		"counted":         {strings.ReplaceAll(base, "0xFFFF0080", "0xFFFF0084"), "note moved flashinfo 0x80 blocks from the end, 0x1000000 bytes->0x84 blocks"},
		"removed":         {header + user + info, "error removed nvram 0x8000, 0x500000 bytes-> (removed: the phone would no longer find its own identity"},
		"added":           {base + row("lk", "0x2000000", "0x2000000", "0x1000"), "warning added lk ->0x2000000, 0x1000 bytes (the phone's table has no"},
		"downloaded":      {strings.Replace(base, "is_download: false", "is_download: true", 1), "warning words nvram false->true (the phone's own identity (IMEI"},
		"file":            {strings.Replace(base, "NONE", "nvram.bin", 1), "note words nvram NONE->nvram.bin"},
		"other region":    {strings.Replace(base, "region: EMMC_USER", "region: EMMC_RPMB", 1), "error region nvram EMMC_USER->EMMC_RPMB"},
		"to the end":      {strings.Replace(base, "0x900000", "0x0", 1), ""},
	} {
		got := changes(parse(t, base), parse(t, c.text))
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" || strings.Contains(got, "\n") {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
	if got := changes(parse(t, twoStorages), parse(t, xmlOne)); !strings.Contains(got, "warning removed  2 rows->") {
		t.Errorf("a storage less: %s", got)
	}
	if got := changes(parse(t, xmlOne), parse(t, twoStorages)); !strings.Contains(got, "added  ->2 rows") {
		t.Errorf("a storage more: %s", got)
	}
}

// A list and the full file of one phone hold the same rows; text and XML are equal.
func TestCorpusDiff(t *testing.T) {
	for _, c := range [][2]string{
		{"vivo-pd2135f-mt6891/MT6893_Android_scatter.txt", "vivo-pd2135f-mt6891/MT6893_Android_scatter.xml"},
		{"leagoo-m11-mt6739/MT6739_Android_scatter.txt", "leagoo-m11-mt6739/ota_scatter.txt"},
	} {
		for _, c := range scatter.Diff(corpusScatter(t, c[0]), corpusScatter(t, c[1])) {
			if c.Kind != "header" || c.Severity > flash.Note {
				t.Errorf("%+v", c)
			}
		}
	}
	got := changes(corpusScatter(t, "marino-mt6757/MT6757_Android_scatter.txt"), corpusScatter(t, "marino-mt6757/MT6757_Android_lk_only.txt"))
	if !strings.Contains(got, "note words boot true->false (it would no longer be written)") || strings.Contains(got, "moved") || strings.Contains(got, "words lk ") {
		t.Errorf("lk only: %s", got)
	}
}
