package preloader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// fixOne fixes an image that holds one file.
func fixOne(t *testing.T, b []byte) (Fixed, []flash.Problem) {
	t.Helper()
	fixed, ps, err := Fix(image(b))
	if err != nil || len(fixed) != 1 {
		t.Fatalf("%d files, %v", len(fixed), err)
	}
	return fixed[0], ps
}

func refusal(t *testing.T, err error, want flash.Reason) *flash.Refusal {
	t.Helper()
	r := flash.AsRefusal(err)
	if r == nil || r.Reason != want || r.By != "preloader" {
		t.Fatalf("error %v, want a refusal for %q", err, want)
	}
	return r
}

func TestFix(t *testing.T) {
	file := plain().build()
	padded := append(bytes.Clone(file), make([]byte, 0x100)...)
	dirty := append(bytes.Clone(file), "left by the service tool"...)
	for _, c := range []struct {
		name    string
		in      []byte
		already bool
		tail    int64
		data    int64
	}{
		{"region", emmc(file), false, int64(0x8000 - 0x800 - len(file)), 0},
		{"region that ends with the file", emmc(file)[:0x800+len(file)], false, 0, 0},
		{"flashable", file, true, 0, 0},
		{"padded", padded, false, 0x100, 0},
		{"padded with data", dirty, false, 24, 24},
	} {
		x, ps := fixOne(t, c.in)
		if got := bytesOf(t, x.Image); !bytes.Equal(got, file) {
			t.Errorf("%s: %d bytes, want %d", c.name, len(got), len(file))
		}
		if x.Already != c.already || x.File.Tail.Extent.Length != c.tail || x.File.Tail.DataBytes != c.data {
			t.Errorf("%s: already %v, tail %+v", c.name, x.Already, x.File.Tail)
		}
		if x.Name != "preloader_k65v1_64_bsp.bin" || x.Region != 1 || x.Refused != nil {
			t.Errorf("%s: %+v", c.name, x)
		}
		if c.data > 0 {
			problem(t, ps, "not part of it")
		}
		// A second time, nothing is left to do.
		y, _ := fixOne(t, bytesOf(t, x.Image))
		if !y.Already || !bytes.Equal(bytesOf(t, y.Image), file) {
			t.Errorf("%s: fixing twice is not fixing once", c.name)
		}
	}
}

func TestFixRefuses(t *testing.T) {
	file := plain().build()
	flipped := emmc(file)
	flipped[0x800+0x200] ^= 4
	cut := emmc(file)[:0x1000]
	small := make([]byte, 448)
	copy(small[8:], "a few bytes")
	far := region("EMMC_BOOT", 0x200, []entry{{5, 1, 0x2000, 0x20800, 1}}, nil, 0x1000)
	for _, c := range []struct {
		name   string
		in     []byte
		reason flash.Reason
		offset int64
		text   string
		files  int
	}{
		{"flipped byte", flipped, flash.ReasonUnproven, int64(0x800 + len(file) - 0x66C), "digest", 1},
		{"cut region", cut, flash.ReasonCut, 0x1000, "0x800 of its", 1},
		{"cut file", file[:len(file)-1], flash.ReasonCut, int64(len(file) - 1), "read the region again", 1},
		{"cut before the file", far, flash.ReasonCut, 0x214, "begins at 0x2000", 0},
		{"erased region", bytes.Repeat([]byte{0xFF}, 4096), flash.ReasonEmpty, 0, "fill (FF)", 0},
		{"unused region", make([]byte, 1<<20), flash.ReasonEmpty, 0, "1 MiB with only fill (00)", 0},
		{"448 bytes, nearly all zero", small, flash.ReasonEmpty, 0, "448 B, almost only", 0},
		{"no bytes", nil, flash.ReasonEmpty, 0, "no bytes", 0},
		{"header only", emmc(nil), flash.ReasonEmpty, 0, "no FILE_INFO", 0},
	} {
		fixed, _, err := Fix(image(c.in))
		r := refusal(t, err, c.reason)
		if r.Offset != c.offset || !strings.Contains(r.Text, c.text) || len(fixed) != c.files {
			t.Errorf("%s: %v (%d files)", c.name, r, len(fixed))
		}
		for _, x := range fixed { // a caller who insists still gets what is there
			if x.Refused == nil || x.Image.Size() == 0 {
				t.Errorf("%s: %+v", c.name, x)
			}
		}
	}
}

