package image

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// everyKind is an image with holes it knows of, zeros it does not, words over and
// over, and data that nearly are.
func everyKind() *imgtest.Sparse {
	img := imgtest.NewSparse(64 * 4096)
	img.Put(0, imgtest.Noise("head", 3*4096))
	img.Put(3*4096, bytes.Repeat([]byte{0xDE, 0xAD, 0xBE, 0xEF}, 2*1024))
	img.Put(5*4096, bytes.Repeat([]byte{0xFF}, 4096))
	img.Put(20*4096+4095, []byte{1})
	img.Put(21*4096, bytes.Repeat([]byte{1, 2, 3, 4, 1, 2, 3, 5}, 512))
	img.Put(30*4096, make([]byte, 2*4096))
	img.Put(62*4096, imgtest.Noise("tail", 4096))
	return img
}

func newView(t testing.TB, img flash.Image) *SparseView {
	t.Helper()
	v, err := NewSparseView(img, 4096, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func readAll(t testing.TB, img flash.Image) []byte {
	t.Helper()
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The file is, to the byte, what the format's description says.
func TestSparseView(t *testing.T) {
	img := everyKind()
	raw := func(first, n int64) []byte {
		return sparseChunk(chunkRaw, uint32(n), img.Range(flash.Extent{Offset: first * 4096, Length: n * 4096}))
	}
	want := sparseFile(64, raw(0, 3),
		sparseChunk(chunkFill, 2, []byte{0xDE, 0xAD, 0xBE, 0xEF}),
		sparseChunk(chunkFill, 1, []byte{0xFF, 0xFF, 0xFF, 0xFF}),
		sparseChunk(chunkFill, 14, make([]byte, 4)),
		raw(20, 2),
		sparseChunk(chunkFill, 40, make([]byte, 4)),
		raw(62, 1),
		sparseChunk(chunkFill, 1, make([]byte, 4)))
	v := newView(t, img)
	flashtest.TestImage(t, v, want)
	if e := (flash.Extent{Length: img.Size()}); v.Extent() != e {
		t.Errorf("holds %v, want %v", v.Extent(), e)
	}
}

// Each piece is within the limit, speaks of the whole image, and together they hold
// every byte once.
func TestSparsePieces(t *testing.T) {
	img := everyKind()
	want := img.Bytes()
	v := newView(t, img)
	for _, limit := range []int64{sparseHeader + 3*chunkHeader + 4096, 5000, 9000, 3*4096 + 100, v.Size() - 1, v.Size()} {
		pieces, err := v.Pieces(limit)
		if err != nil {
			t.Fatal(err)
		}
		if (len(pieces) == 1) != (limit == v.Size()) {
			t.Errorf("limit %d: %d pieces", limit, len(pieces))
		}
		got, end := make([]byte, len(want)), int64(0)
		for i, p := range pieces {
			if p.Size() > limit {
				t.Errorf("limit %d: piece %d has %d bytes", limit, i, p.Size())
			}
			e := p.Extent()
			if e.Offset != end {
				t.Errorf("limit %d: piece %d begins at 0x%x, not 0x%x", limit, i, e.Offset, end)
			}
			end = e.End()
			s, err := ReadSparse(p)
			if err != nil || flash.Worst(s.Problems) != flash.Note || s.Size() != img.Size() {
				t.Fatalf("limit %d: piece %d: size %d, %v, %v", limit, i, s.Size(), s.Problems, err)
			}
			if s.DontCare != img.Size()-e.Length {
				t.Errorf("limit %d: piece %d leaves out 0x%x bytes and holds 0x%x", limit, i, s.DontCare, e.Length)
			}
			copy(got[e.Offset:e.End()], readAll(t, flash.Slice(s, e)))
			flashtest.TestImage(t, p, readAll(t, p))
		}
		if end != img.Size() || !bytes.Equal(got, want) {
			t.Errorf("limit %d: the pieces are not the image", limit)
		}
	}
	if _, err := v.Pieces(sparseHeader + 3*chunkHeader + 4095); err == nil {
		t.Error("a limit below one block was taken")
	}
}

// However scattered the zeros are, the index stays small, and the file right.
func TestSparseViewBounded(t *testing.T) {
	b := imgtest.Noise("bounded", 512*4096)
	for i := 0; i < 512; i += 2 {
		clear(b[i*4096 : (i+1)*4096])
	}
	clear(b[100*4096 : 140*4096])
	l := chunkList{limit: 16}
	if err := l.scan(bytes.NewReader(b), 4096, nil); err != nil {
		t.Fatal(err)
	}
	if len(l.chunks) > 16 {
		t.Errorf("%d chunks", len(l.chunks))
	}
	v := l.view(bytes.NewReader(b), 4096)
	if v.Size() > int64(len(b))-30*4096 {
		t.Errorf("the long fill is lost: %d bytes", v.Size())
	}
	s, err := ReadSparse(v)
	if err != nil || s.DontCare != 0 || len(s.Problems) > 0 {
		t.Fatalf("%v, %v", s, err)
	}
	if !bytes.Equal(readAll(t, s), b) {
		t.Error("holds other bytes")
	}
}

// zeros is an image of any size whose holes are known.
type zeros int64

func (z zeros) Size() int64                          { return int64(z) }
func (z zeros) ReadAt([]byte, int64) (int, error)    { return 0, errors.New("a hole was read") }
func (z zeros) NextData(int64) (flash.Extent, error) { return flash.Extent{Offset: int64(z)}, nil }

// A chunk that does not fit 32 bits is cut, and holes are not read.
func TestSparseViewHuge(t *testing.T) {
	v := newView(t, zeros(1<<40))
	if want := int64(sparseHeader + (1<<40/maxChunkBytes)*16); v.Size() != want {
		t.Errorf("size %d, want %d", v.Size(), want)
	}
	s, err := ReadSparse(v)
	if err != nil || s.Size() != 1<<40 || s.DontCare != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSparseViewRefuses(t *testing.T) {
	for _, c := range []struct{ size, block int64 }{{0, 4096}, {4097, 4096}, {4096, 0}, {4096, 256}, {12288, 12288}, {1 << 20, 1 << 20}, {1 << 50, 4096}} {
		if _, err := NewSparseView(zeros(c.size), c.block, nil); err == nil {
			t.Errorf("0x%x bytes in blocks of %d were taken", c.size, c.block)
		}
	}
	stop := errors.New("stop")
	var seen int64
	_, err := NewSparseView(bytes.NewReader(make([]byte, 1<<20)), 4096, func(done int64) error { seen = done; return stop })
	if err != stop || seen != scanSize {
		t.Errorf("stopped at %d with %v", seen, err)
	}
	// An image that ends early is an error at once, and one that shrinks later is too.
	if _, err := NewSparseView(cutImage{bytes.NewReader(make([]byte, 5000)), 8192}, 4096, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a cut image: %v", err)
	}
	v := newView(t, bytes.NewReader(imgtest.Noise("x", 8192)))
	v.img = bytes.NewReader(nil)
	if _, err := v.ReadAt(make([]byte, 100), 0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("an image that shrank: %v", err)
	}
}

type cutImage struct {
	flash.Image
	size int64
}

func (c cutImage) Size() int64 { return c.size }

// simg2img of Android unpacks the file, and the pieces together, to the image.
func TestSparseViewTools(t *testing.T) {
	tool, err := exec.LookPath("simg2img")
	if err != nil {
		t.Skip("simg2img is not installed")
	}
	dir := t.TempDir()
	img := everyKind()
	v := newView(t, img)
	for _, limit := range []int64{1 << 30, 9000, 5000} {
		pieces, err := v.Pieces(limit)
		if err != nil {
			t.Fatal(err)
		}
		var args []string
		for i, p := range pieces {
			name := filepath.Join(dir, "sparse."+strconv.Itoa(i))
			if err := os.WriteFile(name, readAll(t, p), 0o666); err != nil {
				t.Fatal(err)
			}
			args = append(args, name)
		}
		out := filepath.Join(dir, "out"+strconv.FormatInt(limit, 10))
		if text, err := exec.Command(tool, append(args, out)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		got, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, img.Bytes()) {
			t.Errorf("%d pieces: simg2img makes other bytes of them", len(pieces))
		}
	}
}

// Whatever the bytes are, our file stands for them, and so do its pieces.
func FuzzSparseView(f *testing.F) {
	f.Add(append(make([]byte, 1024), "data, then words"...), uint16(0))
	f.Add(append(bytes.Repeat([]byte("word"), 256), imgtest.Noise("seed", 2048)...), uint16(700))
	f.Fuzz(func(t *testing.T, b []byte, limit uint16) {
		const block = 512 // small, so that a small input has many
		b = b[:len(b)/block*block]
		v, err := NewSparseView(bytes.NewReader(b), block, nil)
		if err != nil {
			if len(b) > 0 {
				t.Fatal(err)
			}
			return
		}
		pieces, err := v.Pieces(int64(limit))
		if err != nil {
			pieces = []*SparseView{v}
		}
		got := make([]byte, len(b))
		for _, p := range pieces {
			s, err := ReadSparse(bytes.NewReader(readAll(t, p)))
			if err != nil || s.Size() != int64(len(b)) || s.DontCare != int64(len(b))-p.Extent().Length {
				t.Fatalf("%+v, %v", s, err)
			}
			copy(got[p.Extent().Offset:], readAll(t, flash.Slice(s, p.Extent())))
		}
		if !bytes.Equal(got, b) {
			t.Fatal("other bytes")
		}
	})
}
