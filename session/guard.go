package session

import (
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/flash"
)

// guard is a region of a phone for the search for its tables. Format packages treat unreadable
// bytes as damage and continue, so the guard detects where the phone is lost. It does not read
// ranges where the phone was lost before.
type guard struct {
	flash.Image
	region flash.Region
	avoid  []flash.Extent
	watch  *watch
	block  []byte // the last block that was read, from offset from
	from   int64
}

// guardBlock is the size of the blocks in which short reads are served, bytes.
const guardBlock = 16 << 10

// watch is the common state of the guards of a phone.
type watch struct {
	mu       sync.Mutex
	isLocal  func(error) bool
	progress func(flash.Event)
	lost     *lostEarly // the first loss
}

// lostEarly is the loss of a phone before there was a dump to record it.
type lostEarly struct {
	region flash.Region
	flash.Extent
	err error
}

func (e *lostEarly) Error() string { return e.err.Error() }
func (e *lostEarly) Unwrap() error { return e.err }

// errAvoided is the error of reading a range where the phone was lost before.
var errAvoided = errors.New("the phone was lost at this range before: it is not read")

// ReadAt implements io.ReaderAt. Short reads are served from a block, unless the block contains a
// range to avoid or an unreadable range.
func (g *guard) ReadAt(p []byte, off int64) (int, error) {
	g.watch.mu.Lock()
	defer g.watch.mu.Unlock()
	b := flash.Extent{Offset: off / guardBlock * guardBlock, Length: guardBlock}.Clip(g.Size())
	if off < b.Offset || off+int64(len(p)) > b.End() {
		return g.ask(p, off)
	}
	if g.block == nil || g.from != b.Offset {
		g.block, g.from = make([]byte, b.Length), b.Offset
		if n, err := g.ask(g.block, b.Offset); int64(n) < b.Length {
			g.block = nil
			if g.watch.lost != nil {
				return 0, err
			}
			return g.ask(p, off)
		}
	}
	return copy(p, g.block[off-g.from:]), nil
}

// ask reads only p, without reading ahead if the image supports that, so that the range of a loss
// is known.
func (g *guard) ask(p []byte, off int64) (int, error) {
	e := flash.Extent{Offset: off, Length: int64(len(p))}
	if g.watch.lost != nil {
		return 0, g.watch.lost.err
	}
	if slices.ContainsFunc(g.avoid, e.Overlaps) {
		return 0, errAvoided
	}
	read := g.Image.ReadAt
	if x, ok := g.Image.(interface {
		ReadExactAt([]byte, int64) (int, error)
	}); ok {
		read = x.ReadExactAt
	}
	var n int
	err := acquire.Patiently(g.watch.progress, flash.Event{Op: "tables", Detail: acquire.FileName(g.region)}, off, func() (err error) {
		n, err = read(p, off)
		return err
	})
	if err != nil && err != io.EOF && (g.watch.isLocal == nil || !g.watch.isLocal(err)) {
		g.watch.lost = &lostEarly{g.region, e, err}
	}
	return n, err
}

// NextData implements flash.DataFinder with that of the region.
func (g *guard) NextData(off int64) (flash.Extent, error) { return flash.NextData(g.Image, off) }

// guarded returns the device with a guard for each region. The guards do not read the ranges in
// avoid.
func guarded(dev flash.Device, avoid map[flash.Region][]flash.Extent, w *watch) *flash.Device {
	dev.Parts = slices.Clone(dev.Parts)
	for i, p := range dev.Parts {
		dev.Parts[i].Image = &guard{Image: p.Image, region: p.Region, avoid: avoid[p.Region], watch: w}
	}
	return &dev
}
