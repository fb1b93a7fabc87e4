package report

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func logoOf(b []byte) *Logo { return decodeLogo(context.Background(), "logo", bytes.NewReader(b)) }

// packed is a logo row of the given pixels, as LK's packer makes them.
func packed(t testing.TB, pictures ...[]byte) []byte {
	t.Helper()
	var body bytes.Buffer
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(pictures)))
	head = append(head, make([]byte, 4+4*len(pictures))...)
	for i, p := range pictures {
		binary.LittleEndian.PutUint32(head[8+4*i:], uint32(len(head)+body.Len()))
		z, _ := zlib.NewWriterLevel(&body, zlib.BestSpeed)
		if _, err := z.Write(p); err != nil {
			t.Fatal(err)
		}
		z.Close()
	}
	binary.LittleEndian.PutUint32(head[4:], uint32(len(head)+body.Len()))
	return imgtest.MTKImage("logo", append(head, body.Bytes()...), false)
}

// scene is a picture with a bright disc on a dark ground, off the middle.
func scene(w, h int, format string) []byte {
	var b []byte
	for y := range h {
		for x := range w {
			v := uint32(x*40/w + y*40/h)
			if dx, dy := x-w/3, y-h/4; dx*dx+dy*dy < w*w/16 {
				v = 200
			}
			if format == bgra {
				b = append(b, byte(v), byte(v), byte(v/2), 0xFF)
			} else {
				b = binary.LittleEndian.AppendUint16(b, uint16(v>>3<<11|v>>2<<5|v>>4))
			}
		}
	}
	return b
}

// The size of a screen's picture is found, also where two screens have as many bytes.
func TestLogoSize(t *testing.T) {
	for _, c := range []struct {
		w, h   int
		format string
		sure   bool
	}{
		{720, 1280, bgra, true},
		{720, 1440, bgra, true},    // as many bytes as 1080 by 1920 in RGB565
		{1080, 1920, rgb565, true}, // and the other way round
		{480, 854, rgb565, true},
		{1280, 800, bgra, true}, // a tablet
		{360, 360, rgb565, true},
		{52, 76, bgra, false}, // a digit
		{90, 40, rgb565, false},
	} {
		l := logoOf(packed(t, scene(c.w, c.h, c.format)))
		if l == nil || len(l.Pictures) != 1 {
			t.Errorf("%dx%d %s: %+v", c.w, c.h, c.format, l)
			continue
		}
		p := l.Pictures[0]
		if p.Width != c.w || p.Height != c.h || p.Format != c.format || p.Sure != c.sure {
			t.Errorf("%dx%d %s is taken for %dx%d %s, sure %v", c.w, c.h, c.format, p.Width, p.Height, p.Format, p.Sure)
		}
	}
}

// A picture keeps its colours and is no larger than the page wants it.
func TestLogoPicture(t *testing.T) {
	red := bytes.Repeat([]byte{0x00, 0xF8}, 480*854)
	for _, b := range [][]byte{packed(t, red), packed(t, bytes.Repeat([]byte{0, 0, 0xFF, 0xFF}, 480*854))} {
		l := logoOf(b)
		img, err := png.Decode(bytes.NewReader(l.Pictures[0].PNG))
		if err != nil {
			t.Fatal(err)
		}
		if s := img.Bounds().Size(); s.X > thumbWidth || s.Y > thumbHeight || s.X < thumbWidth/2 {
			t.Errorf("picture of %v", s)
		}
	}
	l := logoOf(packed(t, scene(480, 854, bgra)))
	img, err := png.Decode(bytes.NewReader(l.Pictures[0].PNG))
	if err != nil {
		t.Fatal(err)
	}
	// scene's disc: blue and green 200, red 100
	r, g, b, _ := img.At(480/3/3, 854/4/3).RGBA()
	if r>>8 != 100 || g>>8 != 200 || b>>8 != 200 {
		t.Errorf("colour is %d %d %d, want 100 200 200", r>>8, g>>8, b>>8)
	}
}

// The flat picture of one colour fits several screens: it is shown, and called doubtful.
func TestLogoDoubt(t *testing.T) {
	l := logoOf(packed(t, make([]byte, 720*1440*4)))
	if l.Pictures[0].Sure || l.Pictures[0].Width == 0 {
		t.Errorf("%+v", l.Pictures[0])
	}
}

