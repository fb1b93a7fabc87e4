package compare

import (
	"bytes"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/plan"
)

func regionItem(name string, region flash.Region, kind flash.Kind) item {
	return item{name: name, region: region, kind: kind, img: bytes.NewReader(nil)}
}

func itemNames(s *side) (out []string) {
	for _, it := range s.items {
		out = append(out, it.name)
	}
	return out
}

// A boot region is compared as a whole if both have it, and as a preloader if one has only that.
func TestMeetBoot(t *testing.T) {
	phone := func() *side {
		return &side{name: A, plan: &plan.Plan{}, items: []item{
			regionItem("boot1", flash.EMMCBoot1, flash.KindRegion), regionItem("boot2", flash.EMMCBoot2, flash.KindRegion),
			regionItem("preloader", flash.EMMCBoot1, flash.KindPreloader)}}
	}
	without := &side{name: B, plan: &plan.Plan{}}
	firmware := func(names ...string) *side { return sideOf(B, true, names...) }
	for name, c := range map[string]struct {
		x, y         *side
		wantX, wantY []string
	}{
		"two phones":          {phone(), phone(), []string{"boot1", "boot2"}, []string{"boot1", "boot2"}},
		"a package":           {phone(), firmware("preloader"), []string{"boot2", "preloader"}, []string{"preloader"}},
		"the package first":   {firmware("preloader"), phone(), []string{"preloader"}, []string{"boot2", "preloader"}},
		"no preloader in it":  {phone(), firmware("boot"), []string{"boot1", "boot2"}, []string{"boot"}},
		"no boot region read": {phone(), without, []string{"boot1", "boot2"}, nil},
	} {
		meet(c.x, c.y)
		if x, y := itemNames(c.x), itemNames(c.y); !slices.Equal(x, c.wantX) || !slices.Equal(y, c.wantY) {
			t.Errorf("%s: %v, %v", name, x, y)
		}
	}
}

// super of a package meets its partitions, in super or as images.
func TestMeetSuper(t *testing.T) {
	head := make([]byte, 4<<20)
	copy(head, imgtest.Super(4<<20))
	withSuper := func(name Name) *side {
		s := sideOf(name, true)
		s.items = append(s.items, *imageItem("super", head), *imageItem("boot", []byte("x")))
		return s
	}
	x, y := withSuper(A), sideOf(B, true, "system", "vendor", "boot")
	meet(x, y)
	if want := []string{"boot", "system", "vendor"}; !slices.Equal(itemNames(x), want) || x.outer == nil || x.outer.name != "super" {
		t.Errorf("%v", itemNames(x))
	}
	if want := []string{"system", "vendor", "boot"}; !slices.Equal(itemNames(y), want) || y.outer != nil {
		t.Errorf("%v", itemNames(y))
	}
	x, y = withSuper(A), sideOf(B, true, "boot")
	meet(x, y)
	if !slices.Contains(itemNames(x), "super") {
		t.Errorf("nothing to compare it with: %v", itemNames(x))
	}
}

// A logical partition of which a part is missing is unread, not absent.
func TestLogicalMissing(t *testing.T) {
	s := dumpOf(A, "", "")
	it := s.logical(&lp.Partition{Name: "vendor", Size: 4096})
	row := compared(t, &it, phoneItem("vendor", filled(4096, 1)))
	if row.State != Unknown || !row.Logical && row.couple.a.img.Size() != 0 {
		t.Errorf("%v: %s", row.State, row.Detail)
	}
}

// Files of a package may be of any region; the partitions of two phones only of the user areas.
func TestComparable(t *testing.T) {
	user, ufs := phoneItem("boot", nil), phoneItem("boot", nil)
	ufs.region = flash.UFSLU2
	image, gap := imageItem("boot", nil), regionItem("boot", flash.EMMCUser, flash.KindGap)
	region := regionItem("boot", flash.EMMCUser, flash.KindRegion)
	loader := regionItem("boot", flash.EMMCBoot1, flash.KindPreloader)
	for _, c := range []struct {
		a, b *item
		want bool
	}{{user, ufs, true}, {user, image, true}, {image, &loader, true}, {image, &gap, false}, {image, &region, false}, {user, &gap, false}, {user, &loader, false}} {
		if c.a.comparable(c.b) != c.want || c.b.comparable(c.a) != c.want {
			t.Errorf("%v %v, %v %v: not %v", c.a.kind, c.a.region, c.b.kind, c.b.region, c.want)
		}
	}
}
