package seal

import (
	"bytes"
	"errors"
	"testing"

	"filippo.io/age"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// Of a file that is cut, every whole piece before the cut can be read, and nothing else.
func TestOpenCut(t *testing.T) {
	k, b := newKey(t), content(4*pieceSize+1000)
	whole := sealed(t, b, k.Recipient())
	start := len(whole) - 4*packSize - (1000 + 16)
	keys := []age.Identity{k}
	for _, size := range []int{len(whole) - 1, len(whole) - 1016, start + 4*packSize - 1, start + packSize + 1, start + packSize} {
		want := b[:(size-start)/packSize*pieceSize]
		if _, err := Open(bytes.NewReader(whole[:size]), keys); err == nil {
			t.Errorf("%d bytes: Open does not notice", size)
		}
		img, err := OpenCut(bytes.NewReader(whole[:size]), keys)
		if err != nil {
			t.Errorf("%d bytes: %v", size, err)
			continue
		}
		if got, err := flash.ReadFull(img, 0, len(want)); err != nil || img.Size() != int64(len(want)) || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d, %v", size, img.Size(), err)
		}
	}
	img, err := OpenCut(bytes.NewReader(whole[:start+packSize]), keys)
	if err != nil {
		t.Fatal(err)
	}
	flashtest.TestImage(t, img, b[:pieceSize])
	for _, size := range []int{0, 20, start - 1, start, start + packSize - 1} {
		if _, err := OpenCut(bytes.NewReader(whole[:size]), keys); err == nil || errors.Is(err, ErrKey) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if _, err := OpenCut(bytes.NewReader(whole[:start+packSize]), []age.Identity{newKey(t)}); !errors.Is(err, ErrKey) {
		t.Error(err)
	}
	if _, err := OpenCut(bytes.NewReader(whole[:start+packSize]), nil); !errors.Is(err, ErrKey) {
		t.Error(err)
	}
	harmed := bytes.Clone(whole[:len(whole)-1])
	harmed[start+10] ^= 1
	img, err = OpenCut(bytes.NewReader(harmed), keys)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flash.ReadFull(img, 0, 10); err == nil {
		t.Error("a damaged piece is read")
	}
	if got, err := flash.ReadFull(img, pieceSize, 10); err != nil || !bytes.Equal(got, b[pieceSize:pieceSize+10]) {
		t.Error(err)
	}
}

func FuzzOpenCut(f *testing.F) {
	k, err := age.GenerateX25519Identity()
	if err != nil {
		f.Fatal(err)
	}
	var out bytes.Buffer
	w, err := Writer(&out, []Recipient{k.Recipient()})
	if err == nil {
		_, err = w.Write(content(2*pieceSize + 10))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		f.Fatal(err)
	}
	whole := out.Bytes()
	f.Add(len(whole)-1, 5, byte(0))
	f.Add(len(whole), len(whole)-3, byte(1))
	f.Fuzz(func(t *testing.T, size, at int, flip byte) {
		if size < 0 || size > len(whole) {
			return
		}
		b := bytes.Clone(whole[:size])
		if at >= 0 && at < size {
			b[at] ^= flip
		}
		img, err := OpenCut(bytes.NewReader(b), []age.Identity{k})
		if err != nil {
			return
		}
		got := make([]byte, pieceSize)
		for off := int64(0); off < img.Size(); off += pieceSize {
			if _, err := img.ReadAt(got, off); err == nil && !bytes.Equal(got, content(2 * pieceSize)[off:off+pieceSize]) {
				t.Errorf("other bytes at 0x%x", off)
			}
		}
	})
}
