package compare

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
)

// phoneItem is a partition of a dump, imageItem one of a package.
func phoneItem(name string, b []byte) *item {
	return &item{name: name, region: flash.EMMCUser, kind: flash.KindPartition, class: report.Boot, img: bytes.NewReader(b), Extent: flash.Extent{Length: int64(len(b))}}
}

func imageItem(name string, b []byte) *item {
	it := phoneItem(name, b)
	it.region, it.loose, it.firmware = flash.PackageFiles, true, true
	return it
}

// holed is an image with holes, of which it returns bytes all the same.
type holed struct {
	flash.Image
	holes []flash.Extent
}

func (h holed) Holes(e flash.Extent) []flash.Extent { return flash.Within(h.holes, e) }

func compared(t *testing.T, a, b *item) Row {
	t.Helper()
	p := couple{a, b}
	row, err := p.compare(t.Context(), func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func filled(n int, c byte) []byte { return bytes.Repeat([]byte{c}, n) }

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

// What is behind an image of a package is the phone's only if it is neither zero nor erased.
func TestBehind(t *testing.T) {
	img := imgtest.Noise("image", 5000)
	for name, c := range map[string]struct {
		phone, image []byte
		state        State
		first        int64
		detail       string
	}{
		"exactly":               {img, img, Equal, 0, ""},
		"zeros behind":          {join(img, filled(9000, 0)), img, Equal, 0, ""},
		"erased behind":         {join(img, filled(9000, 0xFF)), img, Equal, 0, ""},
		"both behind":           {join(img, filled(600, 0), filled(9000, 0xFF)), img, Equal, 0, ""},
		"data behind":           {join(img, filled(600, 0), []byte("x")), img, Differs, 5600, "equal as far as the shorter one goes (0x1388 bytes); behind it other data, from 0x15e0"},
		"data at once":          {join(img, []byte("x")), img, Differs, 5000, "behind it"},
		"inside and behind":     {join([]byte("x"), img[1:], []byte("x")), img, Differs, 0, "in 2 ranges"},
		"only inside":           {join([]byte("x"), img[1:], filled(99, 0)), img, Differs, 0, "from 0x0 to 0x1 (512 B)"},
		"the image longer":      {img, join(img, filled(900, 0)), Equal, 0, ""},
		"the image longer, not": {img, join(img, []byte("x")), Differs, 5000, "behind it"},
		"an empty image":        {filled(600, 0xFF), nil, Equal, 0, ""},
	} {
		for _, swapped := range []bool{false, true} {
			a, b := phoneItem("lk", c.phone), imageItem("lk", c.image)
			if swapped {
				a, b = b, a
			}
			row := compared(t, a, b)
			if row.State != c.state || row.First() != c.first || !strings.Contains(row.Detail, c.detail) || c.detail == "" && row.Detail != "" {
				t.Errorf("%s, swapped %v: %v from %d: %q", name, swapped, row.State, row.First(), row.Detail)
			}
			if len(row.Sizes) != 2 || row.Name != "lk" || row.Region != flash.EMMCUser {
				t.Errorf("%s: %+v", name, row)
			}
		}
	}
}

// What differs on every phone is not looked at behind the image.
func TestBehindUsual(t *testing.T) {
	if row := compared(t, phoneItem("userdata", join(filled(512, 1), filled(512, 2))), imageItem("userdata", filled(512, 1))); row.State != Equal || row.Usual == "" {
		t.Errorf("%v, %q", row.State, row.Usual)
	}
}

// Of two dumps, every length counts.
func TestLengths(t *testing.T) {
	img := imgtest.Noise("image", 5000)
	a, b := phoneItem("system", img), phoneItem("system", join(img, filled(8, 0)))
	if row := compared(t, a, b); row.State != Moved || !strings.Contains(row.Detail, "what both have is equal") {
		t.Errorf("%v: %s", row.State, row.Detail)
	}
	a.loose, b.loose = true, true // inside super
	if row := compared(t, a, b); row.State != Differs || row.Detail != "A has 4.9 KiB, B has 4.9 KiB; what both have is equal" {
		t.Errorf("%v: %s", row.State, row.Detail)
	}
	a, b = phoneItem("boot", img), phoneItem("boot", img)
	b.Offset = 512
	if row := compared(t, a, b); row.State != Moved || row.Compared != 5000 {
		t.Errorf("%v: %d", row.State, row.Compared)
	}
	a, b = phoneItem("nvram", img), phoneItem("nvram", img)
	b.region = flash.UFSLU2
	if row := compared(t, a, b); row.State != Moved || row.Compared != 0 || !strings.Contains(row.Detail, "in UFS_LU2 at") {
		t.Errorf("%v: %d, %s", row.State, row.Compared, row.Detail)
	}
}

// What a sparse image leaves out may be anything on the phone; what was not read is unknown.
func TestHoles(t *testing.T) {
	phone := imgtest.Noise("phone", 8192)
	image := bytes.Clone(phone)
	clear(image[2048:4096])
	hole := []flash.Extent{{Offset: 2048, Length: 2048}}
	a, b := phoneItem("system", phone), imageItem("system", image)
	if row := compared(t, a, b); row.State != Differs || row.First() < 2048 {
		t.Errorf("zeros: %v", row.State)
	}
	b.img = holed{b.img, hole}
	if row := compared(t, a, b); row.State != Equal || row.Compared != 6144 {
		t.Errorf("left out: %v, %d, %s", row.State, row.Compared, row.Detail)
	}
	long := imageItem("system", join(phone, []byte("left out")))
	if row := compared(t, a, long); row.State != Differs || row.First() != 8192 {
		t.Errorf("behind the phone's end: %v", row.State)
	}
	long.img = holed{long.img, []flash.Extent{{Offset: 8192, Length: 8}}}
	if row := compared(t, a, long); row.State != Equal {
		t.Errorf("left out behind the phone's end: %v, %s", row.State, row.Detail)
	}
	a.unread = []flash.Extent{{Offset: 0, Length: 512}}
	if row := compared(t, a, b); row.State != Unknown || row.Detail != "both have 5.5 KiB of 6 KiB, and these are equal" {
		t.Errorf("unread: %v, %s", row.State, row.Detail)
	}
	b = phoneItem("system", phone)
	if row := compared(t, a, b); row.State != Unknown || row.Compared != 7680 {
		t.Errorf("of two dumps: %v, %d", row.State, row.Compared)
	}
	phone[700] ^= 1
	b = phoneItem("system", imgtest.Noise("phone", 8192))
	if row := compared(t, a, b); row.State != Differs || row.First() != 700 {
		t.Errorf("beside unread: %v, %d", row.State, row.First())
	}
}

// However many ranges differ, the list is short and loses none.
func TestRangesBounded(t *testing.T) {
	phone := make([]byte, 1<<20)
	image := bytes.Clone(phone)
	var holes []flash.Extent
	for at := 0; at < len(image); at += 8192 {
		image[at] = 1
		holes = append(holes, flash.Extent{Offset: int64(at) + 4096, Length: 512}) // each range is compared by itself
	}
	b := imageItem("lk", image)
	b.img = holed{b.img, holes}
	row := compared(t, phoneItem("lk", phone), b)
	if len(row.Ranges) > maxRanges || row.Sectors != 128 || row.First() != 0 || row.Ranges[len(row.Ranges)-1].End() != 127*8192+1 {
		t.Errorf("%d ranges to 0x%x, %d sectors", len(row.Ranges), row.Ranges[len(row.Ranges)-1].End(), row.Sectors)
	}
	if !strings.Contains(row.Detail, "in 32 or more ranges") {
		t.Error(row.Detail)
	}
}

// failing cannot be read from an offset on.
type failing struct {
	flash.Image
	from int64
}

func (f failing) ReadAt(b []byte, off int64) (int, error) {
	if off+int64(len(b)) <= f.from {
		return f.Image.ReadAt(b, off)
	}
	return 0, errBroken
}

var errBroken = errors.New("broken")

// Damage of one partition is a problem, and the others are compared.
func TestDamageIsData(t *testing.T) {
	good := imgtest.Noise("image", 1<<20)
	bad := phoneItem("system", good)
	bad.img = failing{bad.img, 512 << 10}
	other := bytes.Clone(good)
	other[0] ^= 1
	for want, b := range map[State][]byte{Unknown: good, Differs: other} {
		r := &Result{}
		err := r.compare(t.Context(), []couple{{bad, phoneItem("system", b)}, {phoneItem("boot", good), phoneItem("boot", good)}}, nil)
		if err != nil || len(r.Rows) != 2 || r.Rows[0].State != want || r.Rows[1].State != Equal || len(r.Problems) != 1 || r.Equal() {
			t.Errorf("%v: %v, %+v, %v", want, err, r.Rows, r.Problems)
		}
		if !strings.Contains(r.Rows[0].Detail, "cannot be read: ") {
			t.Error(r.Rows[0].Detail)
		}
	}
}

func names(list []couple) (out []string) {
	for _, p := range list {
		name := func(it *item) string {
			if it == nil {
				return "-"
			}
			return it.name
		}
		out = append(out, name(p.a)+"="+name(p.b))
	}
	return out
}

func sideOf(name Name, firmware bool, list ...string) *side {
	s := dumpOf(name, "", "")
	s.firmware, s.plan = firmware, &plan.Plan{}
	for _, n := range list {
		it := phoneItem(n, []byte(n))
		if firmware {
			it = imageItem(n, []byte(n))
		}
		s.items = append(s.items, *it)
	}
	return s
}

// One image is for both slots, unless there is one for each; names of two generations are one.
func TestPair(t *testing.T) {
	for _, c := range []struct {
		x, y *side
		want []string
	}{
		{sideOf(A, false, "boot", "lk"), sideOf(B, false, "LK", "logo"), []string{"boot=-", "lk=LK", "-=logo"}},
		{sideOf(A, false, "UBOOT", "ANDROID"), sideOf(B, true, "system", "lk"), []string{"UBOOT=lk", "ANDROID=system"}},
		{sideOf(A, false, "boot_a", "boot_b"), sideOf(B, true, "boot"), []string{"boot_a=boot", "boot_b=boot"}},
		{sideOf(A, false, "boot_a", "boot_b"), sideOf(B, true, "boot_a"), []string{"boot_a=boot_a", "boot_b=boot_a"}},
		{sideOf(A, false, "boot_a", "boot_b"), sideOf(B, true, "boot_a", "boot_b"), []string{"boot_a=boot_a", "boot_b=boot_b"}},
		{sideOf(A, true, "boot", "dtbo"), sideOf(B, false, "boot_a", "boot_b"), []string{"boot=boot_a", "boot=boot_b", "dtbo=-"}},
		{sideOf(A, true, "boot"), sideOf(B, true, "boot_a"), []string{"boot=boot_a"}},
		{sideOf(A, false, "boot_a"), sideOf(B, false, "boot_b"), []string{"boot_a=-", "-=boot_b"}},
		{sideOf(A, false), sideOf(B, true), nil},
	} {
		if got := names(pair(c.x, c.y)); !slices.Equal(got, c.want) {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}

// The row has the name of the phone's partition, on whichever side the phone is.
func TestRowName(t *testing.T) {
	phone, image := phoneItem("boot_b", nil), imageItem("boot", nil)
	for _, p := range []couple{{phone, image}, {image, phone}, {phone, nil}, {nil, phone}} {
		if p.name() != "boot_b" {
			t.Error(p.name())
		}
	}
}

// What a damaged package has lost is not equal to anything, and not what its maker left out.
func TestLostImage(t *testing.T) {
	b := filled(8<<10, 'b')
	a, lost := imageItem("boot", b), imageItem("boot", b)
	lost.img, lost.unread = holed{lost.img, []flash.Extent{{Length: 8 << 10}}}, []flash.Extent{{Length: 8 << 10}}
	if row := compared(t, a, lost); row.State != Unknown || row.Compared != 0 {
		t.Errorf("%+v", row)
	}
	lost.unread = nil
	if row := compared(t, a, lost); row.State != Equal {
		t.Errorf("left out: %+v", row)
	}
}