// TestFixFieldsThatLie changes FILE_INFO to what no file is: an error that says where.
func TestFixFieldsThatLie(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    int
		value uint32
		where int64
	}{
		{"file version", 0x14, 0x8A000000, 0x14},
		{"file length huge", 0x20, 0xFFFFFFFF, 0x20},
		{"file length over its maximum", 0x20, 0x20001, 0x20},
		{"file length zero", 0x20, 0, 0x2C},
		{"content inside FILE_INFO", 0x28, 0x10, 0x28},
		{"content beyond the file", 0x28, 0xFFFFFFF0, 0x2C},
		{"signature longer than the file", 0x2C, 0xFFFFFFFF, 0x2C},
		{"jump before the content", 0x30, 0, 0x30},
		{"jump beyond the file", 0x30, 0xFFFFFFFF, 0x30},
	} {
		file := plain().build()
		le.PutUint32(file[c.at:], c.value)
		_, _, err := Fix(image(file))
		var f *flash.FormatError
		if !errors.As(err, &f) || f.Offset != c.where {
			t.Errorf("%s: %v, want an error at 0x%x", c.name, err, c.where)
		}
		// In a region the same is a problem at its place there, and nothing is handed out.
		fixed, ps, err := Fix(image(emmc(file)))
		refusal(t, err, flash.ReasonEmpty)
		if p := problem(t, ps, "does not name a preloader"); len(fixed) > 0 || p.Offset != 0x214 {
			t.Errorf("%s: %v %v", c.name, fixed, p)
		}
	}
}

func TestRecordsThatLie(t *testing.T) {
	for _, size := range []uint16{0, 7, 0xFFFF} {
		file := plain().build()
		le.PutUint16(file[0x38+4:], size)
		r := mustRead(t, file)
		if len(r.Files[0].Records) != 1 {
			t.Errorf("size %d: %+v", size, r.Files[0].Records)
		}
		if p := problem(t, r.Problems, "does not fit"); p.Offset != 0x38 {
			t.Errorf("size %d: %v", size, p)
		}
	}
	file := plain().build()
	at := bytes.Index(file, []byte("MTK_BIN"))
	le.PutUint32(file[at+8:], 0xFFFFFFF0)
	r := mustRead(t, file)
	problem(t, r.Problems, "do not fill")
	if b := r.Main().Bloader; b == nil || b.EMI != nil {
		t.Errorf("bloader: %+v", b)
	}
}

// TestHostile sets every number of header, BRLYT and FILE_INFO to values that lie, and
// cuts the region at every offset that matters: what is handed out without a word is
// the true file, always.
func TestHostile(t *testing.T) {
	file := plain().build()
	whole := emmc(file)
	check := func(what string, b []byte) {
		fixed, ps, err := Fix(image(b))
		if err != nil {
			if flash.AsRefusal(err) == nil && !isFormat(err) {
				t.Errorf("%s: %v", what, err)
			}
			return
		}
		if len(fixed) != 1 || !fixed[0].File.Proof.OK && len(ps) == 0 {
			t.Errorf("%s: %+v", what, fixed)
		}
		if fixed[0].File.Proof.OK && !bytes.Equal(bytesOf(t, fixed[0].Image), file) {
			t.Errorf("%s: proven, but not the file", what)
		}
	}
	cases := 0
	for _, base := range []int{0, 0x200, 0x800} {
		for at := base; at < base+0x40; at += 4 {
			for _, v := range []uint32{0, 1, 7, 8, 0x38, 0x1FF, 0x200, 0x214, 0x800, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF, uint32(len(whole))} {
				b := bytes.Clone(whole)
				le.PutUint32(b[at:], v)
				check(fmt.Sprintf("0x%x at 0x%x", v, at), b)
				cases++
			}
		}
	}
	for n := 0; n < 0x800+len(file); n += 13 {
		if _, _, err := Fix(image(whole[:n])); err == nil {
			t.Errorf("cut at 0x%x: nobody told", n)
		}
		cases++
	}
	if cases < 600 {
		t.Errorf("only %d cases", cases)
	}
}

// TestSameNames: two files of a kind do not write over each other.
func TestSameNames(t *testing.T) {
	two := gfh{fileType: 2, sigType: 3, sigLen: 0x124}.build()
	b := region("SF_BOOT", 0x200, []entry{{7, 2, 0x800, 0x1000, 1}, {7, 2, 0x1800, 0x3000, 0}, {7, 2, 0x1800, 0x3000, 0}},
		map[int][]byte{0x800: two, 0x1800: two}, 0x3000)
	fixed, ps, err := Fix(image(b))
	if err != nil || len(fixed) != 2 || fixed[0].Name != "ext_bootloader.bin" || fixed[1].Name != "ext_bootloader_2.bin" {
		t.Errorf("%+v, %v", fixed, err)
	}
	problem(t, ps, "like an earlier entry")
}

