package session

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// asked is a region that notes what is read of it, and is lost or fails at a range.
type asked struct {
	*bytes.Reader
	at    flash.Extent
	err   error
	reads []flash.Extent
}

func (a *asked) ReadAt(p []byte, off int64) (int, error) {
	e := flash.Extent{Offset: off, Length: int64(len(p))}
	a.reads = append(a.reads, e)
	if a.at.Overlaps(e) {
		return 0, a.err
	}
	return a.Reader.ReadAt(p, off)
}

// What a guard gives is what the region has, whatever is asked, and little is asked of the
// phone for many short reads.
func TestGuardReads(t *testing.T) {
	b := imgtest.Noise("guarded", 5*guardBlock+100)
	a := &asked{Reader: bytes.NewReader(b)}
	g := &guard{Image: a, region: flash.EMMCUser, watch: new(watch)}
	for off := 0; off < len(b); off += 512 {
		for _, n := range []int{1, 512, guardBlock, 2 * guardBlock} {
			n = min(n, len(b)-off)
			got := make([]byte, n)
			if _, err := g.ReadAt(got, int64(off)); err != nil && err != io.EOF || !bytes.Equal(got, b[off:off+n]) {
				t.Fatalf("%d bytes at 0x%x: %v", n, off, err)
			}
		}
	}
	a.reads = nil
	for off := int64(0); off < guardBlock; off += 512 {
		if _, err := g.ReadAt(make([]byte, 512), off); err != nil {
			t.Fatal(err)
		}
	}
	if len(a.reads) != 1 {
		t.Errorf("%d reads for one block", len(a.reads))
	}
}

// A loss is noted with the range that was asked for, once, and nothing is asked after it.
func TestGuardNotesLoss(t *testing.T) {
	for _, short := range []bool{true, false} {
		a := &asked{Reader: bytes.NewReader(make([]byte, 1<<20)), at: flash.Extent{Offset: 5 * guardBlock, Length: 512}, err: fmt.Errorf("x: %w", port.ErrGone)}
		w := &watch{isLocal: func(err error) bool { return errors.As(err, new(*da.StatusError)) }}
		g := &guard{Image: a, region: flash.EMMCUser, watch: w}
		other := &guard{Image: a, region: flash.EMMCBoot1, watch: w}
		p := make([]byte, 3*guardBlock)
		want := flash.Extent{Offset: 4 * guardBlock, Length: 3 * guardBlock}
		if short {
			p, want = p[:512], flash.Extent{Offset: 5 * guardBlock, Length: guardBlock}
		}
		from := want.Offset
		if _, err := g.ReadAt(p, from); !errors.Is(err, port.ErrGone) {
			t.Errorf("short %v: %v", short, err)
		}
		if w.lost == nil || w.lost.region != flash.EMMCUser || w.lost.Extent != want || !errors.Is(w.lost, port.ErrGone) {
			t.Errorf("short %v: %+v", short, w.lost)
		}
		asked := len(a.reads)
		for _, one := range []*guard{g, other} {
			if _, err := one.ReadAt(make([]byte, 512), 0); !errors.Is(err, port.ErrGone) {
				t.Errorf("after the loss: %v", err)
			}
		}
		if len(a.reads) != asked {
			t.Errorf("a lost phone is asked for %v", a.reads[asked:])
		}
	}
}

// An error about a range is no loss: the block around it is asked for in less, and reading
// continues elsewhere.
func TestGuardBadPlace(t *testing.T) {
	a := &asked{Reader: bytes.NewReader(make([]byte, 1<<20)), at: flash.Extent{Offset: 1024, Length: 512}, err: &da.StatusError{Code: 0xc0010004}}
	w := &watch{isLocal: func(err error) bool { return errors.As(err, new(*da.StatusError)) }}
	g := &guard{Image: a, region: flash.EMMCUser, watch: w}
	p := make([]byte, 512)
	if _, err := g.ReadAt(p, 0); err != nil {
		t.Errorf("beside the place: %v", err)
	}
	if _, err := g.ReadAt(p, 1024); !errors.As(err, new(*da.StatusError)) {
		t.Errorf("at the place: %v", err)
	}
	if _, err := g.ReadAt(p, 1<<19); err != nil || w.lost != nil {
		t.Errorf("elsewhere: %v, %v", err, w.lost)
	}
}

// A range at which the phone was lost before is not asked for, what is beside it is.
func TestGuardAvoids(t *testing.T) {
	trap := flash.Extent{Offset: 1024, Length: 512}
	a := &asked{Reader: bytes.NewReader(make([]byte, 1<<20)), at: trap, err: port.ErrGone}
	w := new(watch)
	dev := guarded(flash.Device{Parts: []flash.Part{{Region: flash.EMMCUser, Image: a}}}, map[flash.Region][]flash.Extent{flash.EMMCUser: {trap}}, w)
	p := make([]byte, 512)
	for off := int64(0); off < 4096; off += 512 {
		if _, err := dev.Parts[0].Image.ReadAt(p, off); (err == nil) != (off != trap.Offset) {
			t.Errorf("0x%x: %v", off, err)
		}
	}
	if w.lost != nil || slices.ContainsFunc(a.reads, trap.Overlaps) {
		t.Errorf("lost %v, asked for %v", w.lost, a.reads)
	}
}
