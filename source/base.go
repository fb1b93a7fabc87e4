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

// Where the user area begins in a file. Most read-backs start at its first byte. The exceptions are
//
//	linear    BOOT_1 ‖ BOOT_2 ‖ RPMB ‖ USER     in one file, the user area at a base of
//	                                            0x600000, 0x1400000 … by phone and tool
//	shifted   anything ‖ USER                   a read from elsewhere, a logger's header
//	head cut          USER from byte n on       a read that began too late
//
// The base is found by the partition table. But a table is easily found at a wrong offset
// (firmware in a phone's own storage has one, too). So two witnesses must agree: the table, and
// data where the table says they are: the EBRs, the backup table, or content that fits the name
// of its row.

const (
	// baseScan is the length, from the start of a file, in which a table is searched for. The
	// largest known base is 0x1800000.
	baseScan = 64 << 20

	// maxCandidates is the largest number of bases that are tried.
	maxCandidates = 64

	// tableOnly is the size up to which a file is a table alone, not a user area: tools read
	// 0x8000 or 0x80000 bytes for a table.
	tableOnly = 512 << 10

	// bootStep is the distance between offsets at which a second boot region is searched for:
	// EXT_CSD counts its size in units of 128 KiB.
	bootStep = 0x20000
)

// The fields of a GPT header and of the first entry of an MBR by which a table is found.
// Packages gpt and ebr check their values.
const (
	gptSignature = "EFI PART"
	gptMyLBA     = 0x18
	gptHeader    = 92

	// A link to EBR1 at sector 0x400, without a length: the first entry of the MBR on every
	// MediaTek phone that has one, and its offset. The search starts with the first byte that is
	// rare.
	mbrLink     = "\x00\x00\x00\x00\x05\x00\x00\x00\x00\x04\x00\x00\xFF\xFF\xFF\xFF"
	mbrLinkAt   = 0x1BE
	mbrLinkRare = 9
)

var sectorSizes = []int64{512, 4096}

// prefixRegion is the region of unknown bytes before a user area.
const prefixRegion flash.Region = "PREFIX"

// placement is the division of a file into regions.
type placement struct {
	storage  flash.Storage
	parts    []flash.Part // the caller sets Source; Base and order are those in the file
	problems flash.Problems
	table    bool // a partition table was found, and the file has more than the table
	boot     bool // the file begins with a boot region
}

// place finds the regions in a file. With search, it also searches for a table behind the start
// of the file. A file in which nothing is found is a user area.
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

// storageOf returns the flash type of a file, by the header of the boot region or by the sector
// size of the partition table (UFS has 4096-byte sectors, eMMC 512). It is eMMC otherwise, as in
// all older phones.
func storageOf(img flash.Image) flash.Storage {
	if s := preloader.StorageOf(preloader.Medium(img)); s != "" {
		return s
	}
	if g, err := gpt.Read(img); err == nil && g.SectorSize == 4096 {
		return flash.UFS
	}
	return flash.EMMC
}

// tableAtStart reports whether img is a user area from its first byte on: one copy of its table
// is at its proper offset.
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

// linear finds the user area in a file that does not begin with it.
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
		p.problems = []flash.Problem{flash.NewProblem(flash.Error, where, 0, "the first 0x%x bytes are missing (0x0..0x%x): the file begins in the middle; witnesses: %s", cut, cut, why)}
	case best.base > 0:
		p.parts = prefix(img, best.base, p.storage)
		user.Base = best.base
		user.Image = flash.Slice(img, flash.Extent{Offset: best.base, Length: img.Size() - best.base})
		p.problems = []flash.Problem{flash.NewProblem(flash.Note, where, flash.NoOffset, "begins at 0x%x of the file; witnesses: %s", best.base, why)}
	}
	p.parts = append([]flash.Part{user}, p.parts...)
	return p, true
}

// prefix divides the bytes before the user area. A second boot region is found by its header,
// and has the size of the first one. Otherwise nothing shows where the boot regions end and RPMB
// begins.
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

// candidates lists the possible offsets of the user area, in bytes from the start of the file. An
// offset is negative if the head of the user area is missing.
func candidates(img flash.Image) []int64 {
	var out []int64
	add := func(base int64) {
		if base != 0 && base < img.Size() && len(out) < maxCandidates && !slices.Contains(out, base) {
			out = append(out, base)
		}
	}
	// A header at the start or end of the file says in which sector it is.
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

// headerLBA returns the sector number in a GPT header, 0 if there is no header.
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

// scan searches for the marks of both kinds of table at every byte: a prefix may not be a whole
// number of sectors.
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

// view is a file with an assumed base of the user area.
type view struct {
	base      int64
	img       flash.Image
	table     bool     // a table is at its proper offset
	witnesses []string // all witnesses for the base, the table included
	against   int      // number of rows with content that cannot belong to them
}

func (v view) sure() bool { return v.table && v.score() >= 2 }

func (v view) score() int { return len(v.witnesses) - v.against }

// look collects the witnesses for a base.
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

// maxWitnesses ends the search for witnesses. Two are enough to accept a base.
const maxWitnesses = 6

// ebr looks for file systems in the rows, because these have no names.
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
