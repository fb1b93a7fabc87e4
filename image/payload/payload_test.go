package payload

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

const block = 4096

// bz is 4096 times "b", as bzip2 1.0.8 packs it.
var bz = []byte("BZh91AY&SY`A6F\x00\x00\x0aA\x00\x80\x04\x10\x00\x00\x08 \x000\xcc\x05Sjb\x0a\x03\xc5\xdc\x91N\x14$\x18\x10M\x91\x80")

func packXZ(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := xz.WriterConfig{CheckSum: xz.CRC32}.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func packZstd(t testing.TB, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

// all is a partition that has each kind of operation, and its bytes.
func all(t testing.TB) (imgtest.Payload, []byte) {
	plain, x, z := imgtest.Noise("plain", 2*block), imgtest.Noise("xz", 2*block), imgtest.Noise("zstd", block)
	want := slices.Concat(plain, make([]byte, block), x[:block], bytes.Repeat([]byte("b"), block), x[block:], make([]byte, block), z[:100])
	sum := sha256.Sum256(want)
	return imgtest.Payload{BlockSize: block, Patch: "2024-05-05", Partitions: []imgtest.PayloadPartition{
		{Name: "boot", Version: "7", Size: uint64(len(want)), SHA256: sum[:], Operations: []imgtest.PayloadOperation{
			{Type: 8, Data: packXZ(t, x), Writes: [][2]uint64{{3, 1}, {5, 1}}},
			{Type: 0, Data: plain, Writes: [][2]uint64{{0, 2}}},
			{Type: 6, Writes: [][2]uint64{{2, 1}}},
			{Type: 1, Data: bz, Writes: [][2]uint64{{4, 1}}},
			{Type: 7, Writes: [][2]uint64{{6, 1}}},
			{Type: 14, Data: packZstd(t, z), Writes: [][2]uint64{{7, 1}}},
		}},
	}}, want
}

func read(t testing.TB, p imgtest.Payload) *File {
	t.Helper()
	f, err := Read(bytes.NewReader(p.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOperations(t *testing.T) {
	p, want := all(t)
	f := read(t, p)
	if len(f.Partitions) != 1 || len(f.Problems) > 0 || f.Patch != "2024-05-05" {
		t.Fatalf("%+v", f)
	}
	boot := f.Partitions[0]
	if boot.Name != "boot" || boot.Version != "7" || boot.Size != int64(len(want)) {
		t.Errorf("%+v", boot)
	}
	flashtest.TestImage(t, boot.Image, want)
	if sum := sha256.Sum256(want); !bytes.Equal(sum[:], boot.SHA256) {
		t.Error("another hash")
	}
	if h := flash.Holes(boot.Image); len(h) > 0 {
		t.Errorf("holes %v", h)
	}
	if d, err := flash.NextData(boot.Image, 2*block); err != nil || d.Offset != 3*block {
		t.Errorf("data behind the zeros: %v, %v", d, err)
	}
}

func TestIncremental(t *testing.T) {
	p, _ := all(t)
	for _, kind := range []uint64{2, 3, 4, 5, 9, 10, 11, 12, 13, 99} {
		p.Partitions[0].Operations[2].Type = kind
		if _, err := Read(bytes.NewReader(p.Bytes())); !errors.Is(err, ErrIncremental) || !strings.Contains(err.Error(), "boot is made from") {
			t.Errorf("type %d: %v", kind, err)
		}
	}
}

// Impossible operations are left out, with a reason; nothing reads outside the file.
func TestBadOperations(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(ops []imgtest.PayloadOperation)
		text   string
		holes  []flash.Extent
	}{
		"beyond the partition": {func(ops []imgtest.PayloadOperation) { ops[1].Writes[0] = [2]uint64{7, 2} },
			"operation 1 is left out: it writes 2 blocks from block 7 on", []flash.Extent{{Length: 2 * block}}},
		"an offset that overflows": {func(ops []imgtest.PayloadOperation) { ops[2].Writes[0] = [2]uint64{math.MaxUint64 / block, 9} },
			"operation 2 is left out: it writes 9 blocks", []flash.Extent{{Offset: 2 * block, Length: block}}},
		"the mark of a hole": {func(ops []imgtest.PayloadOperation) { ops[2].Writes[0] = [2]uint64{math.MaxUint64, 1} },
			"operation 2 is left out", []flash.Extent{{Offset: 2 * block, Length: block}}},
		"data behind the file": {func(ops []imgtest.PayloadOperation) { ops[5].Beyond = 1 },
			"operation 5 is left out: its data", []flash.Extent{{Offset: 7 * block, Length: 100}}},
		"data that overflow": {func(ops []imgtest.PayloadOperation) { ops[5].Beyond = math.MaxInt64 - 1<<20 },
			"operation 5 is left out: its data", []flash.Extent{{Offset: 7 * block, Length: 100}}},
		"the same blocks twice": {func(ops []imgtest.PayloadOperation) { ops[2].Writes[0] = [2]uint64{1, 1} },
			"two operations write the same blocks: number 2 is left out", []flash.Extent{{Offset: 2 * block, Length: block}}},
	} {
		p, want := all(t)
		tt.change(p.Partitions[0].Operations)
		f := read(t, p)
		if len(f.Problems) == 0 || !strings.Contains(f.Problems[0].Text, tt.text) || f.Problems[0].Severity != flash.Error {
			t.Errorf("%s: %v", name, f.Problems)
		}
		img := f.Partitions[0].Image
		if h := flash.Holes(img); !slices.Equal(h, tt.holes) {
			t.Errorf("%s: holes %v", name, h)
		}
		for _, h := range tt.holes {
			clear(want[h.Offset:h.End()])
		}
		if got, err := flash.ReadFull(img, 0, len(want)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: other bytes, %v", name, err)
		}
	}
}

// A large partition of one operation would need as much memory.
func TestLargeOperation(t *testing.T) {
	p := imgtest.Payload{BlockSize: block, Partitions: []imgtest.PayloadPartition{{Name: "boot", Size: 1 << 30,
		Operations: []imgtest.PayloadOperation{{Type: 14, Data: packZstd(t, nil), Writes: [][2]uint64{{0, 1 << 18}}}}}}}
	if f := read(t, p); len(f.Problems) == 0 || !strings.Contains(f.Problems[0].Text, "at most 16 MiB are read") {
		t.Errorf("%v", f.Problems)
	}
}

func TestDamagedData(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(op *imgtest.PayloadOperation)
		text   string
	}{
		"changed":      {func(op *imgtest.PayloadOperation) { op.Sum = make([]byte, 32) }, "do not have their SHA-256"},
		"too short":    {func(op *imgtest.PayloadOperation) { op.Data = packXZ(t, make([]byte, 100)) }, "break off after 100 of 8192 bytes"},
		"not packed":   {func(op *imgtest.PayloadOperation) { op.Data = []byte("plain text") }, "not this format"},
		"a short copy": {func(op *imgtest.PayloadOperation) { op.Type, op.Data = 0, make([]byte, 9) }, "break off after 9 of 8192 bytes"},
	} {
		p, _ := all(t)
		tt.change(&p.Partitions[0].Operations[0])
		f := read(t, p)
		_, err := flash.ReadFull(f.Partitions[0].Image, 0, 8*block-100)
		if err == nil || !strings.Contains(err.Error(), "boot: operation 0") || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := flash.ReadFull(f.Partitions[0].Image, 0, 3*block); err != nil { // the rest can be read
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNotPayload(t *testing.T) {
	p, _ := all(t)
	good := p.Bytes()
	other := func(at int, v uint64) []byte {
		b := bytes.Clone(good)
		binary.BigEndian.PutUint64(b[at:], v)
		return b
	}
	for name, tt := range map[string]struct {
		b    []byte
		text string
	}{
		"empty":           {nil, "does not begin with CrAU"},
		"a zip":           {[]byte(strings.Repeat("PK\x03\x04", 10)), "does not begin with CrAU"},
		"version 1":       {other(offVersion, 1), "version 1, only version 2"},
		"huge manifest":   {other(offManifest, 1<<40), "a manifest of 1099511627776 bytes"},
		"cut":             {good[:50], "the manifest is cut: 26 of its"},
		"broken manifest": {slices.Concat(good[:headerSize], []byte("\xff\xff\xff"), good[headerSize+3:]), "cannot be read"},
		"no partitions":   {imgtest.Payload{BlockSize: block}.Bytes(), "no partitions"},
		"no blocks":       {imgtest.Payload{Partitions: p.Partitions}.Bytes(), "blocks of 0 bytes"},
	} {
		if _, err := Read(bytes.NewReader(tt.b)); err == nil || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	p, _ := all(f)
	f.Add(p.Bytes())
	p.Partitions[0].Operations[2].Type = 4
	f.Add(p.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, p := range file.Partitions {
			if p.Image.Size() != p.Size || p.Size < 0 {
				t.Fatalf("%s: %d bytes, %d", p.Name, p.Size, p.Image.Size())
			}
			for _, h := range flash.Holes(p.Image) {
				if h.Offset < 0 || h.End() > p.Size || h.Length <= 0 {
					t.Fatalf("hole %v of %d bytes", h, p.Size)
				}
			}
			n := min(p.Size, 3*block)
			_, _ = flash.ReadFull(p.Image, 0, int(n))
			_, _ = flash.ReadFull(p.Image, p.Size-n, int(n))
			if d, err := flash.NextData(p.Image, 0); err != nil || d.Offset < 0 || d.End() > p.Size {
				t.Fatalf("data %v, %v", d, err)
			}
		}
	})
}
