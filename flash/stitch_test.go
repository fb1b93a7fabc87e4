package flash_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

func TestStitched(t *testing.T) {
	b := counting(40_000)
	joined := flash.Join(bytes.NewReader(b[:10]), bytes.NewReader(nil), bytes.NewReader(b[10:30_000]), bytes.NewReader(b[30_000:]))
	flashtest.TestImage(t, joined, b)

	flashtest.TestImage(t, flash.Pad(bytes.NewReader(b), 7000), append(make([]byte, 7000), b...))
	flashtest.TestImage(t, flash.NewStitched(9000), make([]byte, 9000))

	// Later pieces fill what is free, and never lie over earlier ones.
	s := flash.NewStitched(50_000)
	s.Add(1000, bytes.NewReader(b[:500]))
	s.Add(3000, bytes.NewReader(b[:500]))
	s.Add(0, bytes.NewReader(b[1000:6000]))
	s.Add(48_000, bytes.NewReader(b[:1000]))
	s.Add(3100, bytes.NewReader(b[:100]))
	want := make([]byte, 50_000)
	copy(want[48_000:], b[:1000])
	copy(want, b[1000:6000])
	copy(want[1000:], b[:500])
	copy(want[3000:], b[:500])
	flashtest.TestImage(t, s, want)

	// A piece that has become shorter fails: it does not read as zeros.
	short := flash.Join(&shrunk{bytes.NewReader(b[:100])}, bytes.NewReader(b[:50]))
	if _, err := short.ReadAt(make([]byte, 200), 0); err == nil {
		t.Errorf("a part that has shrunk: %v", err)
	}
}

// shrunk is longer in its own words than in truth.
type shrunk struct{ *bytes.Reader }

func (s *shrunk) Size() int64 { return s.Reader.Size() + 100 }

func TestGaps(t *testing.T) {
	s := flash.NewStitched(100)
	s.Add(10, bytes.NewReader(make([]byte, 5)))
	s.Add(15, bytes.NewReader(make([]byte, 5)))
	s.Add(50, bytes.NewReader(make([]byte, 50)))
	if got, want := s.Gaps(), []flash.Extent{{Length: 10}, {Offset: 20, Length: 30}}; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	s.Add(0, bytes.NewReader(make([]byte, 200)))
	if got := s.Gaps(); got != nil {
		t.Errorf("%v in an image without any", got)
	}
}
