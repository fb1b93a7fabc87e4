package plan

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/scatter"
)

// make plans a split of a made phone by its scatter's true rows.
func makePlan(t *testing.T, p *imgtest.Phone, w Wishes) *Plan {
	t.Helper()
	table := &flash.Table{Partitions: slices.Clone(p.Rows)}
	for i := range table.Partitions {
		table.Partitions[i].Index, table.Partitions[i].Witness = i, "gpt"
	}
	plan, err := Make(p.Device(), Description{Table: table, Chip: p.Chip, Project: p.Project, DeviceSize: p.User.Size()}, w)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func item(t *testing.T, p *Plan, name string) Item {
	t.Helper()
	for _, it := range p.Items {
		if it.Name == name {
			return it
		}
	}
	t.Fatalf("no item %q", name)
	return Item{}
}

// TestEveryByteIsPlanned: whatever the phone, the entries of a region cover all of it.
func TestEveryByteIsPlanned(t *testing.T) {
	for name, phone := range map[string]*imgtest.Phone{
		"MT6572": imgtest.MT6572(), "MT6592": imgtest.MT6592(), "MT6765": imgtest.MT6765(), "MT6893": imgtest.MT6893(),
	} {
		m := makePlan(t, phone, Wishes{}).Record("test")
		for _, src := range m.Sources {
			at := int64(0)
			for _, e := range m.Entries {
				if e.Region == src.Region && e.Kind != "preloader" && e.Offset <= at {
					at = max(at, e.Offset+e.Present)
				}
			}
			if at != src.Size {
				t.Errorf("%s: entries of %s cover 0x%x of 0x%x bytes", name, src.Region, at, src.Size)
			}
		}
		if !m.Complete {
			t.Errorf("%s: not complete", name)
		}
	}
}

// TestSharedFileNames: the scatter of this phone names one file for lk and lk2, which
// hold the same, and one for scp1 and scp2, which do not.
func TestSharedFileNames(t *testing.T) {
	p := makePlan(t, imgtest.MT6765(), Wishes{})
	lk, lk2 := item(t, p, "lk"), item(t, p, "lk2")
	if lk.File != lk2.File || !lk.Write || lk2.Write {
		t.Errorf("lk → %s (%v), lk2 → %s (%v)", lk.File, lk.Write, lk2.File, lk2.Write)
	}
	scp1, scp2 := item(t, p, "scp1"), item(t, p, "scp2")
	if scp1.File == scp2.File || !strings.HasPrefix(scp2.File, "scp2.") || !scp2.Write {
		t.Errorf("scp1 → %s, scp2 → %s (%v)", scp1.File, scp2.File, scp2.Write)
	}
	// The emitted scatter says so.
	f, err := scatter.Parse(p.Scatter())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range f.Table(0).Partitions {
		if row.Name == "scp2" && row.File != scp2.File {
			t.Errorf("the scatter names %q for scp2, not %q", row.File, scp2.File)
		}
	}
}

// TestTwinOfASkippedRow: a shared file is written although the row it was first
// planned for is skipped.
func TestTwinOfASkippedRow(t *testing.T) {
	p := makePlan(t, imgtest.MT6765(), Wishes{Skip: []string{"lk"}})
	if lk, lk2 := item(t, p, "lk"), item(t, p, "lk2"); lk.Write || lk.File != "" || !lk2.Write {
		t.Errorf("lk %+v, lk2 %+v", lk.ManifestEntry, lk2.ManifestEntry)
	}
}

func TestWishes(t *testing.T) {
	phone := imgtest.MT6592()
	p := makePlan(t, phone, Wishes{Only: []string{"boot", "nv*"}})
	var got []string
	for _, o := range p.Outputs() {
		got = append(got, o.Name)
	}
	if want := []string{"NVRAM.bin", "boot.img"}; !slices.Equal(got, want) {
		t.Errorf("outputs %q, want %q", got, want)
	}
	if p.Record("test").Complete {
		t.Error("a part of the partitions is called complete")
	}
	dev := phone.Device()
	for _, pattern := range []string{"nosuch", "[", "boot["} {
		_, err := Make(dev, Description{Table: &flash.Table{Partitions: phone.Rows}}, Wishes{Only: []string{pattern}})
		var bad *PatternError
		if !errors.As(err, &bad) || bad.Pattern != pattern {
			t.Errorf("only %q: %v", pattern, err)
		}
	}
}

// TestScatterOfParts: every row whose bytes are all at hand is restorable, under the
// file's own name; a row that is cut is listed without a file.
func TestScatterOfParts(t *testing.T) {
	phone := imgtest.MT6592()
	cut := phone.Row("ANDROID").Offset + 4096
	phone.User.Truncate(cut)
	p := makePlan(t, phone, Wishes{})
	f, err := scatter.Parse(p.Scatter())
	if err != nil {
		t.Fatal(err)
	}
	if f.Info.Platform != phone.Chip || f.Info.Project != phone.Project {
		t.Errorf("platform %q, project %q", f.Info.Platform, f.Info.Project)
	}
	for _, row := range f.Table(phone.User.Size()).Partitions {
		truth := phone.Row(row.Name)
		whole := !truth.Reserved && (truth.Region.IsBoot() || truth.End() <= cut)
		if row.Download != whole || (row.File != "") != whole {
			t.Errorf("%s: file %q, is_download %v; whole: %v", row.Name, row.File, row.Download, whole)
		}
	}
	if !slices.Contains(p.Private, "NVRAM") || slices.Contains(p.Private, "BOOTIMG") {
		t.Errorf("private rows %q", p.Private)
	}
}

// TestUnprovenPreloader: an edited preloader is kept as it is, and not called flashable.
func TestUnprovenPreloader(t *testing.T) {
	phone := imgtest.MT6592()
	phone.Boot1[0x2000] ^= 1
	p := makePlan(t, phone, Wishes{})
	if flash.Worst(p.Problems) != flash.Error {
		t.Errorf("problems %v", p.Problems)
	}
	for _, o := range p.Outputs() {
		if strings.HasPrefix(o.Name, "preloader") {
			t.Errorf("%s was planned", o.Name)
		}
	}
	if it := item(t, p, "boot1"); !it.Write {
		t.Error("the raw region is missing")
	}
}

// TestWishesThatMissTheirAim: what would silently keep the owner's data, or write
// nothing, is refused.
func TestWishesThatMissTheirAim(t *testing.T) {
	phone := imgtest.MT6592()
	facts := Description{Table: &flash.Table{Partitions: phone.Rows}}
	unnamed := Description{Table: &flash.Table{Partitions: []flash.Partition{{Name: "p8", Region: flash.EMMCUser, Extent: phone.Row("USRDATA").Extent}}}}
	for name, c := range map[string]struct {
		facts Description
		w     Wishes
		want  string // the pattern that is named, "" for ErrNothing
	}{
		"typing error":      {facts, Wishes{Skip: []string{"userdta"}}, "userdta"},
		"userdata unnamed":  {unnamed, Wishes{Userdata: UserdataSkip}, "userdata"},
		"nothing is left":   {facts, Wishes{Only: []string{"boot"}, Skip: []string{"boot"}}, ""},
		"nothing, userdata": {facts, Wishes{Only: []string{"user*"}, Userdata: UserdataSkip}, ""},
	} {
		_, err := Make(phone.Device(), c.facts, c.w)
		var bad *PatternError
		if c.want == "" && !errors.Is(err, ErrNothing) || c.want != "" && (!errors.As(err, &bad) || bad.Pattern != c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
