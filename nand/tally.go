package nand

import "bytes"

// tally has counts of how pages end, for one geometry.
type tally struct {
	breaks, runs int // pages of text with other bytes after them; with more text after them

	full     int                 // pages with data in at least half of their bytes
	marked   int                 // full pages with 0xff at the bad block marker
	controls [controlColumns]int // full pages with 0xff at an offset inside the data
}

const (
	controlColumns = 16
	enoughPages    = 16
	enoughBreaks   = 2
)

// markerColumn returns the offset of the bad block marker in a page's spare bytes: the sixth byte
// on chips with small pages, the first on all others.
func markerColumn(page int) int {
	if page == 512 {
		return 5
	}
	return 0
}

// count counts the pages that are completely in b, which is at off.
func (t *tally) count(p pair, b []byte, off int64) {
	stride := p.stride()
	first := (stride - off%stride) % stride
	for at := first; at+stride <= int64(len(b)); at += stride {
		page := b[at : at+stride]
		t.page(page[:p.page], page[p.page:])
	}
}

func (t *tally) page(data, spare []byte) {
	if allText(data) {
		other := 0
		for _, c := range spare {
			if !isText(c) {
				other++
			}
		}
		if other*4 >= len(spare) {
			t.breaks++
		} else {
			t.runs++
		}
	}
	if bytes.Count(data, []byte{0xff})*2 > len(data) {
		return
	}
	t.full++
	if spare[markerColumn(len(data))%len(spare)] == 0xff {
		t.marked++
	}
	for i := range t.controls {
		if data[i*len(data)/controlColumns] == 0xff {
			t.controls[i]++
		}
	}
}

// text reports whether texts are interrupted at the offset of the spare bytes.
func (t *tally) text() bool {
	return t.breaks >= enoughBreaks && t.runs*4 <= t.breaks
}

// marker reports whether the byte after the data is 0xff on almost all full pages. Data may have
// such columns, too (the alpha channel of a picture), so at most one of the control offsets inside
// the data may look the same.
func (t *tally) marker() bool {
	if t.full < enoughPages || t.marked*100 < t.full*97 {
		return false
	}
	same := 0
	for _, n := range t.controls {
		if n*100 >= t.full*90 {
			same++
		}
	}
	return same <= 1
}

func allText(b []byte) bool {
	for _, c := range b {
		if !isText(c) {
			return false
		}
	}
	return true
}

func isText(c byte) bool {
	return c >= ' ' && c <= '~' || c == '\n' || c == '\r' || c == '\t'
}
