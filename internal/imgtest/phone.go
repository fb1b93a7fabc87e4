package imgtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// Region names of scatter files for both boot regions together.
const (
	emmcBoot flash.Region = "EMMC_BOOT1_BOOT2"
	ufsBoot  flash.Region = "UFS_LU0_LU1"
)

// Phone is a made phone: the bytes that can be read from it, and its true partitions.
type Phone struct {
	Chip    string // "MT6592"
	Board   string // "demo_s1"
	Project string // as in the scatter file
	Storage flash.Storage

	User         *Sparse // the user area, ROM_1
	Boot1, Boot2 []byte  // the whole boot regions
	Preloader    []byte  // the preloader file within Boot1
	Scatter      string  // the scatter file of its firmware

	// Rows has the true partitions, in the order of the scatter file. The preloader is
	// the first row, in the boot region. Extents are real: reserved rows have their
	// real offsets, and a ToEnd row has its true length (up to the reserved rows).
	Rows []flash.Partition

	contents map[string][]piece
}

// Row returns the row with that name; it panics if there is none.
func (p *Phone) Row(name string) flash.Partition {
	for _, r := range p.Rows {
		if r.Name == name {
			return r
		}
	}
	panic("imgtest: no row " + name)
}

// Image returns the bytes of a row of the user area or of the preloader's region.
func (p *Phone) Image(name string) flash.Image {
	r := p.Row(name)
	return flash.Slice(p.Device().Image(p.region(r)), r.Extent)
}

// region returns the region of r on the device: a joined boot region means the first
// one.
func (p *Phone) region(r flash.Partition) flash.Region {
	if r.Region.IsBoot() {
		return p.Storage.Boot1()
	}
	return r.Region
}

// File returns the bytes at the start of a row: the image in a firmware package. It is
// nil for rows that are zero or contain no image.
func (p *Phone) File(name string) []byte {
	if p.Row(name).Region.IsBoot() {
		return p.Preloader
	}
	for _, c := range p.contents[name] {
		if c.off == 0 {
			return c.data
		}
	}
	return nil
}

// Device returns the phone as a program sees it after reading all of it.
func (p *Phone) Device() *flash.Device {
	boot := func(r flash.Region, b []byte, name string) flash.Part {
		return flash.Part{Region: r, Image: bytes.NewReader(b), Source: name}
	}
	return &flash.Device{Storage: p.Storage, Parts: []flash.Part{
		{Region: p.Storage.User(), Image: p.User, Source: "ROM_1"},
		boot(p.Storage.Boot1(), p.Boot1, "BOOT_1"),
		boot(p.Storage.Boot2(), p.Boot2, "BOOT_2"),
	}}
}

// ScatterName returns the file name of its scatter file.
func (p *Phone) ScatterName() string { return p.Chip + "_Android_scatter.txt" }

