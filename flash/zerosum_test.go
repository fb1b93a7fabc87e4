package flash

import (
	"bytes"
	"crypto/sha256"
	"encoding"
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
	const blockSize = 256 << 10
	zeros := make([]byte, blockSize)
	for _, from := range links {
		h := sha256.New()
		if from > 0 && SkipZeros(h, from*zeroStep) != from*zeroStep {
			t.Fatalf("row %d was not taken", from)
		}
		for range zeroStep / blockSize {
			h.Write(zeros)
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
		if got := SkipZeros(sha256.New(), n); got != want {
			t.Errorf("of 0x%x zeros 0x%x are skipped, want 0x%x", n, got, want)
		}
	}
}
