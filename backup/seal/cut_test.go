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
