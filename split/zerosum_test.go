package split

import (
	"bytes"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"testing"
)

// Each row of the table must follow from the one before. All of them take minutes,
// so the first, the last and one in the middle are computed here; zerogen writes the
// whole table in one go.
func TestZeroTable(t *testing.T) {
	const rows = 256
	if len(zeroStates) != rows*stateSize {
		t.Fatalf("the table has %d bytes", len(zeroStates))
	}
	links := []int64{0, 119, rows - 1}
	if testing.Short() {
		links = links[:1]
	}
	for _, from := range links {
		h := sha256.New()
		if from > 0 && skipZeros(h, from*zeroStep) != from*zeroStep {
			t.Fatalf("row %d was not taken", from)
		}
		for range zeroStep / blockSize {
			h.Write(zeros[:])
		}
		got, err := h.(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, zeroState(from+1)) {
			t.Errorf("row %d does not follow from row %d", from+1, from)
		}
	}
}

func TestSkipZeros(t *testing.T) {
	for n, want := range map[int64]int64{0: 0, zeroStep - 1: 0, zeroStep: zeroStep, 3*zeroStep + 5: 3 * zeroStep, 1000 * zeroStep: 256 * zeroStep} {
		if got := skipZeros(sha256.New(), n); got != want {
			t.Errorf("of 0x%x zeros 0x%x are skipped, want 0x%x", n, got, want)
		}
	}
}

// Zeros that are told by number and zeros that are hashed come to the same.
func TestSumOfZeros(t *testing.T) {
	head, tail := noise(1, 100), noise(2, 50)
	whole := append(append(make([]byte, 9<<20), head...), append(make([]byte, 1<<20), tail...)...)
	s := newSum(nil)
	s.hole(4 << 20)
	s.hole(5 << 20)
	if err := s.write(t.Context(), head); err != nil {
		t.Fatal(err)
	}
	s.hole(1 << 20)
	if err := s.write(t.Context(), tail); err != nil {
		t.Fatal(err)
	}
	if got, err := s.hex(t.Context()); err != nil || got != sha(whole) {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := newSum(nil).hex(t.Context()); err != nil || got != sha(nil) {
		t.Errorf("of nothing: %s, %v", got, err)
	}
}

// The table is for zeros that come first; behind data they are hashed.
func TestSumOfZerosBehindData(t *testing.T) {
	const n = zeroStep + 5
	s, want := newSum(nil), sha256.New()
	if err := s.write(t.Context(), []byte("data")); err != nil {
		t.Fatal(err)
	}
	s.hole(n)
	want.Write([]byte("data"))
	for left := int64(n); left > 0; left -= blockSize {
		want.Write(zeros[:min(left, blockSize)])
	}
	if got, err := s.hex(t.Context()); err != nil || got != hex.EncodeToString(want.Sum(nil)) {
		t.Errorf("got %s, %v", got, err)
	}
}