// WriteDump writes the files of a read-back into a folder: ROM_1 (with holes), BOOT_1,
// BOOT_2, and the scatter file. None of them may exist.
func (p *Phone) WriteDump(dir string) error {
	if err := p.User.WriteFile(filepath.Join(dir, "ROM_1")); err != nil {
		return err
	}
	for name, b := range map[string][]byte{
		"BOOT_1": p.Boot1, "BOOT_2": p.Boot2, p.ScatterName(): []byte(p.Scatter),
	} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		if _, err := f.Write(b); err != nil {
			f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// phoneSpec describes one phone.
type phoneSpec struct {
	chip, board string
	storage     flash.Storage
	size        int64 // of the user area, bytes
	rows        []row
	preloader   PreloaderSpec
	medium      string       // of the boot region
	bootSize    int          // bytes
	bootRegion  flash.Region // of the preloader row
	bootRow     int64        // length of the preloader row, bytes
	version     string       // of the scatter file
	upgradable  bool         // the scatter has is_upgradable and empty_boot_needed
	linearBase  int64        // linear less physical address, bytes
	table       func(*Phone) // writes the partition table
}

// small reduces the phone's rows to at most a MiB (with the part beyond whole MiB) and
// its user area to the sum of the rows. It is for tests in which the size does not
// matter.
func (s phoneSpec) small() phoneSpec {
	s.rows = slices.Clone(s.rows)
	s.size = 4 * mib // for the row that takes the rest
	for i := range s.rows[1:] {
		r, most := &s.rows[i+1], mib
		if r.name == "super" {
			most = 4 * mib // room for two file systems
		}
		if r.size > most {
			r.size = most + r.size%mib
		}
		s.size += r.gap + max(r.size, 0)
	}
	s.size = (s.size + mib - 1) / mib * mib
	return s
}

// row is one row of a phone's layout. Rows follow each other, with gap free bytes
// before the row. A row of the size rest takes all bytes that the other rows leave.
type row struct {
	name, file string
	size       int64
	op         string  // "" is UPDATE
	typ        string  // "" is NORMAL_ROM
	fill       content // nil leaves the row zero
	gap        int64
	gapData    []byte // at 4096 bytes in the gap
	noLength   bool   // the scatter file has no length for it
	attributes uint64 // of the GPT row
}

// rest is the size of a row that takes the remaining bytes.
const rest = -1

// piece is data at an offset in a row; content makes a row's pieces from its size.
type piece struct {
	off  int64
	data []byte
}

type content func(size int64) []piece

// build places the rows, fills them, and adds the partition table.
func build(s phoneSpec) *Phone {
	p := &Phone{Chip: s.chip, Board: s.board, Project: s.board, Storage: s.storage,
		User: NewSparse(s.size), contents: map[string][]piece{}}
	p.Preloader = Preloader(s.preloader)
	p.Boot1 = BootRegion(s.medium, p.Preloader, s.bootSize)
	p.Boot2 = make([]byte, s.bootSize)
	if s.bootRegion != flash.EMMCBoot1 {
		copy(p.Boot2, p.Boot1)
	}
	p.Rows = append(p.Rows, flash.Partition{Name: s.rows[0].name, Region: s.bootRegion,
		Extent: flash.Extent{Length: s.bootRow}, File: s.preloader.FileName(),
		Download: true, Type: "SV5_BL_BIN", Operation: "BOOTLOADERS"})

	left := s.size
	for _, r := range s.rows[1:] {
		left -= r.gap + max(r.size, 0)
	}
	off := int64(0)
	for i, r := range s.rows[1:] {
		if r.size == rest {
			r.size = left
		}
		if r.gapData != nil {
			p.User.Put(off+4096, r.gapData)
		}
		off += r.gap
		p.add(i+1, off, r)
		off += r.size
	}
	if off != s.size {
		panic(fmt.Sprintf("imgtest: %s is 0x%x long, rows end at 0x%x", s.chip, s.size, off))
	}
	p.Scatter = scatterText(p, s)
	s.table(p)
	return p
}

// add writes one row of the user area and its true partition.
func (p *Phone) add(index int, off int64, r row) {
	part := flash.Partition{Index: index, Name: r.name, Region: p.Storage.User(),
		Extent: flash.Extent{Offset: off, Length: r.size}, ToEnd: r.noLength,
		File: r.file, Download: r.file != "", Type: orDefault(r.typ, "NORMAL_ROM"),
		Operation: orDefault(r.op, "UPDATE"), Reserved: r.op == "RESERVED",
		Attributes: r.attributes}
	p.Rows = append(p.Rows, part)
	if r.fill == nil {
		return
	}
	for _, c := range r.fill(r.size) {
		if c.off < 0 || c.off+int64(len(c.data)) > r.size {
			panic("imgtest: content does not fit " + r.name)
		}
		p.User.Put(off+c.off, c.data)
		p.contents[r.name] = append(p.contents[r.name], c)
	}
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}
