package imgtest

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// sparseSample holds data at both ends, over a block border and alone in a block.
func sparseSample() (*Sparse, []byte) {
	want := make([]byte, 100_000)
	s := NewSparse(int64(len(want)))
	for _, off := range []int{0, 3*block - 7, 9*block + 100, len(want) - 30} {
		data := Noise("sparse", 30)
		copy(want[off:], data)
		s.Put(int64(off), data)
	}
	return s, want
}

func TestSparse(t *testing.T) {
	s, want := sparseSample()
	flashtest.TestImage(t, s, want)
	flashtest.TestImage(t, NewSparse(0), nil)
	flashtest.TestImage(t, NewSparse(70_000), make([]byte, 70_000))
	flashtest.TestImage(t, flash.Slice(s, flash.Extent{Offset: 3*block - 5, Length: 50_001}), want[3*block-5:][:50_001])

	d, err := s.NextData(5000)
	if want := (flash.Extent{Offset: 2 * block, Length: 2 * block}); err != nil || d != want {
		t.Errorf("NextData(5000) = %v, %v; want %v: blocks 2 and 3 as one", d, err, want)
	}
}

func TestSparseDamage(t *testing.T) {
	s, want := sparseSample()
	s.Zero(3*block-3, 9*block)
	clear(want[3*block-3 : 12*block-3])
	flashtest.TestImage(t, s, want)

	c := s.Clone()
	c.Zero(0, c.Size())
	if d, _ := c.NextData(0); d.Length != 0 {
		t.Errorf("a wiped image still has data at %v", d)
	}
	flashtest.TestImage(t, s, want) // the clone's damage is its own

	s.Truncate(3*block - 5)
	flashtest.TestImage(t, s, want[:3*block-5])
	s.Truncate(10 * block) // what was cut off does not come back
	flashtest.TestImage(t, s, append(want[:3*block-5:3*block-5], make([]byte, 7*block+5)...))

	if n, err := s.WriteAt(make([]byte, 10), s.Size()-9); n != 0 || err == nil {
		t.Errorf("a write over the end = %d, %v", n, err)
	}
	if n, err := s.WriteAt(make([]byte, 10), -1); n != 0 || err == nil {
		t.Errorf("a write before the start = %d, %v", n, err)
	}
}

// A phone's size costs nothing.
func TestSparseLarge(t *testing.T) {
	const size = 31_268_536_320
	s := NewSparse(size)
	s.Put(size-5, []byte("tail."))
	if got := s.Range(flash.Extent{Offset: size - 8, Length: 100}); string(got) != "\x00\x00\x00tail." {
		t.Errorf("the end holds %q", got)
	}
	d, err := s.NextData(0)
	if err != nil || d.End() != size || d.Length > block {
		t.Errorf("NextData(0) = %v, %v", d, err)
	}
	if len(s.blocks) != 1 {
		t.Errorf("%d blocks in memory, want 1", len(s.blocks))
	}
}

func TestSparseWriteWhileReading(t *testing.T) {
	s, _ := sparseSample()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for off := int64(i); off < s.Size(); off += 997 {
				s.Put(off, []byte{byte(i + 1)})
				s.Range(flash.Extent{Offset: off, Length: 10})
			}
		})
	}
	wg.Wait()
	for i := range 4 {
		if got := s.Range(flash.Extent{Offset: int64(i) + 997, Length: 1})[0]; got != byte(i+1) {
			t.Errorf("byte %d is %d, want %d", i+997, got, i+1)
		}
	}
}

func TestSparseWriteFile(t *testing.T) {
	s, want := sparseSample()
	path := filepath.Join(t.TempDir(), "ROM_1")
	if err := s.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the file has %d bytes, want the image's %d; error %v", len(got), len(want), err)
	}
	if err := s.WriteFile(path); !os.IsExist(err) {
		t.Errorf("writing over a file = %v, want a refusal", err)
	}
}
