package nand

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Geometry is the layout of the pages of a chip in a dump.
type Geometry struct {
	Page  int `json:"page"`  // data bytes of a page
	Spare int `json:"spare"` // spare bytes of a page in the dump; 0: it has data only

	PagesPerBlock int `json:"pages_per_block,omitempty"` // 0: unknown
	Blocks        int `json:"blocks,omitempty"`          // of the chip, from its boot header; 0: unknown

	// Sector is not 0 if the spare bytes seem to be interleaved: equal parts of them after every
	// Sector bytes of data, not after the page. Logical returns such a dump unchanged.
	Sector int `json:"sector,omitempty"`

	Evidence []string        `json:"evidence"` // the evidence for the geometry, one sentence for each kind
	Problems []flash.Problem `json:"problems"` // never empty: it reports what is unverified
}

const place = "nand"

// String returns the geometry in the usual form, 2048+64.
func (g *Geometry) String() string { return pair{g.Page, g.Spare}.String() }

// Stride returns the distance from one page to the next in the dump, bytes.
func (g *Geometry) Stride() int64 { return int64(g.Page) + int64(g.Spare) }

// BlockSize returns the data bytes of a block, or 0 if PagesPerBlock is unknown.
func (g *Geometry) BlockSize() int64 { return int64(g.Page) * int64(g.PagesPerBlock) }

// Sectors returns the geometry that separates a dump with interleaved spare bytes: its pages are
// the sectors. If Sector is 0, it returns g.
func (g *Geometry) Sectors() *Geometry {
	if g.Sector == 0 {
		return g
	}
	n := g.Page / g.Sector
	flat := *g
	flat.Page, flat.Spare, flat.PagesPerBlock, flat.Sector = g.Sector, g.Spare/n, g.PagesPerBlock*n, 0
	return &flat
}

func (g *Geometry) problem(s flash.Severity, off int64, format string, a ...any) {
	g.Problems = append(g.Problems, flash.NewProblem(s, place, off, format, a...))
}

// pair is the size of a page and of its spare bytes, bytes.
type pair struct{ page, spare int }

func (p pair) String() string { return fmt.Sprintf("%d+%d", p.page, p.spare) }
func (p pair) stride() int64  { return int64(p.page) + int64(p.spare) }

// sectors returns the possible ways in which a controller interleaves p's spare bytes.
func (p pair) sectors() []pair {
	var out []pair
	for _, sector := range []int{512, 1024} {
		if n := p.page / sector; n > 1 && p.spare > 0 && p.spare%n == 0 {
			out = append(out, pair{sector, p.spare / n})
		}
	}
	return out
}

// chips has the page and spare sizes of known chips (the kernel's nand_ids.c, u-boot's mkimage),
// and 16384+128 of a read-back in a forum.
var chips = []pair{
	{512, 16},
	{2048, 64}, {2048, 96}, {2048, 112}, {2048, 120}, {2048, 128},
	{4096, 128}, {4096, 218}, {4096, 224}, {4096, 232}, {4096, 256},
	{8192, 256}, {8192, 376}, {8192, 436}, {8192, 448}, {8192, 512}, {8192, 640}, {8192, 744},
	{16384, 128}, {16384, 1216}, {16384, 1280}, {16384, 1664}, {16384, 1872},
}

// Two kinds of evidence are required, or three if the file's size is not a multiple of the page
// with its spare bytes: then the dump is cut, or is not a NAND dump.
const (
	enough    = 2
	enoughCut = 3
)

// Detect returns the layout of the pages in img. It reads at most about 40 MiB; of most images that
// are not NAND dumps it reads only the first page and a few probes.
//
// The error wraps flash.ErrNotThis if img does not look like a dump of NAND flash. Any other
// *flash.FormatError means that it looks like one, but that its geometry is not certain enough to
// separate it.
func Detect(img flash.Image) (*Geometry, error) {
	d := &detector{img: img, size: img.Size()}
	if err := d.readHeader(); err != nil {
		return nil, err
	}
	d.propose()
	if len(d.found) == 0 {
		return nil, notThis("no sign of NAND flash, and the size is not a multiple of any page with spare bytes")
	}
	if err := d.scan(); err != nil {
		return nil, err
	}
	best, err := d.choose()
	if err != nil {
		return nil, err
	}
	return d.geometry(best), nil
}

// detector collects the evidence for each candidate.
type detector struct {
	img    flash.Image
	size   int64
	header *bootHeader
	found  []*candidate
	hits   []hit
	pages  map[pair]*tally
}

// candidate is a geometry with its evidence.
type candidate struct {
	pair
	ubi   ubiSigns
	signs []sign
}

// sign is one kind of evidence. If places is true, it shows where in the dump pages end; other
// signs may be true for several geometries at once.
type sign struct {
	text   string
	places bool
}

func (c *candidate) places() (n int) {
	for _, s := range c.signs {
		if s.places {
			n++
		}
	}
	return n
}

func notThis(format string, a ...any) error {
	return &flash.FormatError{Format: "nand", Offset: flash.NoOffset, Text: fmt.Sprintf(format, a...), Err: flash.ErrNotThis}
}

func uncertain(format string, a ...any) error {
	return &flash.FormatError{Format: "nand", Offset: flash.NoOffset, Text: fmt.Sprintf(format, a...)}
}

