package split

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

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
	const n = 1<<30 + 5
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
