package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// What no table names may be nvram: it is named, and what is guessed is marked as a guess.
func TestIdentityUnnamed(t *testing.T) {
	phone := imgtest.SmallMT6592()
	row := phone.Row("PROTECT_F")
	row.Name, row.Guess, row.Witness, row.File = "p2", "protect_f", "ebr", ""
	p, err := Make(phone.Device(), Description{
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
	id := p.Identity()
	if !slices.Contains(id.Known, "p2 (protect_f, a guess)") || !slices.Contains(id.Unnamed, fmt.Sprintf("gap_0x%x (boot, nvram, a guess)", row.End())) {
		t.Errorf("it names %q", id)
	}
	if said := fmt.Sprint(id); strings.Contains(said, "gap_0x0") {
		t.Errorf("blank, and named: %s", said)
	}
	m := p.Record("")
	for _, e := range m.Entries {
		if e.Kind == "gap" && e.Unnamed != (e.Offset > row.Offset) {
			t.Errorf("%+v", e)
		}
	}
}
