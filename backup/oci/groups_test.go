package oci

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// void is an image of a size that cannot be read.
type void int64

func (v void) Size() int64                       { return int64(v) }
func (v void) ReadAt([]byte, int64) (int, error) { panic("the plan of a push reads nothing") }

func sized(name string, size int64, coarse bool) File {
	return File{Output: flash.Output{Name: name, Image: void(size)}, Coarse: coarse}
}

// spread returns n files of one size.
func spread(n int, size int64) (out []File) {
	for i := range n {
		out = append(out, sized(fmt.Sprintf("partition%d.img", i), size, false))
	}
	return out
}

// The size of a file alone decides how it is cut, and files of up to 16 GiB, or 175 GiB of
// userdata, are cut as ever.
func TestGroupOf(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		size   int64
		coarse bool
		group  int64
		n      int
	}{
		{1, false, 64 << 20, 1},
		{16 * gib, false, 64 << 20, 256},
		{17 * gib, false, 128 << 20, 136},
		{256 * gib, false, gib, 256},
		{4096 * gib, false, 16 * gib, 256},
		{175 * gib, true, 256 << 20, 700},
		{230 * gib, true, 512 << 20, 460},
		{460 * gib, true, gib, 460},
	} {
		f := sized("a.img", c.size, c.coarse)
		if got := groupOf(c.size, c.coarse); got != c.group || len(cut(f)) != c.n {
			t.Errorf("0x%x bytes are cut into %d groups of 0x%x, want %d of 0x%x", c.size, len(cut(f)), got, c.n, c.group)
		}
	}
}

// What a phone has, in whatever form, can be pushed; what a registry would refuse is refused
// before a byte is read, with the bill.
func TestFits(t *testing.T) {
	const gib = 1 << 30
	for name, c := range map[string]struct {
		files []File
		fits  bool
	}{
		"256 GiB, whole":                {[]File{sized("ROM_1", 256*gib, false)}, true},
		"256 GiB in the most groups":    {spread(16, 16*gib), true},
		"256 GiB in many partitions":    {spread(4096, 64<<20), true},
		"256 GiB, and most is userdata": {append(spread(60, 256<<20), sized("userdata.img", 241*gib, true)), true},
		"1 TiB, and most is userdata":   {append(spread(60, 256<<20), sized("userdata.img", 1009*gib, true)), true},
		"too many groups":               {spread(64, 16*gib), false},
		"too many chunks":               {[]File{sized("ROM_1", 8192*gib, true)}, false},
	} {
		b, err := measure(c.files)
		check(t, err)
		err = Fits(Ref{Layout: "backups", Tag: "t"}, c.files)
		if no := flash.AsRefusal(err); (err == nil) != c.fits || err != nil && (no.Reason != flash.ReasonTooBig || no.Path != "oci:backups:t") {
			t.Errorf("%s: %+v: %v", name, b, err)
		}
		if (b.manifest < maxManifest && b.index < maxIndex) != c.fits {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

// The bill is never lower than what the documents of a push have.
func TestBill(t *testing.T) {
	to, keys, _ := person(t)
	repo := open(t, "oci:"+filepath.Join(t.TempDir(), "backups"), Options{Write: true, Keys: keys})
	fs := slices.Concat(private(1), []File{{Output: flash.Output{Name: strings.Repeat("é", 90) + ".img", Image: bytesImage(noise(5, 9<<20))}}})
	b, err := measure(fs)
	check(t, err)
	for tag, opt := range map[string]PushOptions{"clear": {Level: 1}, "locked": {Level: 1, Readers: to, Everything: true}} {
		u, err := repo.Create(t.Context(), tag, fs, opt)
		check(t, err)
		_, err = u.Copy(t.Context())
		check(t, err)
		_, manifest, err := pack(record(fs), 1, time.Now(), u.layers)
		check(t, err)
		table, err := json.Marshal(u.index)
		check(t, err)
		if len(u.layers) > b.groups || int64(len(manifest)) > b.manifest || int64(len(table)) > b.index {
			t.Errorf("%s: %d layers, a manifest of %d bytes and an index of %d; the bill is %+v", tag, len(u.layers), len(manifest), len(table), b)
		}
		if rest := int64(len(manifest)) - (b.manifest - restOfManifest); rest > restOfManifest/2 {
			t.Errorf("%s: %d bytes of the manifest are not of groups", tag, rest)
		}
	}
}