// Equal pictures are one, digits get no picture of their own, and all of it is bounded.
func TestLogoMany(t *testing.T) {
	screen, digit := scene(240, 320, rgb565), scene(20, 30, rgb565)
	all := [][]byte{screen, digit, screen}
	for i := range 40 {
		other := bytes.Clone(screen)
		other[i] ^= 0x55
		all = append(all, other)
	}
	l := logoOf(packed(t, append(all, screen)...))
	if l.Count != 44 {
		t.Errorf("count %d", l.Count)
	}
	if p := l.Pictures[0]; len(p.Also) != 2 || p.Also[0] != 2 || p.Also[1] != 43 {
		t.Errorf("equal pictures: %v", p.Also)
	}
	if p := l.Pictures[1]; p.PNG != nil || p.Format != rgb565 {
		t.Errorf("digit %+v", p)
	}
	shown := 0
	for _, p := range l.Pictures {
		if p.PNG != nil {
			shown++
		}
	}
	if shown != maxShown || !strings.Contains(l.Note, "not unpacked") {
		t.Errorf("%d pictures shown, note %q", shown, l.Note)
	}
}

func TestLogoBad(t *testing.T) {
	good := packed(t, scene(32, 48, rgb565), scene(32, 48, bgra))
	poke := func(off int, v uint32) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint32(b[off:], v)
		return b
	}
	bomb := packed(t, make([]byte, maxPixels+1), scene(32, 48, rgb565))
	for _, c := range []struct {
		name     string
		b        []byte
		note     string
		pictures int
	}{
		{"good", good, "", 2},
		{"no picture", poke(0x200, 0), "0 pictures", 0},
		{"too many", poke(0x200, 1<<31), "2147483648 pictures", 0},
		{"more offsets than bytes", poke(0x200, 1000), "1000 pictures", 0},
		{"longer than its row", poke(4, 1<<30), "0x40000000 bytes", 0},
		{"offset outside", poke(0x208, 1<<30), "picture 0 is at", 0},
		{"offset into the list", poke(0x208, 4), "picture 0 is at", 0},
		{"offsets that run back", poke(0x20C, 12), "picture 0 is at", 0},
		{"no stream", poke(0x210, 0), "picture 0 cannot be unpacked", 1},
		{"bomb", bomb, "picture 0 cannot be unpacked: more than 32 MiB", 1},
	} {
		l := logoOf(c.b)
		if l == nil || !strings.Contains(l.Note, c.note) || c.note == "" && l.Note != "" {
			t.Errorf("%s: %+v", c.name, l)
			continue
		}
		if c.pictures != len(l.Pictures) {
			t.Errorf("%s: %d pictures, want %d", c.name, len(l.Pictures), c.pictures)
		}
	}
	for _, b := range [][]byte{nil, []byte("\x88\x16\x88\x58"), make([]byte, 4096)} {
		if l := logoOf(b); l != nil {
			t.Errorf("%d bytes that are no logo: %+v", len(b), l)
		}
	}
}

// Real logos: how many pictures, and the screen of the first. The values are the sizes
// of these phones' screens.
func TestLogoCorpus(t *testing.T) {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS is not set: no real logos at hand")
	}
	for name, want := range map[string]struct{ count, w, h int }{
		"blu-s5260-mt6592/logo.bin":         {39, 720, 1280},
		"leagoo-m11-mt6739/logo.bin":        {39, 480, 996},
		"meizu-m8-mt6765/logo.bin":          {44, 720, 1440},
		"umidigi-a5pro-mt6763/logo.bin":     {42, 1080, 2280},
		"vivo-pd2135f-mt6891/bin__logo.bin": {73, 1080, 2376},
	} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		count := int(binary.LittleEndian.Uint32(b[0x200:]))
		binary.LittleEndian.PutUint32(b[0x200:], 1) // the first is enough, and they are large
		l := logoOf(b)
		if p := l.Pictures[0]; count != want.count || p.Width != want.w || p.Height != want.h || !p.Sure || p.PNG == nil {
			t.Errorf("%s: %d pictures, the first %dx%d sure %v", name, count, p.Width, p.Height, p.Sure)
		}
	}
}

func corpus(f *testing.F, pattern string, add func([]byte)) {
	if dir := os.Getenv("MTKKIT_CORPUS"); dir != "" {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, name := range files {
			if b, err := os.ReadFile(name); err == nil {
				add(b[:min(len(b), 64<<10)])
			}
		}
	}
}

