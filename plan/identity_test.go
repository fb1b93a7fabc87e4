package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// What no table names may be nvram: the sentence about identity says so, and marks what is
// guessed as a guess.
func TestIdentityUnnamed(t *testing.T) {
	phone := imgtest.SmallMT6592()
	row := phone.Row("PROTECT_F")
	row.Name, row.Guess, row.Witness, row.File = "p2", "protect_f", "ebr", ""
	p, err := Make(phone.Device(), Facts{
		Table: &flash.Table{Partitions: []flash.Partition{row}}, Witness: "ebr",
		Unnamed: func(e flash.Extent) (string, bool) {
			if e.Offset < row.Offset {
				return "", false // blank
			}
			return "boot nvram", true
		},
	}, Wishes{})
	if err != nil {
		t.Fatal(err)
	}
	p.Scatter()
	said := p.Identity()
	for _, want := range []string{"p2 (protect_f, a guess)", fmt.Sprintf("gap_0x%x (boot, nvram, a guess)", row.End()), "do not share them"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in: %s", want, said)
		}
	}
	if strings.Contains(said, "gap_0x0") {
		t.Errorf("blank, and named: %s", said)
	}
	m := p.Record("")
	for _, e := range m.Entries {
		if e.Kind == "gap" && e.Unnamed != (e.Offset > row.Offset) {
			t.Errorf("%+v", e)
		}
	}
}
