package leak

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

const imei = "356938035643809" // the example of 3GPP-style documentation: its sum is right

func random(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// phone makes two private parts: a proinfo with identifiers, an nvram of noise with
// zeros in it.
func phone() []Part {
	proinfo := make([]byte, 64<<10)
	copy(proinfo[0:], "ZX81AB4711KLMN")
	copy(proinfo[0x200:], imei)
	copy(proinfo[0x300:], packDigits([]byte("861234567890127"), false))
	copy(proinfo[0x400:], strings.Repeat("nothing to see here ", 100))
	nvram := make([]byte, 3<<20)
	copy(nvram[1<<20-100:], random(1, 10_000))
	return []Part{{"proinfo", bytes.NewReader(proinfo)}, {"nvram", bytes.NewReader(nvram)}}
}

func collect(t *testing.T) *Finder {
	t.Helper()
	f, err := Collect(t.Context(), phone(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCollect(t *testing.T) {
	f := collect(t)
	if f.Count(IMEI) != 2 || f.Count(Serial) != 1 || f.Count(Block) < 100 || f.Count(Block) > 157 {
		t.Errorf("IMEI %d, serial %d, blocks %d", f.Count(IMEI), f.Count(Serial), f.Count(Block))
	}
}

func TestSearch(t *testing.T) {
	f := collect(t)
	clean := random(2, 5<<20)
	at := func(off int, what []byte) []byte {
		b := bytes.Clone(clean)
		copy(b[off:], what)
		return b
	}
	nvram := make([]byte, 10_000)
	phone()[1].Image.ReadAt(nvram, 1<<20-100)
	for name, c := range map[string]struct {
		b    []byte
		kind Kind
		off  int64
	}{
		"digits":             {at(12345, []byte(imei)), IMEI, 12345},
		"at the start":       {at(0, []byte(imei)), IMEI, 0},
		"at the end":         {at(5<<20-15, []byte(imei)), IMEI, 5<<20 - 15},
		"across two pieces":  {at(1<<20-7, []byte(imei)), IMEI, 1<<20 - 7},
		"two bytes a letter": {at(99, wide([]byte(imei))), IMEI, 99},
		"packed":             {at(77, packDigits([]byte(imei), false)), IMEI, 77},
		"packed, high first": {at(77, packDigits([]byte(imei), true)), IMEI, 77},
		"found packed":       {at(1000, []byte("861234567890127")), IMEI, 1000},
		"serial number":      {at(4097, []byte("ZX81AB4711KLMN")), Serial, 4097},
		"a block of nvram":   {at(3<<20-30, nvram[100:100+blockSize]), Block, 3<<20 - 30},
	} {
		got, err := f.Search(t.Context(), name, bytes.NewReader(c.b))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Hits) != 1 || got.Count[c.kind] != 1 || got.Hits[0].Kind != c.kind || got.Hits[0].Offset != c.off || got.Hits[0].In != name {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got, err := f.Search(t.Context(), "clean", bytes.NewReader(clean)); err != nil || len(got.Hits) > 0 {
		t.Errorf("nothing should be found: %+v, %v", got, err)
	}
	part := at(0, []byte(imei[:14]))
	if got, _ := f.Search(t.Context(), "cut", bytes.NewReader(part)); len(got.Hits) > 0 {
		t.Errorf("all but the last digit is no IMEI: %+v", got)
	}
	many := bytes.Repeat([]byte(imei+"."), 1000)
	if got, _ := f.Search(t.Context(), "many", bytes.NewReader(many)); len(got.Hits) != maxHits || got.Count[IMEI] != 1000 {
		t.Errorf("%d hits, %d counted", len(got.Hits), got.Count[IMEI])
	}
}

func TestHash(t *testing.T) {
	f := collect(t)
	sum := sha256.Sum256([]byte("nvram"))
	f.AddHash("nvram", sum[:])
	f.AddHash("no such part", sum[:])
	if f.Count(Hash) != 1 {
		t.Errorf("%d hashes", f.Count(Hash))
	}
	for _, text := range []string{fmt.Sprintf("%x", sum), fmt.Sprintf("%X", sum), string(sum[:])} {
		got, err := f.Search(t.Context(), "manifest.json", strings.NewReader(`{"sha256":"`+text+`"}`))
		if err != nil || got.Count[Hash] != 1 || got.Hits[0].From != "nvram" || got.Hits[0].Offset != 11 {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

// A number that the phone keeps in a form of its own is found where it stands in the clear.
func TestAddIMEI(t *testing.T) {
	const kept = "004402450000017"
	f := collect(t)
	had := f.Count(IMEI)
	f.AddIMEI("nvram", kept)
	f.AddIMEI("nvram", "1234")
	f.AddIMEI("no such part", kept)
	if n := f.Count(IMEI); n != had+1 {
		t.Errorf("%d numbers, had %d", n, had)
	}
	for _, text := range []string{kept, string(wide([]byte(kept))), string(packDigits([]byte(kept), false))} {
		got, err := f.Search(t.Context(), "log", strings.NewReader("its IMEI: "+text+" and more"))
		if err != nil || got.Count[IMEI] != 1 || got.Hits[0].From != "nvram" {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestIMEI(t *testing.T) {
	for s, want := range map[string]bool{
		imei: true, "356938035643808": false, "000000000000000": false, "35693803564380": false, "35693803564380a": false, "861234567890127": true,
	} {
		if isIMEI([]byte(s)) != want {
			t.Errorf("%s: %v", s, !want)
		}
		if want {
			if d, ok := unpackDigits(packDigits([]byte(s), false)); !ok || string(d) != s {
				t.Errorf("%s is packed to %s, %v", s, d, ok)
			}
		}
	}
}

// A block that ends like a serial number is searched for, too; what is counted can be found.
func TestBlockEndsLikeSerial(t *testing.T) {
	block := random(6, blockSize)
	copy(block[blockSize-11:], "-ZX81AB4711")
	private := append(block, "\x00ZX81AB4711\x00"...)
	f, err := Collect(t.Context(), []Part{{"nvram", bytes.NewReader(private)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Search(t.Context(), "boot.img", bytes.NewReader(block))
	if err != nil {
		t.Fatal(err)
	}
	if f.Count(Block) != 1 || got.Count[Block] != 1 || got.Count[Serial] != 1 {
		t.Errorf("%d blocks, found %v", f.Count(Block), got.Count)
	}
}

// Blocks with the same end are one pattern; an end that all images have is none.
func TestCountedBlocks(t *testing.T) {
	private := random(7, 4*blockSize)
	copy(private[2*blockSize-tail:], private[blockSize-tail:blockSize])
	clear(private[3*blockSize-tail : 3*blockSize])
	f, err := Collect(t.Context(), []Part{{"nvram", bytes.NewReader(private)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.Count(Block); n != 2 {
		t.Errorf("%d blocks", n)
	}
}

// An identifier behind thousands of blocks is in the list too.
func TestHitsOfEachKind(t *testing.T) {
	private := append(random(9, 64*100), []byte("\x00"+imei+"\x00")...)
	f, err := Collect(t.Context(), []Part{{"nvram", bytes.NewReader(private)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Search(t.Context(), "nvram.bin", bytes.NewReader(private))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[Kind]int{}
	for _, h := range got.Hits {
		listed[h.Kind]++
	}
	if got.Count[Block] <= maxHits || listed[Block] != maxHits || listed[IMEI] == 0 {
		t.Errorf("counted %v, listed %v", got.Count, listed)
	}
}

// Beyond a number of blocks only every n-th is taken: memory stays bounded.
func TestManyBlocks(t *testing.T) {
	const most = 1000
	f, err := collectUpTo(t.Context(), most, []Part{{"nvdata", noise(most * blockSize * 10)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.Count(Block); n > most || n < most/2 {
		t.Errorf("%d blocks of %d bytes", n, most*blockSize*10)
	}
}

// noise is an image of that many bytes, no two blocks alike.
type noise int64

func (n noise) Size() int64 { return int64(n) }

func (n noise) ReadAt(p []byte, off int64) (int, error) {
	for i := 0; i+8 <= len(p); i += 8 {
		le.PutUint64(p[i:], uint64(off+int64(i))*0x9E3779B97F4A7C15)
	}
	return len(p), nil
}

type broken struct{ flash.Image }

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errors.New("bad sector") }

func TestErrors(t *testing.T) {
	bad := broken{bytes.NewReader(make([]byte, 100))}
	if _, err := Collect(t.Context(), []Part{{"nvram", bad}}, nil); err == nil || !strings.Contains(err.Error(), "nvram: 0 of 100 bytes at 0x0: bad sector") {
		t.Error(err)
	}
	if _, err := collect(t).Search(t.Context(), "boot", bad); err == nil || !strings.Contains(err.Error(), "boot") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := collect(t).Search(ctx, "boot", bytes.NewReader(make([]byte, 100))); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// What was collected from an image is found in it.
func FuzzSearch(f *testing.F) {
	f.Add([]byte("ZX81AB4711KLMN"), []byte("x"))
	f.Add([]byte("\x00"+imei), random(3, 300))
	f.Add(packDigits([]byte(imei), false), []byte(imei))
	f.Fuzz(func(t *testing.T, private, public []byte) {
		find, err := Collect(context.Background(), []Part{{"p", bytes.NewReader(private)}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := find.Search(context.Background(), "public", bytes.NewReader(public)); err != nil {
			t.Fatal(err)
		}
		got, err := find.Search(context.Background(), "private", bytes.NewReader(private))
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []Kind{IMEI, Serial, Block} {
			if find.Count(k) > 0 && got.Count[k] == 0 {
				t.Errorf("%d of kind %s, none is found again", find.Count(k), k)
			}
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	f, err := Collect(b.Context(), phone(), nil)
	if err != nil {
		b.Fatal(err)
	}
	img := bytes.NewReader(random(5, 16<<20))
	b.SetBytes(img.Size())
	for b.Loop() {
		if _, err := f.Search(b.Context(), "x", img); err != nil {
			b.Fatal(err)
		}
	}
}
