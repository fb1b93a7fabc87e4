package report

import (
	"context"
	"errors"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// Fill says how much of a row is used. The four amounts add up to the bytes that the dump has.
type Fill struct {
	Data   int64 `json:"data"`
	Zero   int64 `json:"zero"`
	Erased int64 `json:"erased"`        // all 0xFF
	Bad    int64 `json:"bad,omitempty"` // could not be read

	// Exact is false if the amounts are estimated from samples.
	Exact bool `json:"exact"`

	// Map has up to 64 cells of equal length; the last may be shorter: d data, z zeros, e erased,
	// x unreadable, - not in the dump. A cell is d if data were found anywhere in it.
	Map string `json:"map"`

	// DataEnd is the end of the last block of data, bytes from the row's start; 0 if there is
	// none, or if Exact is false.
	DataEnd int64 `json:"data_end,omitempty"`
}

const (
	cells   = 64
	spot    = 4096       // size of a sample in a long range, and the unit of all amounts, bytes
	short   = 4 * spot   // a range up to this length is read completely, bytes
	maxRuns = 64         // number of ranges of data in a cell; holes behind them count as data
	chunk   = 256 * spot // size of one read in a full read, bytes
)

// meter measures rows, one after the other.
type meter struct {
	ctx  context.Context
	full bool
	buf  []byte
	step func(n int64) // is called for all bytes done, for progress
}

// measure measures img for a row of length bytes. Unreadable bytes are Bad; the error is that of
// ctx.
func (m *meter) measure(img flash.Image, length int64) (Fill, error) {
	f := Fill{Exact: true}
	present := min(img.Size(), length)
	cell := cellSize(length)
	symbols := make([]byte, 0, cells)
	for off := int64(0); len(symbols) < cells; off += cell {
		if err := m.ctx.Err(); err != nil {
			return f, err
		}
		if off < present {
			before, n := f, min(cell, present-off)
			if err := m.cell(&f, img, off, off+n); err != nil {
				return f, err
			}
			symbols = append(symbols, symbol(before, f))
			m.step(n)
		} else if off < length {
			symbols = append(symbols, '-')
		}
		if length-off <= cell { // off + cell may overflow
			break
		}
	}
	f.Map = string(symbols)
	if !f.Exact {
		f.DataEnd = 0
	}
	return f, nil
}

// cellSize returns how many bytes one cell of a row's map has.
func cellSize(length int64) int64 {
	size := length / cells
	if length%cells != 0 {
		size++
	}
	return max((size+spot-1)/spot, 1) * spot
}

// symbol returns the map's letter for the bytes that a cell has added.
func symbol(before, after Fill) byte {
	switch {
	case after.Bad > before.Bad:
		return 'x'
	case after.Data > before.Data:
		return 'd'
	case after.Erased-before.Erased > after.Zero-before.Zero:
		return 'e'
	}
	return 'z'
}

// cell measures [off, end): the image's own holes as zeros, and data by reading them.
func (m *meter) cell(f *Fill, img flash.Image, off, end int64) error {
	looked := false
	for runs := 0; off < end; runs++ {
		d, err := flash.NextData(img, off)
		if err != nil || d.Offset < off || d.Length < 0 { // no valid answer: all is data
			d = flash.Extent{Offset: off, Length: end - off}
		}
		if d.Length == 0 || d.Offset >= end {
			d = flash.Extent{Offset: end}
		}
		f.Zero += d.Offset - off
		stop := min(d.End(), end)
		if runs >= maxRuns && !m.full {
			stop = end
		}
		switch {
		case stop == d.Offset:
		case m.full:
			if err := m.readAll(f, img, d.Offset, stop); err != nil {
				return err
			}
		case stop-d.Offset <= short:
			if err := m.readAll(f, img, d.Offset, stop); err != nil {
				return err
			}
		case looked: // one sample for a cell is enough
			f.Data += stop - d.Offset
			f.Exact = false
		default:
			m.look(f, img, d.Offset, stop)
			looked = true
		}
		off = stop
	}
	return nil
}

// look reads the first block of [off, end) and counts the rest as equal.
func (m *meter) look(f *Fill, img flash.Image, off, end int64) {
	f.Exact = false
	if flash.ReadInto(img, m.buf[:spot], off) != nil {
		f.Bad += end - off
		return
	}
	f.add(m.buf[:spot], off, end-off)
}

// readAll reads all of [off, end), in blocks.
func (m *meter) readAll(f *Fill, img flash.Image, off, end int64) error {
	for off < end {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		n := min(end-off, int64(len(m.buf)), chunk-off%spot) // blocks stay aligned
		got, err := img.ReadAt(m.buf[:n], off)
		if int64(got) < n && (err == nil || errors.Is(err, io.EOF)) {
			err = io.ErrUnexpectedEOF
		}
		for at := int64(0); at < int64(got); {
			size := min(spot-(off+at)%spot, int64(got)-at)
			f.add(m.buf[at:at+size], off+at, size)
			at += size
		}
		if int64(got) < n && err != nil {
			// One unreadable block says nothing about those behind it.
			at := off + int64(got)
			bad := min(spot-at%spot, end-at)
			f.Bad += bad
			got += int(bad)
		}
		off += int64(got)
	}
	return nil
}

// add counts a block of length bytes that begins with b.
func (f *Fill) add(b []byte, off, length int64) {
	switch {
	case flash.IsFill(b, 0x00):
		f.Zero += length
	case flash.IsFill(b, 0xFF):
		f.Erased += length
	default:
		f.Data += length
		f.DataEnd = off + length
	}
}
