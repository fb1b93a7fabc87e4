package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/ebr"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// Where in a file the user area begins. Read-backs that start at its first byte are
// the rule; the exceptions are
//
//	linear    BOOT_1 ‖ BOOT_2 ‖ RPMB ‖ USER     in one file, the user area at a base of
//	                                            0x600000, 0x1400000 … by phone and tool
//	shifted   anything ‖ USER                   a read from elsewhere, a logger's header
//	head cut          USER from byte n on       a read that began too late
//
// The base is found by the partition table, but a table is easily found in a wrong
// place (firmware on a phone's own storage has one too). So two witnesses must agree:
// the table, and something that stands where the table says: the EBRs, the backup
// table, or content that fits the name of its row.

const (
	// baseScan is how far into a file a table is looked for. The largest base known,
	// 0x1800000, lies well within.
	baseScan = 64 << 20

	// maxCandidates bounds how many places are tried.
	maxCandidates = 64

	// tableOnly is the size up to which a file is a table read by itself, not a user
	// area: tools read 0x8000 or 0x80000 bytes for that.
	tableOnly = 512 << 10

	// bootStep is the distance at which a second boot region is looked for: EXT_CSD
	// counts them in units of 128 KiB.
	bootStep = 0x20000
)

// Fields of a GPT header and the first entry of an MBR, as far as a table is found by
// them. What they say is judged by gpt and ebr.
const (
	gptSignature = "EFI PART"
	gptMyLBA     = 0x18
	gptHeader    = 92

	// A link to EBR1 at sector 0x400, of no stated length: the first entry of the MBR on
	// every MediaTek phone that has one, and where it stands. It is looked for from its
	// first byte on that is rare.
	mbrLink     = "\x00\x00\x00\x00\x05\x00\x00\x00\x00\x04\x00\x00\xFF\xFF\xFF\xFF"
	mbrLinkAt   = 0x1BE
	mbrLinkRare = 9
)

var sectorSizes = []int64{512, 4096}

// prefixRegion is what stands before a user area and is of no known kind.
const prefixRegion flash.Region = "PREFIX"

// placement is how a file divides into regions.
type placement struct {
	storage  flash.Storage
	parts    []flash.Part // Source is left to the caller; Base and order are those in the file
	problems flash.Problems
	table    bool // a partition table was found, and more than it
	boot     bool // the file begins with a boot region
}

// place finds the regions in a file. With search, a table is looked for behind the
// first bytes, if there is none; otherwise the file is what it begins with. A file
// without any sign is taken for a user area.
func place(img flash.Image, search bool) placement {
	medium := preloader.Medium(img)
	if medium == "" && tableAtStart(img) {
		return placement{storage: storageOf(img), parts: []flash.Part{{Region: storageOf(img).User(), Image: img}},
			table: img.Size() > tableOnly}
	}
	if p, found := chip(img); found {
		return p
	}
	if search && img.Size() > tableOnly && medium != preloader.MediumGFH {
		if p, found := linear(img, medium != ""); found {
			return p
		}
	}
	p := placement{storage: storageOf(img), boot: medium != ""}
	region := p.storage.User()
	if p.boot {
		region = p.storage.BootAlone()
	}
	p.parts = []flash.Part{{Region: region, Image: img}}
	return p
}

// storageOf tells the kind of flash from what stands in the file: the boot region's
// own header, or the sector size of the partition table (UFS has 4096-byte sectors,
// eMMC 512). Anything else is taken for eMMC, which all older phones have.
func storageOf(img flash.Image) flash.Storage {
	if s := preloader.StorageOf(preloader.Medium(img)); s != "" {
		return s
	}
	if g, err := gpt.Read(img); err == nil && g.SectorSize == 4096 {
		return flash.UFS
	}
	return flash.EMMC
}

