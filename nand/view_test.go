package nand

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/nfi"
)

// sparse puts pieces of b on an image with holes between.
func sparse(b []byte) (*imgtest.Sparse, []byte) {
	img := imgtest.NewSparse(int64(len(b)))
	for off := 0; off < len(b); off += 40960 {
		img.Put(int64(off), b[off:min(off+4096, len(b))])
	}
	return img, img.Bytes()
}

// apart takes b apart by hand.
func apart(b []byte, p pair) (data, spare []byte) {
	for i, c := range b {
		if i%(p.page+p.spare) < p.page {
			data = append(data, c)
		} else {
			spare = append(spare, c)
		}
	}
	return data, spare
}

func TestViews(t *testing.T) {
	for _, p := range []pair{{512, 16}, {2048, 64}, {2048, 120}, {4096, 224}, {16384, 128}, {nfi.MaxPage, 4096}} {
		for _, size := range []int{0, 1, p.page - 1, p.page, p.page + 1, p.page + p.spare - 1, p.page + p.spare, 270001} {
			g := &Geometry{Page: p.page, Spare: p.spare}
			whole := imgtest.Noise("views", size)
			for _, holes := range []bool{false, true} {
				if holes && size < 40960 {
					continue
				}
				var img flash.Image = bytes.NewReader(whole)
				want := whole
				if holes {
					img, want = sparse(whole)
				}
				data, spare := apart(want, p)
				logical, spares := g.Logical(img), g.Spares(img)
				flashtest.TestImage(t, logical, data)
				flashtest.TestImage(t, spares, spare)
				flashtest.TestImage(t, g.Join(logical, spares), want)
				if t.Failed() {
					t.Fatalf("%s, %d bytes, holes %v", p, size, holes)
				}
			}
		}
	}
}

// Holes of the dump are holes of the views: one of 1 GiB is passed over in one step.
func TestViewHoles(t *testing.T) {
	g := &Geometry{Page: 2048, Spare: 64}
	img := imgtest.NewSparse(2112 << 20)
	img.Put(2112<<19, []byte("data"))
	d, err := flash.NextData(g.Logical(img), 0)
	if err != nil || d.Offset == 0 || d.Offset > 1<<30 || d.End() <= 1<<30 {
		t.Errorf("NextData = %v, %v", d, err)
	}
	d, err = flash.NextData(g.Logical(img), d.End())
	if want := (flash.Extent{Offset: 2 << 30}); err != nil || d != want {
		t.Errorf("NextData = %v, %v, want %v", d, err, want)
	}
	img = imgtest.NewSparse(64 * 4096) // pages of a hole's grain: data in the spare bytes alone
	img.Put(4096, []byte("spare"))
	img.Put(5*4096, []byte("data"))
	g = &Geometry{Page: 4096, Spare: 4096}
	d, err = flash.NextData(g.Logical(img), 0)
	if want := (flash.Extent{Offset: 64 * 4096 / 2}); err != nil || d != want {
		t.Errorf("NextData = %v, %v, want %v", d, err, want)
	}
	d, err = flash.NextData(g.Spares(img), 1)
	if want := (flash.Extent{Offset: 1, Length: 4095}); err != nil || d != want {
		t.Errorf("NextData = %v, %v, want %v", d, err, want)
	}
}

// short is an image that ends before it says.
type short struct{ *bytes.Reader }

func (s short) Size() int64 { return s.Reader.Size() + 5000 }

func TestShortImage(t *testing.T) {
	g := &Geometry{Page: 2048, Spare: 64}
	whole := imgtest.Noise("short", 10*2112)
	data, spare := apart(whole, pair{2048, 64})
	for name, tt := range map[string]struct {
		img  flash.Image
		want []byte
	}{
		"logical": {g.Logical(short{bytes.NewReader(whole)}), data},
		"spares":  {g.Spares(short{bytes.NewReader(whole)}), spare},
		"joined":  {g.Join(short{bytes.NewReader(data)}, bytes.NewReader(spare)), whole},
	} {
		b := make([]byte, tt.img.Size())
		n, err := tt.img.ReadAt(b, 0)
		if n != len(tt.want) || !bytes.Equal(b[:n], tt.want) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %d of %d bytes, error %v", name, n, len(tt.want), err)
		}
	}
}
