package nand

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// The ranges that are read: the head with boot loaders and the first partitions, the tail with the
// BMT and the PMT, and windows spread evenly between them. Sizes in bytes.
const (
	window  = 256 << 10
	headLen = 4 << 20
	tailLen = 16 << 20
	spread  = 64
	maxHits = 4096
)

// Magic numbers that are always at the start of a page. For those of PMT and BMT see also signed.
const (
	headerMagic = "\x88\x16\x88\x58"
	bootMagic   = "ANDROID!"
	bmtMagic    = "BMT\x01"
)

var (
	pmtMagics   = []string{"1vTP", "2vTP", "3vTP"}
	startMagics = []string{headerMagic, bootMagic, "BOOTLOADER!\x00"} // UBI has its own sign
	magics      = slices.Concat(startMagics, pmtMagics, []string{bmtMagic})
)

// hit is a magic number and its offset in the dump.
type hit struct {
	magic string
	off   int64
}

// scan reads the windows once and collects hits and counts for all candidates.
func (d *detector) scan() error {
	d.pages = map[pair]*tally{}
	for _, c := range d.found {
		if c.spare == 0 {
			continue
		}
		for _, p := range append(c.sectors(), c.pair) {
			d.pages[p] = &tally{}
		}
	}
	buf := make([]byte, window)
	for _, off := range windows(d.size) {
		next, err := flash.NextData(d.img, off)
		if err != nil {
			return &flash.FormatError{Format: "nand", Offset: off, Text: "cannot read", Err: err}
		}
		if next.Length == 0 || next.Offset >= off+window {
			continue
		}
		n, err := d.img.ReadAt(buf, off)
		if err != nil && err != io.EOF {
			return &flash.FormatError{Format: "nand", Offset: off, Text: "cannot read", Err: err}
		}
		d.collect(buf[:n], off)
		for p, t := range d.pages {
			t.count(p, buf[:n], off)
		}
	}
	return nil
}

// windows returns the offsets of the windows, in order.
func windows(size int64) []int64 {
	var out []int64
	run := func(from, to int64) {
		for off := from; off < to; off += window {
			out = append(out, off)
		}
	}
	if size <= headLen+tailLen+spread*window {
		run(0, size)
		return out
	}
	run(0, headLen)
	step := (size - headLen - tailLen) / spread
	for i := range int64(spread) {
		out = append(out, headLen+i*step)
	}
	run(size-tailLen, size)
	return out
}

// collect records the magic numbers in b, which is at off.
func (d *detector) collect(b []byte, off int64) {
	for _, m := range magics {
		for at := 0; len(d.hits) < maxHits; at++ {
			i := bytes.Index(b[at:], []byte(m))
			if i < 0 {
				break
			}
			at += i
			if m == headerMagic && (at+9 > len(b) || !letter(b[at+8])) {
				continue // four bytes of code, not the header, which has a name
			}
			d.hits = append(d.hits, hit{m, off + int64(at)})
		}
	}
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// weigh adds the kinds of evidence for c.
func (d *detector) weigh(c *candidate) {
	add := func(places bool, format string, a ...any) {
		c.signs = append(c.signs, sign{fmt.Sprintf(format, a...), places})
	}
	if h := d.header; h != nil && h.page == c.page && (c.spare == 0 || c.spare == h.spare) {
		add(false, "the boot header %s states pages of %s bytes, %d in each block", h.ID, h.pair, h.pagesPerBlock)
	}
	if h := d.header; h != nil && h.page == c.page && h.neighbours(d.img, c.pair) {
		add(true, "the boot layout and preloader follow the boot header in steps of %d bytes", c.stride())
	}
	if c.ubi.volumes > 1 {
		add(true, "%d UBI blocks have their volume header one page of %d bytes later, at a distance of %d bytes", c.ubi.volumes, c.page, c.stride())
	}
	if c.spare == 0 {
		if n := d.aligned(c.pair, pmtMagics); n > 0 {
			add(false, "a PMT is at the start of a page")
		}
		if n := d.aligned(c.pair, []string{bmtMagic}); n > 0 {
			add(false, "a BMT is at the start of a page")
		}
		return
	}
	if n := d.starts(c.pair); n > 0 {
		add(false, "%d headers are at multiples of %d bytes", n, c.stride())
	}
	if t := d.pages[c.pair]; t.text() {
		add(true, "text is interrupted by %d other bytes after every %d, %d times", c.spare, c.page, t.breaks)
	}
	if t := d.pages[c.pair]; t.marker() {
		add(true, "0xff follows %d bytes of data, on %d of %d full pages", c.page, t.marked, t.full)
	}
	if d.signed(c.pair, bmtMagic, "bmt") {
		add(true, "a BMT is signed in its spare bytes")
	}
	for _, m := range pmtMagics {
		if d.signed(c.pair, m, m) {
			add(true, "a PMT is signed in its spare bytes")
			break
		}
	}
	for _, s := range c.sectors() {
		if t := d.pages[s]; t.text() || t.marker() {
			add(false, "%d other bytes are after every %d", s.spare, s.page)
			break
		}
	}
}

// aligned returns how many hits of these magic numbers are at the start of a page.
func (d *detector) aligned(p pair, of []string) (n int) {
	for _, h := range d.hits {
		if h.off%p.stride() == 0 && slices.Contains(of, h.magic) {
			n++
		}
	}
	return n
}

// starts returns how many headers are at the start of a page, or 0 if too many are elsewhere. A
// page may contain several smaller pages of a boot image, so headers at its sectors are not counted
// as elsewhere.
func (d *detector) starts(p pair) int {
	good, bad := 0, 0
	for _, h := range d.hits {
		if !slices.Contains(startMagics, h.magic) || h.off < p.stride() {
			continue
		}
		switch column := h.off % p.stride(); {
		case column == 0:
			good++
		case column%512 != 0 || column >= int64(p.page):
			bad++
		}
	}
	if good < 2 || bad*8 > good {
		return 0
	}
	return good
}

// signed reports whether a magic number at the start of a page is repeated in the page's spare
// bytes, from the second byte.
func (d *detector) signed(p pair, magic, in string) bool {
	for _, h := range d.hits {
		if h.magic != magic || h.off%p.stride() != 0 {
			continue
		}
		b, err := flash.ReadFull(d.img, h.off+int64(p.page)+1, len(in))
		if err == nil && string(b) == in {
			return true
		}
	}
	return false
}