// tableAtStart reports whether img is a user area from its first byte on, which is so
// when either copy of its table is in its place.
func tableAtStart(img flash.Image) bool {
	if ebr.Sniff(img) {
		return true
	}
	g, err := gpt.Read(img)
	if err != nil {
		return false
	}
	standalone := func(c *gpt.Copy) bool { return c == nil || c.Standalone }
	return !standalone(g.Primary) || !standalone(g.Backup) && g.Backup.HeaderOK || img.Size() <= tableOnly
}

// linear finds the user area of a file that does not begin with it.
func linear(img flash.Image, boot bool) (placement, bool) {
	var best view
	for _, base := range candidates(img) {
		if v := look(img, base); v.sure() && v.score() > best.score() {
			best = v
		}
	}
	if !best.sure() {
		return placement{}, false
	}
	p := placement{storage: storageOf(best.img), table: true, boot: boot}
	user := flash.Part{Region: p.storage.User(), Image: img}
	where, why := string(user.Region), strings.Join(best.witnesses, ", ")
	switch {
	case best.base < 0:
		cut := -best.base
		user.Base, user.Image, user.Unread = best.base, flash.Pad(img, cut), []flash.Extent{{Length: cut}}
		p.problems = []flash.Problem{flash.NewProblem(flash.Error, where, 0, "the first 0x%x bytes are missing (0x0..0x%x): the file begins in the middle, as %s tell", cut, cut, why)}
	case best.base > 0:
		p.parts = prefix(img, best.base, p.storage)
		user.Base = best.base
		user.Image = flash.Slice(img, flash.Extent{Offset: best.base, Length: img.Size() - best.base})
		p.problems = []flash.Problem{flash.NewProblem(flash.Note, where, flash.NoOffset, "begins at 0x%x of the file, as %s tell", best.base, why)}
	}
	p.parts = append([]flash.Part{user}, p.parts...)
	return p, true
}

// prefix names what stands before the user area. Two boot regions are told apart by
// the second one's header, and are of one size; where they end and RPMB begins cannot
// be seen otherwise.
func prefix(img flash.Image, base int64, storage flash.Storage) []flash.Part {
	part := func(r flash.Region, from, to int64) flash.Part {
		return flash.Part{Region: r, Base: from, Image: flash.Slice(img, flash.Extent{Offset: from, Length: to - from})}
	}
	if preloader.Medium(img) == "" {
		return []flash.Part{part(prefixRegion, 0, base)}
	}
	for second := int64(bootStep); second < base; second += bootStep {
		m := preloader.Medium(flash.Slice(img, flash.Extent{Offset: second, Length: base - second}))
		if m == "" || m == preloader.MediumGFH {
			continue
		}
		end := min(2*second, base)
		parts := []flash.Part{part(storage.Boot1(), 0, second), part(storage.Boot2(), second, end)}
		if end < base {
			parts = append(parts, part(flash.EMMCRPMB, end, base))
		}
		return parts
	}
	return []flash.Part{part(storage.Boot1(), 0, base)}
}

// candidates lists where the user area could begin, in bytes from the start of the
// file: negative when its head is missing.
func candidates(img flash.Image) []int64 {
	var out []int64
	add := func(base int64) {
		if base != 0 && base < img.Size() && len(out) < maxCandidates && !slices.Contains(out, base) {
			out = append(out, base)
		}
	}
	// A header at either end of the file says which sector it is.
	for _, sector := range sectorSizes {
		for _, off := range []int64{0, img.Size() - sector} {
			if lba := headerLBA(img, off); lba > 0 {
				add(off - lba*sector)
			}
		}
	}
	scan(img, add)
	return out
}

// headerLBA returns the sector a GPT header says it is in, 0 when there is none.
func headerLBA(img flash.Image, off int64) int64 {
	b, err := flash.ReadFull(img, max(off, 0), gptHeader)
	if err != nil || string(b[:len(gptSignature)]) != gptSignature {
		return 0
	}
	lba := binary.LittleEndian.Uint64(b[gptMyLBA:])
	if lba > 1<<50 {
		return 0
	}
	return int64(lba)
}

