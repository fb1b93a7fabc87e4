package dumps

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// Every command says the same of a table with names that no file can have or that two partitions
// share, and nothing that a person reads has a character that controls a terminal.
func TestNamesOfStrangers(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{
		"nvram", "../x", "a/b", "..", "con", "CON.txt", "a\nerror: all is lost", "a\tb", "a\x1b[2J", "a\u009b2J", "a\u007f",
		"a\u202etxt", "a\u202a", "a\u2066b\u2069", "a\u200bb", "a\u200eb", "\ufeffa", "a\u2028b",
	} {
		const mib = 1 << 20
		rom := imgtest.NewSparse(8 * mib)
		rom.PutGPT(imgtest.GPTSpec{SectorSize: 512, DeviceSize: 8 * mib, Rows: []imgtest.GPTRow{
			{Name: "boot", Extent: flash.Extent{Offset: mib, Length: mib}},
			{Name: "nvram", Extent: flash.Extent{Offset: 2 * mib, Length: mib}},
			{Name: name, Extent: flash.Extent{Offset: 3 * mib, Length: mib}},
		}})
		path := filepath.Join(dir, fmt.Sprintf("ROM_%d", i))
		if err := rom.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{
			{"info", path}, {"list", path}, {"blocks", path}, {"verify", path}, {"split", path, "-o", path + ".parts"},
			{"backup", "create", path, "-o", path + ".tar.zst"},
		} {
			code, out, errs := program(args...)
			if code != words.ExitProblems {
				t.Errorf("%q: %s: exit code %d: %s", name, args[0], code, errs)
			}
			for line := range strings.Lines(out + errs) {
				if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return !unicode.IsPrint(r) }) || strings.HasPrefix(line, "error: all is lost") {
					t.Errorf("%q: %s: %q", name, args[0], line)
				}
			}
		}
	}
}
