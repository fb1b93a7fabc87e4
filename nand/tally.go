package nand

import "bytes"

// tally counts, for one geometry, how pages end.
type tally struct {
	breaks, runs int // pages of text with other bytes behind, with more text behind

	full     int                 // pages that hold data in at least half of their bytes
	marked   int                 // of these, with 0xff where the bad block marker stands
	controls [controlColumns]int // of these, with 0xff at a place inside the data
}

const (
	controlColumns = 16
	enoughPages    = 16
	enoughBreaks   = 2
)

// markerColumn is where in a page's spare bytes the bad block marker stands: chips with
// small pages have it at the sixth byte, all others at the first.
func markerColumn(page int) int {
	if page == 512 {
		return 5
	}
	return 0
}

// count looks at the pages that lie wholly in b, which stands at off.
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

// text reports whether texts break where the spare bytes would be.
func (t *tally) text() bool {
	return t.breaks >= enoughBreaks && t.runs*4 <= t.breaks
}

// marker reports whether the byte behind the data is 0xff on nearly all full pages.
// Data may hold such columns too (a picture's alpha), so a few places inside the data
// must not look the same.
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
