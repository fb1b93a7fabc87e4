package da

import (
	"context"
	"errors"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// shortAgent calls a read done that gave only part of it.
type shortAgent struct{ short int64 }

func (shortAgent) start(context.Context, *Phone) error { return nil }
func (shortAgent) finish(End) error                    { return nil }
func (shortAgent) line() *port.Line                    { return nil }

func (a shortAgent) read(_ Region, e flash.Extent, s *sink) error {
	for n := e.Length - a.short; n > 0; {
		b := s.space(int(min(n, blockSize)))
		s.commit(len(b))
		n -= int64(len(b))
	}
	return nil
}

// Whatever an agent's code does: fewer bytes than asked for are an error.
func TestShortIsAnError(t *testing.T) {
	for _, short := range []int64{0, 1, 512, 64 << 10} {
		var r reader
		r.begin(shortAgent{short}, 512)
		img := &regionImage{&r, Region{Name: flash.EMMCUser, Size: 1 << 20}}
		n, err := img.ReadAt(make([]byte, 1<<20), 0)
		if short == 0 && (err != nil || n != 1<<20) || short > 0 && (!errors.Is(err, ErrProtocol) || n != 1<<20-int(short)) {
			t.Errorf("%d short: %d, %v", short, n, err)
		}
		r.end()
		if _, err := img.ReadAt(make([]byte, 1), 1<<20-1); err == nil && short > 0 {
			t.Error("read after the end")
		}
	}
}

// countingAgent counts what is asked of the phone.
type countingAgent struct {
	shortAgent
	asked *int64
}

func (a countingAgent) read(r Region, e flash.Extent, s *sink) error {
	*a.asked += e.Length
	return a.shortAgent.read(r, e, s)
}

// Who looks at spots, however evenly they lie, has a little read around each; only who
// reads all has the phone read ahead.
func TestSpotsAreNotReadingOn(t *testing.T) {
	for _, step := range []int64{firstWindow, firstWindow / 2, 1 << 20} {
		const size = 64 << 20
		var asked int64
		var r reader
		r.begin(countingAgent{asked: &asked}, 512)
		img := &regionImage{&r, Region{Name: flash.EMMCUser, Size: size}}
		for off := int64(0); off < size; off += step {
			if _, err := img.ReadAt(make([]byte, 4096), off); err != nil {
				t.Fatal(err)
			}
		}
		r.end()
		if most := size / step * firstWindow; asked > most || asked > size {
			t.Errorf("spots every 0x%x: 0x%x bytes were asked for", step, asked)
		}
	}
}

func TestHeaders(t *testing.T) {
	for _, c := range []struct {
		h    string
		kind uint32
		n    uint32
		ok   bool
	}{
		{"\xef\xee\xee\xfe\x01\x00\x00\x00\x04\x00\x00\x00", 1, 4, true},
		{"\xef\xee\xee\xfe\x02\x00\x00\x00\x04\x00\x00\x00", 2, 4, true},
		{"\xee\xee\xee\xfe\x01\x00\x00\x00\x04\x00\x00\x00", 0, 0, false}, // magic
		{"\xef\xee\xee\xfe\x03\x00\x00\x00\x04\x00\x00\x00", 0, 0, false}, // type
		{"\xef\xee\xee\xfe\x02\x00\x00\x00\x00\x00\x00\x10", 0, 0, false}, // a log of 256 MiB
	} {
		kind, n, err := parseHeader([headerSize]byte([]byte(c.h)))
		if kind != c.kind || n != c.n || c.ok != (err == nil) || err != nil && !errors.Is(err, ErrProtocol) {
			t.Errorf("%x: %d, %d, %v", c.h, kind, n, err)
		}
	}
}