func FuzzLogo(f *testing.F) {
	// Small seeds: the fuzzer minimises what it finds, and that takes its time by the byte.
	f.Add(packed(f, scene(6, 8, rgb565)))
	f.Add(packed(f, scene(4, 6, bgra), scene(6, 4, rgb565), nil))
	f.Add(packed(f, make([]byte, 240*320*2), make([]byte, 240*320*4)))
	corpus(f, "*/*logo*.bin", func(b []byte) { // the start of a real one, as if it were all
		b = b[:min(len(b), 2<<10)]
		binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-0x200))
		binary.LittleEndian.PutUint32(b[0x200:], 1)
		f.Add(b)
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		l := logoOf(b)
		if l == nil {
			return
		}
		total := 0
		for _, p := range l.Pictures {
			total += len(p.PNG)
			if p.Width > 0 && int64(p.Width*p.Height*depths[p.Format]) != p.Bytes {
				t.Errorf("%dx%d %s of %d bytes", p.Width, p.Height, p.Format, p.Bytes)
			}
			if p.PNG == nil {
				continue
			}
			c, err := png.DecodeConfig(bytes.NewReader(p.PNG))
			if err != nil || c.Width > thumbWidth || c.Height > thumbHeight {
				t.Errorf("picture %d: %+v, %v", p.Index, c, err)
			}
		}
		if l.Count > maxCount || len(l.Pictures) > l.Count || total > maxPNG {
			t.Errorf("%d of %d pictures, %d bytes", len(l.Pictures), l.Count, total)
		}
	})
}

// What a boot image and a vbmeta say of the software.
func TestSoftware(t *testing.T) {
	boot := imgtest.BootImage(make([]byte, 1000), make([]byte, 1000), false, "")
	binary.LittleEndian.PutUint32(boot[0x2C:], 9<<25|0<<18|0<<11|19<<4|8)
	if got := androidVersion(bytes.NewReader(boot)); got != "Android 9.0.0, patch level 2019-08" {
		t.Errorf("version of a boot image: %q", got)
	}
	binary.LittleEndian.PutUint32(boot[0x2C:], 0)
	if got := androidVersion(bytes.NewReader(boot)); got != "" {
		t.Errorf("version of a boot image that has none: %q", got)
	}

	const print = "Demo/demo_k5/demo_k5:9/PPR1/1:user/release-keys"
	b := vbmeta("com.android.build.boot.os_version", "9", "com.android.build.system.fingerprint", print)
	if image.Sniff(bytes.NewReader(b)).Kind != image.VBMeta {
		t.Fatal("no vbmeta")
	}
	if got := fingerprints(bytes.NewReader(b)); len(got) != 1 || got[0] != print {
		t.Errorf("fingerprints %q", got)
	}

	p := imgtest.MT6765()
	p.User.Put(p.Row("vbmeta").Offset, b)
	r := build(t, facts(t, p))
	if !slices.Contains(r.Phone.Build, Fact{print, "vbmeta"}) || r.Phone.Build[0].From != "system:/build.prop" {
		t.Errorf("build %+v", r.Phone.Build)
	}
}

// vbmeta is a header and property descriptors of these keys and values.
func vbmeta(pairs ...string) []byte {
	be := binary.BigEndian
	var d []byte
	for i := 0; i < len(pairs); i += 2 {
		body := pairs[i] + "\x00" + pairs[i+1] + "\x00"
		body += strings.Repeat("\x00", -len(body)&7)
		d = be.AppendUint64(d, 0)
		d = be.AppendUint64(d, uint64(16+len(body)))
		d = be.AppendUint64(d, uint64(len(pairs[i])))
		d = be.AppendUint64(d, uint64(len(pairs[i+1])))
		d = append(d, body...)
	}
	h := make([]byte, 256, 256+len(d))
	copy(h, "AVB0\x00\x00\x00\x01")
	be.PutUint64(h[0x14:], uint64(len(d)))
	be.PutUint64(h[0x68:], uint64(len(d)))
	return append(h, d...)
}

func FuzzSoftware(f *testing.F) {
	f.Add(vbmeta("a.fingerprint", "b"))
	f.Add(imgtest.VBMeta())
	f.Add(imgtest.BootImage(make([]byte, 100), make([]byte, 100), false, ""))
	corpus(f, "*/*vbmeta*", func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		var img flash.Image = bytes.NewReader(b)
		for _, s := range append(fingerprints(img), androidVersion(img)) {
			if clean(s) != s {
				t.Errorf("%q is not fit for a terminal", s)
			}
		}
	})
}
