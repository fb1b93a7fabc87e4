package image

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"

	"github.com/mtkkit/mtkkit/flash"
)

// sparseHead is an Android sparse file for blocks of 4096 bytes, that begins with a chunk of fill.
func sparseHead(blocks uint32) []byte {
	b := make([]byte, sparseHeader+chunkHeader+4)
	le := binary.LittleEndian
	le.PutUint32(b, sparseMagic)
	le.PutUint16(b[offSparseMajor:], 1)
	le.PutUint16(b[offSparseHeader:], sparseHeader)
	le.PutUint16(b[offSparseChunk:], chunkHeader)
	le.PutUint32(b[offSparseBlock:], 4096)
	le.PutUint32(b[offSparseBlocks:], blocks)
	le.PutUint32(b[offSparseChunks:], 1)
	le.PutUint16(b[sparseHeader:], chunkFill)
	le.PutUint32(b[sparseHeader+offChunkBlocks:], blocks)
	le.PutUint32(b[sparseHeader+offChunkBytes:], chunkHeader+4)
	return b
}

func TestFindShippedSparse(t *testing.T) {
	const length = 8 * 4096
	for name, c := range map[string]struct {
		damage func(b []byte)
		want   int64 // 0: none
	}{
		"as it came":               {func([]byte) {}, 4 * 4096},
		"another magic":            {func(b []byte) { b[0]++ }, 0},
		"version 2":                {func(b []byte) { b[offSparseMajor] = 2 }, 0},
		"a short file header":      {func(b []byte) { b[offSparseHeader] = 27 }, 0},
		"a short chunk header":     {func(b []byte) { b[offSparseChunk] = 11 }, 0},
		"no blocks":                {func(b []byte) { b[offSparseBlocks] = 0 }, 0},
		"no block size":            {func(b []byte) { b[offSparseBlock+1] = 0 }, 0},
		"a block size not of four": {func(b []byte) { b[offSparseBlock] = 2 }, 0},
		"larger than the row":      {func(b []byte) { b[offSparseBlocks] = 9 }, 0},
		"more than an int64":       {func(b []byte) { copy(b[offSparseBlock:], "\xFC\xFF\xFF\xFF\xFF\xFF\xFF\xFF") }, 0},
		"no chunks":                {func(b []byte) { b[offSparseChunks] = 0 }, 0},
		"a chunk of unknown type":  {func(b []byte) { b[sparseHeader] = 0xC9 }, 0},
		"a chunk with other data":  {func(b []byte) { b[sparseHeader+offChunkBytes]++ }, 0},
		"a chunk beyond the image": {func(b []byte) { b[sparseHeader+offChunkBlocks] = 5 }, 0},
	} {
		b := sparseHead(4)
		c.damage(b)
		for _, row := range []string{"super", "a name of nobody"} { // the header alone is proof
			s, ok := FindShipped(row, length, bytes.NewReader(b))
			if ok != (c.want > 0) || s.Size != c.want {
				t.Errorf("%s in %s: %+v %v", name, row, s, ok)
			}
		}
	}
	if _, ok := FindShipped("super", length, bytes.NewReader(sparseHead(4)[:sparseHeader])); ok {
		t.Error("a header alone")
	}
	hole := flash.Known(bytes.NewReader(sparseHead(4)), []flash.Extent{{Offset: 8, Length: 4}})
	if _, ok := FindShipped("super", length, hole); ok {
		t.Error("unread bytes are no header")
	}
}

// packers pack with the writers of other projects; bzip2 and zip by their first bytes.
func packers(t testing.TB) map[Kind][]byte {
	t.Helper()
	body := bytes.Repeat([]byte("the content of a partition "), 99)
	out := map[Kind][]byte{
		Zip:   build(64, piece{0, "PK\x03\x04\x14\x00\x00\x00\x08\x00"}, piece{26, "\x08\x00\x00\x00boot.img"}),
		Bzip2: build(64, piece{0, "BZh9\x31\x41\x59\x26\x53\x59"}),
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	write := func(kind Kind, w interface {
		Write([]byte) (int, error)
		Close() error
	}) {
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		out[kind] = bytes.Clone(b.Bytes())
		b.Reset()
	}
	write(Gzip, z)
	write(LZ4, lz4.NewWriter(&b))
	e, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	write(Zstd, e)
	x, err := xz.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	write(XZ, x)
	return out
}

func TestFindShippedPacked(t *testing.T) {
	for kind, b := range packers(t) {
		for row, want := range map[string]bool{"super": true, "boot_a": true, "logo": true, "userdata": true, "a_vendors_own": false, "": false} {
			s, ok := FindShipped(row, 1<<20, bytes.NewReader(b))
			if ok != want || ok && s != (Shipped{Kind: kind}) {
				t.Errorf("%s in %q: %+v %v", kind, row, s, ok)
			}
		}
	}
}

// A magic alone is no packed file: encrypted data may begin with it.
func TestFindShippedMagicAlone(t *testing.T) {
	for kind, magic := range map[Kind]string{
		Gzip: "\x1F\x8B\x08", LZ4: "\x04\x22\x4D\x18", XZ: "\xFD7zXZ\x00", Zstd: "\x28\xB5\x2F\xFD", Zip: "PK\x03\x04", Bzip2: "BZh9",
	} {
		b := bytes.Repeat([]byte{0xFF}, 64)
		copy(b, magic)
		if s, ok := FindShipped("userdata", 1<<20, bytes.NewReader(b)); ok {
			t.Errorf("%s: %+v", kind, s)
		}
	}
	if s, ok := FindShipped("super", 0, bytes.NewReader(nil)); ok {
		t.Errorf("nothing: %+v", s)
	}
}

func FuzzFindShipped(f *testing.F) {
	f.Add(sparseHead(4), int64(1<<20))
	for _, b := range packers(f) {
		f.Add(b, int64(1<<20))
	}
	f.Fuzz(func(t *testing.T, b []byte, length int64) {
		s, ok := FindShipped("super", length, bytes.NewReader(b))
		switch {
		case ok != (s.Kind != ""), s.Size < 0 || s.Size > max(length, 0), (s.Size > 0) != (s.Kind == SparseAndroid):
			t.Fatalf("%+v %v in %d bytes", s, ok, length)
		}
	})
}