// TestOneOfTwoCut hands out the whole file and marks the other.
func TestOneOfTwoCut(t *testing.T) {
	one, two := plain().build(), gfh{fileType: 2, sigType: 3, sigLen: 0x124}.build()
	b := region("SF_BOOT", 0x200, []entry{{7, 1, 0x800, 0x2000, 1}, {7, 2, 0x2800, 0x3000, 0}},
		map[int][]byte{0x800: one, 0x2800: two}, 0x2800+len(two)-1)
	fixed, _, err := Fix(image(b))
	refusal(t, err, flash.ReasonCut)
	if len(fixed) != 2 || fixed[0].Refused != nil || fixed[1].Refused == nil || !bytes.Equal(bytesOf(t, fixed[0].Image), one) {
		t.Errorf("%+v", fixed)
	}
}

func TestFixPair(t *testing.T) {
	old := plain()
	old.content = "an older build, and a longer one " + old.content
	good, other := emmc(plain().build()), emmc(old.build())
	bad := bytes.Clone(good)
	bad[0x900] ^= 1
	worse := bytes.Clone(good)
	worse[0xA00] ^= 1
	empty := make([]byte, len(good))
	for _, c := range []struct {
		name   string
		b1, b2 []byte
		region int
		want   []byte
		say    string
		reason flash.Reason
	}{
		{"same", good, good, 1, good, "", ""},
		{"both prove and differ", good, other, 1, good, "differ in", ""},
		{"second empty", good, empty, 1, good, "the second one has no preloader", ""},
		{"first empty", empty, good, 2, good, "the second one is used", ""},
		{"first damaged", bad, other, 2, other, "the second one is used", ""},
		{"second damaged", good, bad, 1, good, "differ in 0x1 bytes", ""},
		{"second cut", good, good[:0x900], 1, good, "differ in", ""},
		{"both damaged", bad, worse, 1, bad, "differ in 0x2 bytes", flash.ReasonUnproven},
		{"first empty, second damaged", empty, bad, 2, bad, "", flash.ReasonUnproven},
		{"both empty", empty, empty, 0, nil, "", flash.ReasonEmpty},
	} {
		fixed, ps, err := FixPair(image(c.b1), image(c.b2))
		if c.reason != "" {
			refusal(t, err, c.reason)
		} else if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.want == nil {
			if len(fixed) > 0 {
				t.Errorf("%s: %+v", c.name, fixed)
			}
			continue
		}
		want, _, _ := Fix(image(c.want))
		if len(fixed) != 1 || fixed[0].Region != c.region || !bytes.Equal(bytesOf(t, fixed[0].Image), bytesOf(t, want[0].Image)) {
			t.Errorf("%s: %+v", c.name, fixed)
		}
		if c.say != "" {
			problem(t, ps, c.say)
		} else if len(ps) > 0 && c.reason == "" {
			t.Errorf("%s: %v", c.name, ps)
		}
	}
}

// broken fails to read at one place: a failing cable, not a bad preloader.
type broken struct {
	flash.Image
	at int64
}

var errCable = errors.New("cable pulled")

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off <= b.at && b.at < off+int64(len(p)) {
		return 0, errCable
	}
	return b.Image.ReadAt(p, off)
}

func TestReadErrorsAreNotVerdicts(t *testing.T) {
	b := emmc(plain().build())
	for _, at := range []int64{0, 0x204, 0x804, 0x880, 0xA00, int64(len(b) - 1)} {
		img := broken{image(b), at}
		if _, err := Read(img); !errors.Is(err, errCable) {
			t.Errorf("Read, failing at 0x%x: %v", at, err)
		}
		if _, _, err := Fix(img); !errors.Is(err, errCable) {
			t.Errorf("Fix, failing at 0x%x: %v", at, err)
		}
		if _, _, err := FixPair(image(b), img); !errors.Is(err, errCable) {
			t.Errorf("FixPair, failing at 0x%x: %v", at, err)
		}
	}
}

// reads counts how an image is read.
type reads struct {
	size   int64
	bytes  int64
	most   int
	header []byte
}

func (r *reads) Size() int64 { return r.size }

func (r *reads) ReadAt(p []byte, off int64) (int, error) {
	r.bytes += int64(len(p))
	r.most = max(r.most, len(p))
	clear(p)
	if off < int64(len(r.header)) {
		copy(p, r.header[off:])
	}
	if off+int64(len(p)) > r.size {
		return int(r.size - off), io.EOF
	}
	return len(p), nil
}

// TestWholeDump gives Read a dump of 16 GiB that begins with a boot region: what it
// reads must not grow with the dump.
func TestWholeDump(t *testing.T) {
	for name, head := range map[string][]byte{"with a preloader": emmc(plain().build()), "without": make([]byte, 512), "with a header only": emmc(nil)} {
		img := &reads{size: 16 << 30, header: head}
		r, err := Read(img)
		if name == "with a preloader" && (err != nil || len(r.Files) != 1 || !r.Files[0].Proof.OK) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if img.bytes > 3*maxFile || img.most > windowSize {
			t.Errorf("%s: read %d bytes, %d at a time", name, img.bytes, img.most)
		}
	}
}