// scan looks for the marks of both kinds of table, at any byte: a prefix need not be a
// whole number of sectors.
func scan(img flash.Image, add func(base int64)) {
	const step, overlap = 1 << 20, 512
	end := min(img.Size(), baseScan)
	buf := make([]byte, step+overlap)
	for off := int64(0); off < end; {
		d, err := flash.NextData(img, off)
		if err != nil || d.Length == 0 || d.Offset >= end {
			return
		}
		off = max(off, d.Offset&^511)
		n, err := img.ReadAt(buf, off)
		if err != nil && err != io.EOF {
			return
		}
		for _, i := range indexAll(buf[:n], gptSignature) {
			if headerLBA(img, off+i) == 1 {
				for _, sector := range sectorSizes {
					add(off + i - sector)
				}
			}
		}
		for _, i := range indexAll(buf[:n], mbrLink[mbrLinkRare:]) {
			if i -= mbrLinkRare; i >= 0 && bytes.HasPrefix(buf[i:n], []byte(mbrLink)) {
				add(off + i - mbrLinkAt)
			}
		}
		off += step
	}
}

func indexAll(b []byte, mark string) []int64 {
	var out []int64
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte(mark))
		if i < 0 {
			return out
		}
		out = append(out, int64(from+i))
		from += i + 1
	}
}

// view is a file seen as if its user area began at base.
type view struct {
	base      int64
	img       flash.Image
	table     bool     // a table stands where it must
	witnesses []string // all that speaks for the base, the table among them
	against   int      // rows that hold what cannot be there
}

func (v view) sure() bool { return v.table && v.score() >= 2 }

func (v view) score() int { return len(v.witnesses) - v.against }

// look gathers what speaks for a base.
func look(img flash.Image, base int64) view {
	v := view{base: base}
	if base < 0 {
		v.img = flash.Pad(img, -base)
	} else {
		v.img = flash.Slice(img, flash.Extent{Offset: base, Length: img.Size() - base})
	}
	if c, err := ebr.Read(v.img); err == nil {
		v.ebr(c)
	} else if g, err := gpt.Read(v.img); err == nil {
		v.gpt(g)
	}
	return v
}

func (v *view) gpt(g *gpt.GPT) {
	for _, c := range []*gpt.Copy{g.Primary, g.Backup} {
		if c != nil && c.HeaderOK && c.HeaderOffset == int64(c.MyLBA)*g.SectorSize {
			v.table = true
			v.witnesses = append(v.witnesses, fmt.Sprintf("the %s GPT", c.Role))
		}
	}
	if !v.table {
		return
	}
	for _, row := range g.Table(flash.EMMCUser).Partitions {
		if !row.Placed() || row.Offset < -v.base || row.Length == 0 {
			continue
		}
		switch image.Agrees(scatter.Canonical(row.Name), image.Sniff(flash.Slice(v.img, row.Extent))) {
		case image.Confirmed:
			v.witnesses = append(v.witnesses, row.Name)
		case image.Contradicted:
			v.against++
		}
		if len(v.witnesses) > maxWitnesses {
			return
		}
	}
}

// maxWitnesses is how many are enough: a base is believed by two.
const maxWitnesses = 6

// ebr has no names to go by: what its rows hold are file systems.
func (v *view) ebr(c *ebr.Chain) {
	for i, s := range c.Sectors {
		v.table = true
		if i == 0 || s.Offset > 0 {
			v.witnesses = append(v.witnesses, s.Name)
		}
	}
	for _, row := range c.Table(flash.EMMCUser, v.img.Size()).Partitions {
		switch image.Sniff(flash.Slice(v.img, row.Extent)).Kind {
		case image.Ext4, image.F2FS, image.FAT, image.SquashFS, image.EROFS:
			v.witnesses = append(v.witnesses, row.Name)
		}
		if len(v.witnesses) > maxWitnesses {
			return
		}
	}
}
