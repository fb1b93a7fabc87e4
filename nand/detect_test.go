package nand

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func detect(t *testing.T, b []byte) *Geometry {
	t.Helper()
	g, err := Detect(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func all(t *testing.T, img flash.Image) []byte {
	t.Helper()
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// says reports whether a problem of that severity holds the words.
func says(g *Geometry, s flash.Severity, words string) bool {
	for _, p := range g.Problems {
		if p.Severity == s && strings.Contains(p.Text, words) {
			return true
		}
	}
	return false
}

var headers = []string{"", "BOOTLOADER!", "long", "V004", "NANDCFG!", "SPINAND!"}

// headerWord is the first word of a kind of header.
func headerWord(kind string) string {
	if kind == "long" || kind == "V004" {
		return "BOOTLOADER!"
	}
	return kind
}

func TestDetect(t *testing.T) {
	for _, p := range append(chips, pair{2048, 80}) { // the last one is in no list
		for _, kind := range headers {
			if kind == "" && p.spare == 80 {
				continue
			}
			t.Run(fmt.Sprint(p, kind), func(t *testing.T) {
				ppb := max(16, min(32, 1<<17/p.page)) // enough pages, in tests of bearable size
				c := phone(p.page, p.spare, ppb, kind)
				dump := c.dump()
				g := detect(t, dump)
				if g.Page != p.page || g.Spare != p.spare || g.PagesPerBlock != ppb || g.Sector != 0 {
					t.Fatalf("found %+v", g)
				}
				if len(g.Evidence) < 3 || kind != "" && !strings.Contains(strings.Join(g.Evidence, "\n"), headerWord(kind)) {
					t.Errorf("evidence %q", g.Evidence)
				}
				if !says(g, flash.Note, "never verified") || !says(g, flash.Note, "not corrected") || flash.Worst(g.Problems) != flash.Note {
					t.Errorf("problems %v", g.Problems)
				}
				img := bytes.NewReader(dump)
				logical, spares := g.Logical(img), g.Spares(img)
				if !bytes.Equal(all(t, logical), c.logical()) || !bytes.Equal(all(t, spares), c.spares()) {
					t.Error("taken apart wrongly")
				}
				if !bytes.Equal(all(t, g.Join(logical, spares)), dump) {
					t.Error("joined wrongly")
				}
			})
		}
	}
}

// Blocks of any size are found, and what the header states of them is compared.
func TestPagesPerBlock(t *testing.T) {
	for _, ppb := range []int{16, 64, 128, 256, 512} {
		c := phone(2048, 64, ppb, "")
		if g := detect(t, c.dump()); g.PagesPerBlock != ppb || g.BlockSize() != int64(2048*ppb) {
			t.Errorf("%d pages a block: found %d", ppb, g.PagesPerBlock)
		}
	}
	c := phone(2048, 64, 64, "BOOTLOADER!")
	c.ppb, c.blocks = 32, 99
	c.boot("BOOTLOADER!")
	c.ppb = 64
	g := detect(t, c.dump())
	if g.PagesPerBlock != 64 || g.Blocks != 99 || !says(g, flash.Warning, "states 32 pages for each block, but UBI shows 64") {
		t.Errorf("found %d, %v", g.PagesPerBlock, g.Problems)
	}
	c = newChip(2048, 64, 64, 4)
	c.text(0)
	c.firmware(1, "LK")
	if g := detect(t, c.dump()); g.PagesPerBlock != 0 || !says(g, flash.Warning, "number of pages of a block") {
		t.Errorf("found %d, %v", g.PagesPerBlock, g.Problems)
	}
}

// Any two kinds that say where pages end are enough; one is not, and neither are those
// that are true of smaller pages too.
func TestKinds(t *testing.T) {
	volumes := func(c *chip) { // UBI without data in its volumes
		c.ubi(4, 12)
		for n := range c.data {
			if n%c.ppb > 1 {
				c.data[n] = nil
			}
		}
	}
	full := func(c *chip, block int) { c.write(block, 0, imgtest.Noise("full", c.ppb*c.page)) }
	for name, tt := range map[string]struct {
		make func(c *chip)
		want string
	}{
		"text and markers":       {func(c *chip) { c.text(1); full(c, 2) }, "4096+128"},
		"UBI and markers":        {func(c *chip) { c.ubi(1, 8); full(c, 9) }, "4096+128"},
		"UBI and headers":        {func(c *chip) { volumes(c); c.write(1, 0, []byte("ANDROID!")); c.write(2, 0, []byte("ANDROID!")) }, "4096+128"},
		"UBI alone":              {volumes, "8 UBI blocks have their volume header"},
		"BMT and markers":        {func(c *chip) { full(c, 2); c.bmt(15, 4) }, "4096+128"},
		"PMT and markers":        {func(c *chip) { full(c, 2); c.write(9, 0, []byte("2vTP")); c.sign[9*c.ppb] = "2vTP" }, "4096+128"},
		"text alone":             {func(c *chip) { c.write(1, 0, bytes.Repeat([]byte("text"), 8*1024)) }, "text is interrupted by 128"},
		"markers alone":          {func(c *chip) { full(c, 2) }, "of data, on 16 of 16 full pages"},
		"BMT alone":              {func(c *chip) { c.bmt(15, 4) }, "a BMT is signed"},
		"headers, no page's end": {func(c *chip) { c.write(1, 0, []byte("ANDROID!")); c.write(2, 0, []byte("ANDROID!")) }, "headers are at multiples of"},
		"headers anywhere": {func(c *chip) {
			volumes(c)
			c.write(1, 0, append([]byte("ANDROID!"), bytes.Repeat([]byte("ANDROID!"), 9)...))
			c.write(2, 0, []byte("ANDROID!"))
		}, "8 UBI blocks have their volume header"},
		"UBI of other pages": {func(c *chip) {
			volumes(c)
			for n := 4; n < 12; n++ {
				ec := c.data[n*c.ppb][:64]
				binary.BigEndian.PutUint32(ec[16:], 2048)
				binary.BigEndian.PutUint32(ec[60:], ^crc32.ChecksumIEEE(ec[:60]))
			}
			full(c, 2)
		}, "of data, on 16 of 16 full pages"},
		"checksums of UBI": {func(c *chip) {
			volumes(c)
			full(c, 2)
			for n := 4; n < 12; n++ {
				c.data[n*c.ppb][15] ^= 1
			}
		}, "of data, on 16 of 16 full pages"},
		"erased": {func(*chip) {}, "nothing repeats"},
	} {
		c := newChip(4096, 128, 16, 16)
		tt.make(c)
		g, err := Detect(bytes.NewReader(c.dump()))
		switch {
		case err == nil && g.String() != tt.want:
			t.Errorf("%s: found %s by %q, want %q", name, g, g.Evidence, tt.want)
		case err != nil && (!strings.Contains(err.Error(), tt.want) || !errors.Is(err, flash.ErrNotThis)):
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// What is no NAND dump is not taken for one, however long it is: the sizes here are
// multiples of many pages with spare bytes.
func TestNotNAND(t *testing.T) {
	const lcm = 33 * 17 * 135 << 8 // 2112, 2176, 4224, 4320, 4352 …
	refuse := func(name string, img flash.Image) {
		t.Helper()
		if g, err := Detect(img); !errors.Is(err, flash.ErrNotThis) {
			t.Errorf("%s, 0x%x bytes: found %+v, error %v", name, img.Size(), g, err)
		}
	}
	for name, p := range map[string]*imgtest.Phone{"MT6592": imgtest.MT6592(), "MT6572": imgtest.MT6572(), "MT6765": imgtest.MT6765(), "MT6893": imgtest.MT6893()} {
		refuse(name, p.User)
		for _, stride := range []int64{lcm, 2112, 528, 2176, 4320, 8832, 16512} {
			cut := p.User.Clone()
			cut.Truncate(cut.Size() / stride * stride)
			refuse(name, cut)
			cut.Truncate(cut.Size() + stride)
			refuse(name, cut)
		}
		refuse(name+" boot", bytes.NewReader(p.Boot1))
	}
	for name, b := range map[string][]byte{
		"zero":    make([]byte, lcm),
		"erased":  bytes.Repeat([]byte{0xff}, lcm),
		"noise":   imgtest.Noise("noise", lcm),
		"text":    bytes.Repeat([]byte("text\n"), lcm/5),
		"picture": bytes.Repeat([]byte{0xff, 1, 2, 3}, lcm/4), // 0xff wherever a page may end
		"UBI":     func() []byte { c := newChip(2048, 0, 64, 33); c.ubi(0, 33); return c.logical() }(),
	} {
		refuse(name, bytes.NewReader(b))
	}
}

func TestPagesOnly(t *testing.T) {
	for _, page := range []int{2048, 4096, 16384} {
		for _, kind := range headers {
			c := phone(page, 64, 64, kind)
			c.write(12, 0, []byte("1vTP"))
			g, err := Detect(bytes.NewReader(c.logical()))
			if err != nil {
				t.Errorf("%d, %s: %v", page, kind, err)
				continue
			}
			if g.Page != page || g.Spare != 0 || g.PagesPerBlock != 64 || len(g.Evidence) < 2 || says(g, flash.Note, "not corrected") {
				t.Errorf("%d, %s: found %+v", page, kind, g)
			}
			img := bytes.NewReader(c.logical())
			if g.Logical(img) != img || g.Spares(img).Size() != 0 || g.Join(img, g.Spares(img)) != img {
				t.Errorf("%d, %s: something was taken out", page, kind)
			}
		}
	}
}

// A PMT is a sign only where a page begins, and UBI alone is a partition's image.
func TestPMTPlace(t *testing.T) {
	c := newChip(2048, 64, 64, 16)
	c.ubi(1, 8)
	dump := c.logical()
	copy(dump[9*64*2048+512:], "1vTP")
	if g, err := Detect(bytes.NewReader(dump)); !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("found %+v, error %v", g, err)
	}
	copy(dump[9*64*2048:], "1vTP")
	if g := detect(t, dump); g.Page != 2048 || g.Spare != 0 {
		t.Errorf("found %+v", g)
	}
}

// Text that happens to end with a page here and there is text, not pages.
func TestTally(t *testing.T) {
	p := pair{512, 16}
	text, other := bytes.Repeat([]byte{'t'}, 528), bytes.Repeat([]byte{0x80}, 16)
	broken := append(bytes.Clone(text[:512]), other...)
	for _, tt := range []struct {
		broken, running int
		want            bool
	}{{1, 0, false}, {2, 0, true}, {2, 1, false}, {8, 2, true}, {8, 3, false}} {
		var ta tally
		for range tt.broken {
			ta.count(p, broken, 0)
		}
		for range tt.running {
			ta.count(p, text, 0)
		}
		if ta.text() != tt.want {
			t.Errorf("%+v: %v", tt, ta.text())
		}
	}
	var ta tally // of bytes from the middle of the dump, whole pages count
	ta.count(p, bytes.Repeat(broken, 3)[100:], 100)
	if ta.breaks != 2 || ta.runs != 0 {
		t.Errorf("counted %+v", ta)
	}
}

// Spare bytes behind every sector are said, and nothing is moved unless asked.
func TestInterleaved(t *testing.T) {
	for _, tt := range []struct{ page, spare, sector int }{
		{2048, 64, 512}, {2048, 128, 512}, {4096, 128, 1024}, {4096, 256, 1024}, {8192, 640, 1024}, {16384, 128, 1024},
	} {
		for _, kind := range headers {
			c := phone(tt.page, tt.spare, 16, kind)
			c.sector = tt.sector
			dump := c.dump()
			g := detect(t, dump)
			if g.Page != tt.page || g.Spare != tt.spare || g.Sector != tt.sector || !says(g, flash.Warning, "interleaved") {
				t.Errorf("%v %s: found %+v", tt, kind, g)
				continue
			}
			img := bytes.NewReader(dump)
			if g.Logical(img) != img || g.Spares(img).Size() != 0 {
				t.Errorf("%v %s: something was taken out", tt, kind)
			}
			s := g.Sectors()
			if !bytes.Equal(all(t, s.Logical(img)), c.logical()) || s.BlockSize() != g.BlockSize() || s.Sectors() != s {
				t.Errorf("%v %s: sectors are wrong: %+v", tt, kind, s)
			}
		}
	}
	// No page size is known here: that is an error, and says what was seen.
	c := newChip(4096, 224, 64, 4)
	c.sector = 1024
	c.text(0)
	c.firmware(1, "LK")
	_, err := Detect(bytes.NewReader(c.dump()))
	if err == nil || errors.Is(err, flash.ErrNotThis) || !strings.Contains(err.Error(), "56 spare bytes") {
		t.Errorf("error %v", err)
	}
	c = newChip(2048, 64, 64, 4) // sectors that are a geometry of their own
	c.sector = 512
	c.text(0)
	c.firmware(1, "LK")
	if g := detect(t, c.dump()); g.String() != "512+16" || !says(g, flash.Warning, "sectors of larger pages") {
		t.Errorf("found %+v", g)
	}
}

// Two dumps in one file, of chips that differ: as much speaks for one as for the other.
func TestAlike(t *testing.T) {
	var both []byte
	for _, c := range []*chip{newChip(2048, 64, 16, 45), newChip(4096, 224, 16, 22)} {
		c.ubi(1, 20)
		c.bmt(21, 1)
		both = append(both, c.dump()...)
	}
	_, err := Detect(bytes.NewReader(both))
	if err == nil || errors.Is(err, flash.ErrNotThis) || !strings.Contains(err.Error(), "2048+64 and of 4096+224") {
		t.Errorf("error %v", err)
	}
}

// A dump that ends early is recognised when more speaks for it, or its head says so.
func TestCut(t *testing.T) {
	c := phone(2048, 64, 64, "BOOTLOADER!")
	for _, lost := range []int{1, 63, 64, 65, 2111, 100000} {
		dump := c.dump()
		dump = dump[:len(dump)-lost]
		g := detect(t, dump)
		if g.String() != "2048+64" || !says(g, flash.Warning, "the dump ends inside a page") {
			t.Fatalf("%d bytes lost: found %+v", lost, g)
		}
		img := bytes.NewReader(dump)
		if !bytes.Equal(all(t, g.Join(g.Logical(img), g.Spares(img))), dump) {
			t.Errorf("%d bytes lost: joined wrongly", lost)
		}
	}
	// Two kinds are not enough any more: the header and what stands behind it.
	c = newChip(2048, 64, 64, 1)
	c.boot("BOOTLOADER!")
	dump := c.dump()
	detect(t, dump)
	if g, err := Detect(bytes.NewReader(dump[:len(dump)-1])); err == nil || errors.Is(err, flash.ErrNotThis) {
		t.Errorf("cut, with two kinds of evidence: found %+v, error %v", g, err)
	}
}

// A header whose geometry is nowhere to be seen is said, not believed.
func TestHeaderAlone(t *testing.T) {
	c := newChip(2048, 64, 64, 8)
	c.boot("NANDCFG!")
	c.data[1] = nil
	if _, err := Detect(bytes.NewReader(c.dump())); err == nil || errors.Is(err, flash.ErrNotThis) || !strings.Contains(err.Error(), "2048+64") {
		t.Errorf("error %v", err)
	}
	c.data[0][0x20] = 1 // no page is of this size
	if _, err := Detect(bytes.NewReader(c.dump())); !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("error %v", err)
	}
}

// odd is an image of any size whose bytes are a short head and then zero, or an error.
type odd struct {
	head []byte
	size int64
	err  error
	read int64
}

func (o *odd) Size() int64 { return o.size }

func (o *odd) ReadAt(p []byte, off int64) (int, error) {
	o.read += int64(len(p))
	if o.err != nil {
		return 0, o.err
	}
	if off >= o.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), o.size-off))
	clear(p[:n])
	if off < int64(len(o.head)) {
		copy(p[:n], o.head[off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func TestHostileSizes(t *testing.T) {
	c := newChip(2048, 64, 64, 1)
	c.boot("BOOTLOADER!")
	head := c.dump()
	for _, size := range []int64{0, 1, 47, 48, 512, 528, 2111, 2112, 2113, 1 << 40, math.MaxInt64, math.MaxInt64 / 2112 * 2112} {
		for _, b := range [][]byte{nil, head} {
			img := &odd{head: b, size: size}
			g, err := Detect(img)
			if img.read > 48<<20 {
				t.Errorf("size %d: read 0x%x bytes", size, img.read)
			}
			if err != nil {
				continue
			}
			if _, err := g.BMT(img); err == nil {
				t.Errorf("size %d: found a table", size)
			}
			l, s := g.Logical(img), g.Spares(img)
			if l.Size()+s.Size() != size || l.Size() < 0 || s.Size() < 0 {
				t.Errorf("size %d: %d + %d", size, l.Size(), s.Size())
			}
		}
	}
	broken := errors.New("broken")
	for _, size := range []int64{0, 2112 * 64} {
		if _, err := Detect(&odd{size: size, err: broken}); !errors.Is(err, broken) {
			t.Errorf("size %d: error %v", size, err)
		}
	}
}
