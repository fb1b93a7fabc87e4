package dump_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
)

// What was written is what is read: a folder lists the same partitions as the dump that it was made
// from, whatever is damaged in the dump's table.
func TestFolderListsWhatTheDumpLists(t *testing.T) {
	phones := map[string]func() *imgtest.Phone{"mbr": imgtest.SmallMT6592, "gpt": imgtest.SmallMT6765}
	for name, make := range phones {
		t.Run(name, func(t *testing.T) {
			good := make()
			for seed := range uint64(12) {
				user := good.User.Clone()
				spoilTable(rand.New(rand.NewPCG(seed, 14)), user, good)
				compareAgain(t, fmt.Sprintf("%s %d", name, seed), user, good)
			}
		})
	}
}

// spoilTable overwrites a few bytes of the tables with a bit, a value, or noise.
func spoilTable(r *rand.Rand, user *imgtest.Sparse, phone *imgtest.Phone) {
	kind := "mbr"
	if phone.Chip == "MT6765" {
		kind = "gpt"
	}
	for range 1 + r.IntN(3) {
		var at int64
		switch {
		case kind == "gpt" && r.IntN(2) == 0: // the backup
			at = user.Size() - 1 - r.Int64N(0x4200)
		case kind == "gpt":
			at = r.Int64N(0x4400)
		default: // an entry of the MBR, of EBR1 or of EBR2
			at = phone.Row([]string{"MBR", "EBR1", "EBR2"}[r.IntN(3)]).Offset + 446 + r.Int64N(64)
		}
		user.Put(at, []byte{byte(r.IntN(256))})
	}
}

func compareAgain(t *testing.T, name string, user *imgtest.Sparse, phone *imgtest.Phone) {
	t.Helper()
	dir := t.TempDir()
	rom, table := filepath.Join(dir, "ROM_1"), filepath.Join(dir, "table.txt")
	if err := user.WriteFile(rom); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(table, []byte(phone.Scatter), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, opt := range []dump.Options{{Alone: true}, {Alone: true, Table: table}} {
		d, err := dump.Open(t.Context(), rom, opt)
		if err != nil {
			continue // the table is gone, or contradicts the scatter file
		}
		defer d.Close()
		p, err := d.Plan(plan.Wishes{})
		if err != nil {
			t.Fatal(name, err)
		}
		parts := filepath.Join(dir, "parts"+filepath.Base(opt.Table))
		if _, err := d.Split(t.Context(), p, parts, split.Options{NoSync: true}); err != nil {
			t.Fatal(name, err)
		}
		again, err := dump.Open(t.Context(), parts, dump.Options{Alone: true})
		if err != nil {
			t.Errorf("%s, table %q: %v", name, opt.Table, err)
			continue
		}
		defer again.Close()
		q, err := again.Plan(plan.Wishes{})
		if err != nil {
			t.Fatal(name, err)
		}
		if a, b := rowsOf(p), rowsOf(q); !slices.Equal(a, b) {
			t.Errorf("%s, table %q:\nthe dump   %q\nthe folder %q", name, filepath.Base(opt.Table), without(a, b), without(b, a))
		}
	}
}

// rowsOf lists the partitions and gaps of a plan.
func rowsOf(p *plan.Plan) (rows []string) {
	for _, it := range p.Items {
		rows = append(rows, fmt.Sprintf("%s %s 0x%x+0x%x, 0x%x in %s", it.Name, it.Region, it.Offset, it.Length, it.Present, it.File))
	}
	return rows
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
