package plan

import (
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// written lists the partitions that get their whole file, in order of address.
func written(p *Plan) []string {
	var names []string
	for _, it := range p.Items {
		if it.Kind == "partition" && it.File != "" {
			names = append(names, it.Name)
		}
	}
	return names
}

// TestSlots: a name without its slot means both, a name with it means just that.
func TestSlots(t *testing.T) {
	for _, c := range []struct {
		wishes Wishes
		want   []string
	}{
		{Wishes{Only: []string{"boot"}}, []string{"boot_a", "boot_b"}},
		{Wishes{Only: []string{"BOOT"}}, []string{"boot_a", "boot_b"}},
		{Wishes{Only: []string{"boot_a"}}, []string{"boot_a"}},
		{Wishes{Only: []string{"boot_b", "lk"}}, []string{"lk_a", "lk_b", "boot_b"}},
		{Wishes{Only: []string{"boot", "logo"}, Slot: "b"}, []string{"boot_b", "logo"}},
		{Wishes{Only: []string{"lk", "boot"}, Skip: []string{"boot_b"}}, []string{"lk_a", "lk_b", "boot_a"}},
		{Wishes{Only: []string{"lk", "boot"}, Skip: []string{"boot"}}, []string{"lk_a", "lk_b"}},
	} {
		if got := written(makePlan(t, imgtest.MT6893(), c.wishes)); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.wishes, got, c.want)
		}
	}
}

func TestOneSlot(t *testing.T) {
	all := written(makePlan(t, imgtest.MT6893(), Wishes{}))
	for slot, other := range map[string]string{"a": "_b", "b": "_a"} {
		p := makePlan(t, imgtest.MT6893(), Wishes{Slot: slot})
		want := slices.DeleteFunc(slices.Clone(all), func(n string) bool { return n[max(len(n)-2, 0):] == other })
		if got := written(p); !slices.Equal(got, want) || len(got) == len(all) {
			t.Errorf("slot %s: %q, want %q", slot, got, want)
		}
		if p.Record("test").Complete {
			t.Errorf("slot %s: called complete", slot)
		}
		if it := item(t, p, "boot"+other); !it.Skipped || it.Write || scatterFiles(t, p)[it.Name] != "" {
			t.Errorf("slot %s: %+v", slot, it.ManifestEntry)
		}
	}
	for name, file := range map[string]string{"boot_a": "boot.img", "boot_b": "boot_b.img", "lk_b": "lk_b.img", "logo": "logo.bin"} {
		if it := item(t, makePlan(t, imgtest.MT6893(), Wishes{}), name); it.File != file {
			t.Errorf("%s → %s, want %s", name, it.File, file)
		}
	}
	// A name that only looks like a slot's has no twin, and stays.
	phone := imgtest.MT6893()
	for i := range phone.Rows {
		if phone.Rows[i].Name == "logo" {
			phone.Rows[i].Name = "logo_b"
		}
	}
	if got := written(makePlan(t, phone, Wishes{Slot: "a"})); !slices.Contains(got, "logo_b") {
		t.Errorf("logo_b is lost: %q", got)
	}
	p := makePlan(t, imgtest.MT6592(), Wishes{Slot: "a"})
	if !p.Record("test").Complete || len(p.Problems) == 0 || p.Problems[len(p.Problems)-1].Severity != flash.Note {
		t.Errorf("a phone without slots: %v", p.Problems)
	}
}

// TestUserdata: under the name of either generation.
func TestUserdata(t *testing.T) {
	for name, phone := range map[string]*imgtest.Phone{"USRDATA": imgtest.MT6592(), "userdata": imgtest.MT6893()} {
		row := phone.Row(name)
		p := makePlan(t, phone, Wishes{Userdata: UserdataFull})
		if it := item(t, p, name); !it.Write || !p.Record("test").Complete {
			t.Errorf("%s full: %+v", name, it.ManifestEntry)
		}
		for _, how := range []Userdata{UserdataSkip, UserdataHead} {
			p := makePlan(t, phone, Wishes{Userdata: how})
			if it := item(t, p, name); it.Write || !it.Skipped || it.File != "" {
				t.Errorf("%s %s: %+v", name, how, it.ManifestEntry)
			}
			if p.Record("test").Complete {
				t.Errorf("%s %s: called complete", name, how)
			}
			if f := scatterFiles(t, p)[name]; f != "" {
				t.Errorf("%s %s: the scatter names %q", name, how, f)
			}
			if n := len(ofKind(p, "excerpt")); n != map[Userdata]int{UserdataSkip: 0, UserdataHead: 2}[how] {
				t.Errorf("%s %s: %d excerpts", name, how, n)
			}
		}
		ends := ofKind(makePlan(t, phone, Wishes{Userdata: UserdataHead}), "excerpt")
		for file, want := range map[string]flash.Extent{
			"userdata.head.img": {Offset: row.Offset, Length: 4 << 20},
			"userdata.tail.img": {Offset: row.End() - 1<<20, Length: 1 << 20},
		} {
			it, ok := ends[file]
			if !ok || it.Extent != want || string(bytesOf(t, it.Image)) != string(phone.User.Range(want)) {
				t.Errorf("%s: %v, want %v", file, it.Extent, want)
			}
		}
		// Not asked for, it has no ends either.
		if n := len(ofKind(makePlan(t, phone, Wishes{Only: []string{"boot*"}, Userdata: UserdataHead}), "excerpt")); n != 0 {
			t.Errorf("%d excerpts of what was not asked for", n)
		}
		phone.User.Truncate(row.Offset + 8<<20) // cut: its end is not its end
		ends = ofKind(makePlan(t, phone, Wishes{Userdata: UserdataHead}), "excerpt")
		if _, ok := ends["userdata.head.img"]; !ok || len(ends) != 1 {
			t.Errorf("cut: %d excerpts", len(ends))
		}
		phone.User.Truncate(row.Offset + 3<<20) // less than the head alone: all of it is kept
		if it := item(t, makePlan(t, phone, Wishes{Userdata: UserdataHead}), name); !it.Write {
			t.Errorf("short: %+v", it.ManifestEntry)
		}
	}
}
