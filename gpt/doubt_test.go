package gpt

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// noise overwrites bytes as other data do that a tool wrote to the wrong place.
func (d *sparseDisk) noise(off int64, n int) {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.New(rand.NewSource(off+int64(i))).Intn(255) + 1)
	}
	d.put(off, b...)
}

// A copy whose rows were overwritten is one damage, and the garbage in it is not judged.
func TestOverwrittenRows(t *testing.T) {
	for _, sector := range sectorSizes {
		v := phone(sector, gib31)
		for name, c := range map[string]struct {
			at   int64
			rows flash.Witness
			say  string
		}{
			"primary": {2 * sector, "gpt backup", "the primary copy is damaged; the rows of the backup are used: the entries checksum is 0x"},
			"backup":  {v.tailOffset(), "gpt primary", "the entries checksum is 0x"},
		} {
			d := v.disk()
			d.noise(c.at+56*entryMin, 72*entryMin)
			tab := read(t, d).Table(flash.EMMCUser)
			v.wantRows(t, tab, c.rows)
			p, ok := findProblem(tab.Problems, c.say)
			if !ok || len(tab.Problems) != 1 || p.Severity != flash.Warning || p.Offset != c.at {
				t.Fatalf("%s: %v", name, tab.Problems)
			}
			if !strings.Contains(p.Text, "72 of its 128 entries differ from the ") || !strings.Contains(p.Text, fmt.Sprintf("from offset 0x%x on", c.at+56*entryMin)) {
				t.Errorf("%s: %s", name, p.Text)
			}
		}
	}
}

// If both copies are overwritten, a few rows are named and the others are counted.
func TestOverwrittenTwice(t *testing.T) {
	v := phone(512, gib31)
	d := v.disk()
	d.noise(2*512+56*entryMin, 72*entryMin)
	d.noise(v.tailOffset()+80*entryMin, 40*entryMin)
	g := read(t, d)
	tab := g.Table(flash.EMMCUser)
	if len(tab.Problems) > 2*(maxDoubts+3) {
		t.Errorf("%d problems: %v", len(tab.Problems), tab.Problems)
	}
	if p, ok := findProblem(tab.Problems, "more entries are not those of a correct table"); !ok || p.Severity != flash.Error {
		t.Errorf("%v", tab.Problems)
	}
	for _, p := range tab.Problems {
		if strings.Contains(p.Text, "0x-") {
			t.Errorf("%s", p.Text)
		}
	}
	for _, p := range tab.Partitions {
		if !p.Placed() || p.Length == 0 {
			t.Errorf("%+v", p)
		}
	}
	if _, err := g.Repair(v.size); err == nil || len(err.Error()) > 2000 || !strings.Contains(err.Error(), "more") {
		t.Errorf("%v", err)
	}
}
