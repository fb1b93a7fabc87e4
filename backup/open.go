package backup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"

	"github.com/mtkkit/mtkkit/flash"
)

// open finds the index by the seek table, else by reading all frames, else rebuilds it from the
// tar headers.
func (a *Archive) open() error {
	err := a.byTable()
	if err == nil {
		return nil
	}
	a.tell(flash.Warning, "archive", a.img.Size(), "its end cannot be read (%v), so the whole archive was searched", err)
	return a.bySearch()
}

// byTable reads the seek table and the index before it.
func (a *Archive) byTable() error {
	size := a.img.Size()
	footer := make([]byte, footerLen)
	if size < footerLen || flash.ReadInto(a.img, footer, size-footerLen) != nil {
		return errNoSeekTable
	}
	n, err := seekTableLen(footer, size)
	if err != nil {
		return err
	}
	if n > maxPlain {
		return errNoSeekTable
	}
	table := make([]byte, n)
	if err := flash.ReadInto(a.img, table, size-n); err != nil {
		return err
	}
	pairs, err := decodeSeekTable(table)
	if err != nil {
		return err
	}
	var frames []frame
	at := int64(0)
	for _, p := range pairs {
		frames = append(frames, frame{at, int64(p.packed), int64(p.plain)})
		at += int64(p.packed)
	}
	if at != size-n {
		return fmt.Errorf("the seek table lists 0x%x bytes, but there are 0x%x", at, size-n)
	}
	return a.take(frames)
}

// frame is the offset of a frame, its length, and the length of its content, 0 if it is skippable.
type frame struct{ at, length, plain int64 }

// take reads the index from the last frames. There are two copies.
func (a *Archive) take(frames []frame) error {
	if len(frames) < 4 {
		return errors.New("it has no index")
	}
	copies := frames[len(frames)-2:]
	a.end = copies[0].at
	var good []*Index
	var errs []error
	for _, f := range copies {
		x, err := a.readIndex(f)
		if err != nil {
			errs = append(errs, err)
			a.tell(flash.Warning, "archive", f.at, "one of the two copies of the index is damaged: %v", err)
			continue
		}
		good = append(good, x)
	}
	if len(good) == 0 {
		a.Problems = nil // one problem for both is enough
		return errs[0]
	}
	if len(good) == 2 && !sameIndex(good[0], good[1]) {
		a.tell(flash.Error, "archive", copies[1].at, "the two copies of the index differ")
	}
	for _, x := range good {
		if err := x.agrees(frames[:len(frames)-2]); err == nil {
			a.index = x
			return nil
		} else {
			errs = append(errs, err)
		}
	}
	return errs[len(errs)-1]
}

// readIndex reads the index in a skippable frame.
func (a *Archive) readIndex(f frame) (*Index, error) {
	if f.length < skipHead || f.length > maxPlain {
		return nil, indexError(fmt.Sprintf("has 0x%x bytes", f.length), nil)
	}
	b := make([]byte, f.length)
	if err := flash.ReadInto(a.img, b, f.at); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(b) != skipMagic || int64(binary.LittleEndian.Uint32(b[4:])) != f.length-skipHead {
		return nil, indexError("is not an index", flash.ErrNotThis)
	}
	return decodeIndex(b[skipHead:], a.end, a.dec)
}

func sameIndex(a, b *Index) bool {
	if len(a.Members) != len(b.Members) || a.Start != b.Start {
		return false
	}
	for i := range a.Members {
		x, y := &a.Members[i], &b.Members[i]
		if x.Name != y.Name || x.Size != y.Size || x.SHA256 != y.SHA256 || x.at != y.at || len(x.Chunks) != len(y.Chunks) {
			return false
		}
		for j := range x.Chunks {
			if x.Chunks[j] != y.Chunks[j] {
				return false
			}
		}
	}
	return true
}

// agrees compares the index with the frames of the archive: it must list each of them, with its
// offset and the length of its content.
func (x *Index) agrees(frames []frame) error {
	if len(frames) == 0 {
		return errors.New("the archive has no frames")
	}
	i := 1 // the global header
	next := func(at, length, plain int64, name string) error {
		if i >= len(frames)-1 {
			return fmt.Errorf("the index lists more frames than there are; the first is of %s", name)
		}
		f := frames[i]
		i++
		if f.at != at || f.length != length || plain >= 0 && f.plain != plain {
			return fmt.Errorf("the index and the frames differ at 0x%x (%s)", f.at, name)
		}
		return nil
	}
	for k := range x.Members {
		m := &x.Members[k]
		if err := next(m.at, m.Head, -1, m.Name); err != nil {
			return err
		}
		for j, c := range m.Chunks {
			plain := m.windows[j].stored()
			if j == len(m.Chunks)-1 {
				plain += int64(m.pad())
			}
			if err := next(c.at, c.Packed, plain, m.Name); err != nil {
				return err
			}
		}
	}
	if i != len(frames)-1 {
		return fmt.Errorf("the index lists %d frames, but there are %d", i+1, len(frames))
	}
	return nil
}

// firstBehind returns the index of the first extent that ends behind off.
func firstBehind(es []flash.Extent, off int64) int {
	return sort.Search(len(es), func(i int) bool { return es[i].End() > off })
}

// firstWindow returns the index of the first window that ends behind off.
func firstWindow(ws []window, off int64) int {
	return sort.Search(len(ws), func(i int) bool { return ws[i].End() > off })
}