// propose adds the possible geometries: those that divide the file, that of the boot header, and
// pages without spare bytes if there is a header or UBI at the start of blocks.
func (d *detector) propose() {
	add := func(p pair) *candidate {
		c := &candidate{pair: p}
		d.found = append(d.found, c)
		return c
	}
	if h := d.header; h != nil {
		add(pair{h.page, 0})
		if !slices.Contains(chips, h.pair) && h.spare > 0 {
			add(h.pair)
		}
	}
	for _, p := range chips {
		stated := d.header != nil && d.header.page == p.page
		if d.size >= p.stride() && (d.size%p.stride() == 0 || stated) {
			add(p)
		}
	}
	for _, c := range d.found {
		c.ubi = probeUBI(d.img, c.pair, probes)
	}
	if d.header != nil {
		return
	}
	for _, page := range []int{2048, 4096, 8192, 16384} {
		if u := probeUBI(d.img, pair{page, 0}, probesBlind); u.blocks > 0 {
			add(pair{page, 0}).ubi = u
		}
	}
}

// choose returns the best candidate. If a dump matches both a page and that page's sectors, it
// chooses the page, with interleaved spare bytes.
func (d *detector) choose() (*candidate, error) {
	var sure []*candidate
	for _, c := range d.found {
		d.weigh(c)
		need := enough
		if d.size%c.stride() != 0 {
			need = enoughCut
		}
		if c.places() > 0 && len(c.signs) >= need {
			sure = append(sure, c)
		}
	}
	whole := slices.Clone(sure)
	sure = slices.DeleteFunc(sure, func(c *candidate) bool {
		return slices.ContainsFunc(whole, func(w *candidate) bool { return slices.Contains(w.sectors(), c.pair) })
	})
	if len(sure) == 0 {
		return nil, d.unsure()
	}
	slices.SortStableFunc(sure, func(a, b *candidate) int {
		if n := b.places() - a.places(); n != 0 {
			return n
		}
		return len(b.signs) - len(a.signs)
	})
	if len(sure) > 1 && sure[0].places() == sure[1].places() && len(sure[0].signs) == len(sure[1].signs) {
		return nil, uncertain("pages of %s and of %s bytes match this dump equally well", sure[0], sure[1])
	}
	return sure[0], nil
}

// unsure returns the error if no candidate has enough evidence.
func (d *detector) unsure() error {
	for _, c := range d.found {
		for _, s := range c.sectors() {
			if t := d.pages[s]; t.text() && t.marker() {
				return uncertain("%d spare bytes seem to be after every %d bytes, but the page size is unknown", s.spare, s.page)
			}
		}
	}
	if h := d.header; h != nil {
		return uncertain("the boot header %s states pages of %s bytes, but nothing shows their layout in the dump", h.ID, h.pair)
	}
	for _, c := range d.found {
		if len(c.signs) > 0 {
			return notThis("not enough evidence for pages of %s bytes: %s", c, c.signs[0].text)
		}
	}
	return notThis("nothing repeats at the distance of a page with spare bytes")
}

// geometry makes a Geometry from the best candidate, with problems for everything that is
// uncertain.
func (d *detector) geometry(c *candidate) *Geometry {
	g := &Geometry{Page: c.page, Spare: c.spare, PagesPerBlock: c.ubi.pagesPerBlock}
	for _, s := range c.signs {
		g.Evidence = append(g.Evidence, s.text)
	}
	g.problem(flash.Note, flash.NoOffset, "recognised from public descriptions only: this reader was never verified with a dump of a real phone")
	if h := d.header; h != nil {
		d.takeHeader(g, h)
	}
	if tail := d.size % g.Stride(); tail != 0 {
		g.problem(flash.Warning, d.size-tail, "the dump ends inside a page: it is cut, or its pages do not have %s bytes", g)
	}
	if g.PagesPerBlock == 0 {
		g.problem(flash.Warning, flash.NoOffset, "the number of pages of a block is unknown: bad blocks cannot be found")
	}
	if g.Spare > 0 {
		g.problem(flash.Note, flash.NoOffset, "bit errors are not corrected: the ECC in the spare bytes is the controller's own")
		d.placeSpares(g, c)
	}
	return g
}

// takeHeader adds the facts that only the boot header has, and problems where it disagrees.
func (d *detector) takeHeader(g *Geometry, h *bootHeader) {
	g.Blocks = h.blocks
	if g.PagesPerBlock == 0 {
		g.PagesPerBlock = h.pagesPerBlock
	}
	if h.pagesPerBlock != 0 && h.pagesPerBlock != g.PagesPerBlock {
		g.problem(flash.Warning, 0, "the boot header states %d pages for each block, but UBI shows %d", h.pagesPerBlock, g.PagesPerBlock)
	}
	if g.Spare > 0 && h.spare != g.Spare {
		g.problem(flash.Note, 0, "the boot header states %d spare bytes for each page, but the dump has %d", h.spare, g.Spare)
	}
}

// placeSpares finds out where in a page the spare bytes are.
func (d *detector) placeSpares(g *Geometry, c *candidate) {
	if t := d.pages[c.pair]; t.text() || t.marker() || d.signed(c.pair, bmtMagic, "bmt") {
		if c.page == 512 && g.PagesPerBlock != smallBlock {
			g.problem(flash.Warning, flash.NoOffset, "pages of 512 bytes are rare in phones: these may be the sectors of larger pages")
		}
		return
	}
	for _, s := range c.sectors() {
		if t := d.pages[s]; t.text() || t.marker() {
			g.Sector = s.page
			g.problem(flash.Warning, flash.NoOffset, "the spare bytes seem to be interleaved, %d after every %d bytes: they are not removed from the dump", s.spare, s.page)
			return
		}
	}
	g.problem(flash.Warning, flash.NoOffset, "nothing shows where in a page the spare bytes are: its last %d bytes are used as spare bytes", g.Spare)
}

// smallBlock is the number of pages of a block of a 512+16 chip.
const smallBlock = 32

// String returns the candidate's sizes: 2048+64, or 2048 if it has no spare bytes.
func (c *candidate) String() string { return strings.TrimSuffix(c.pair.String(), "+0") }
