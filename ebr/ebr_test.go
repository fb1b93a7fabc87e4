package ebr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// sparse is an image of any size that holds sectors at a few places and zeros
// elsewhere.
type sparse struct {
	size int64
	at   map[int64][]byte // by offset, each one sector
	fail int64            // reading this offset is an error; 0: none
}

func (s sparse) Size() int64 { return s.size }

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	if s.fail != 0 && off == s.fail {
		return 0, errors.New("bad block")
	}
	n := int(min(int64(len(p)), max(s.size-off, 0)))
	clear(p[:n])
	for at, b := range s.at {
		if at >= off && at < off+int64(n) {
			copy(p[at-off:n], b)
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// sector builds a table sector as MediaTek writes them: nothing but the entries.
func sector(entries ...Entry) []byte {
	b := make([]byte, sectorSize)
	for i, e := range entries {
		at := b[0x1BE+16*i:]
		at[0], at[4] = e.Status, e.Type
		binary.LittleEndian.PutUint32(at[8:], e.Start)
		binary.LittleEndian.PutUint32(at[12:], e.Count)
	}
	b[0x1FE], b[0x1FF] = 0x55, 0xAA
	return b
}

// data, link and mtkMBR are the pieces of a MediaTek chain with small numbers.
func data(start, count uint32) Entry { return Entry{Type: 0x83, Start: start, Count: count} }
func link(start uint32) Entry        { return Entry{Type: 0x05, Start: start, Count: 0xFFFFFFFF} }

func mtkMBR() []byte { return sector(link(0x400), data(0x800, 0x100), data(0x900, 0x100)) }

const mib = 1 << 20

// mtkImage has an MBR, an EBR1 with three data entries and a link, and an EBR2 with
// the row to the end. X is 0x400, EBR2 at X+0x2000 = 0x2400.
func mtkImage() sparse {
	return sparse{size: 64 * mib, at: map[int64][]byte{
		0:              mtkMBR(),
		0x400 * 0x200:  sector(data(0x3000, 0x100), data(0x3100, 0x4000), data(0x7100, 0x1000), link(0x2000)),
		0x2400 * 0x200: sector(data(0x8000, 0xFFFFFFFF-(0x2400+0x8000-0x400))),
	}}
}

// row is what a test says of a table row.
type row struct {
	name           string
	offset, length int64
	toEnd          bool
}

func rows(t *flash.Table) []row {
	var out []row
	for _, p := range t.Partitions {
		out = append(out, row{p.Name, p.Offset, p.Length, p.ToEnd})
	}
	return out
}

func wantRows(t *testing.T, table *flash.Table, want []row) {
	t.Helper()
	got := rows(table)
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("row %d is missing: %+v", i, want[i])
		case i >= len(want):
			t.Errorf("row %d is too much: %+v", i, got[i])
		case got[i] != want[i]:
			t.Errorf("row %d\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
	for i, p := range table.Partitions {
		if p.Index != i {
			t.Errorf("%s has index %d at place %d", p.Name, p.Index, i)
		}
	}
}

func mustRead(t *testing.T, img flash.Image) *Chain {
	t.Helper()
	if !Sniff(img) {
		t.Error("Sniff does not know it")
	}
	c, err := Read(img)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMediaTekChain(t *testing.T) {
	img := mtkImage()
	c := mustRead(t, img)
	if len(c.Problems) != 0 {
		t.Errorf("problems in a good chain: %v", c.Problems)
	}
	if c.Extended != 0x80000 {
		t.Errorf("X = 0x%x", c.Extended)
	}
	last := int64(0x2400+0x8000) * 512
	table := c.Table(flash.EMMCUser, img.size)
	wantRows(t, table, []row{
		{"MBR", 0, 512, false},
		{"p2", 0x100000, 0x20000, false},
		{"p3", 0x120000, 0x20000, false},
		{"EBR1", 0x80000, 512, false},
		{"p5", 0x3400 * 512, 0x20000, false},
		{"p6", 0x3500 * 512, 0x800000, false},
		{"p7", 0x7500 * 512, 0x200000, false},
		{"EBR2", 0x2400 * 512, 512, false},
		{"p8", last, 64*mib - last, true},
	})
	ebr1 := table.Find("EBR1")
	if ebr1.File != "EBR1" || ebr1.Type != "NORMAL_ROM" || ebr1.Operation != "UPDATE" || ebr1.Region != flash.EMMCUser {
		t.Errorf("EBR1 row is %+v", ebr1)
	}
	if table.Format != "ebr" || table.SectorSize != 512 || table.DeviceSize != 0 {
		t.Errorf("table is %q, sectors of %d, device of %d", table.Format, table.SectorSize, table.DeviceSize)
	}
	if got := table.Check(flash.EMMCUser, img.size); len(got) != 0 {
		t.Errorf("check of a good table: %v", got)
	}
	if p := c.Table(flash.EMMCUser, 0).Find("p8"); p.Length != 0 || !p.ToEnd || p.Offset != last {
		t.Errorf("to-the-end row of a device of unknown size: %+v", p)
	}
}

// A chain as DOS writes it: the link in any slot of the MBR and a true length on
// it, one data entry and one link in each EBR, all three link types.
func TestDOSChain(t *testing.T) {
	for _, kind := range []byte{0x05, 0x0F, 0x85} {
		mbr := sector(data(0x800, 0x800), Entry{Type: kind, Start: 0x1000, Count: 0x3000}, Entry{}, data(0x4000, 0x10))
		mbr[0x1B8] = 0x5A // disk id, as PC tools set it
		c := mustRead(t, sparse{size: 16 * mib, at: map[int64][]byte{
			0:              mbr,
			0x1000 * 0x200: sector(data(0x20, 0x100), Entry{Type: kind, Start: 0x200, Count: 0x300}),
			0x1200 * 0x200: sector(data(0x40, 0x200), Entry{Type: kind, Start: 0x500, Count: 0x100}),
			0x1500 * 0x200: sector(data(0x10, 0x80)),
		}})
		if len(c.Problems) != 0 {
			t.Errorf("type %02x: problems in a good chain: %v", kind, c.Problems)
		}
		wantRows(t, c.Table(flash.EMMCUser, 16*mib), []row{
			{"MBR", 0, 512, false},
			{"p1", 0x800 * 512, 0x800 * 512, false},
			{"p4", 0x4000 * 512, 0x10 * 512, false},
			{"EBR1", 0x1000 * 512, 512, false},
			{"p5", 0x1020 * 512, 0x100 * 512, false},
			{"EBR2", 0x1200 * 512, 512, false},
			{"p6", 0x1240 * 512, 0x200 * 512, false},
			{"EBR3", 0x1500 * 512, 512, false},
			{"p7", 0x1510 * 512, 0x80 * 512, false},
		})
	}
}

// Damage leaves what was understood, and says where it is.
func TestDamage(t *testing.T) {
	const ebr1, ebr2 = 0x80000, 0x2400 * 512
	tests := []struct {
		name   string
		damage func(*sparse)
		text   string // of the first problem
		offset int64
		rows   string // names left
	}{
		{"link to itself", func(s *sparse) { s.at[ebr1] = sector(data(0x3000, 1), link(0)) },
			"back to EBR1", ebr1, "MBR p2 p3 EBR1 p5"},
		{"loop", func(s *sparse) { s.at[ebr2] = sector(data(0x8000, 1), link(0)) },
			"back to EBR1", ebr1, "MBR p2 p3 EBR1 p5 p6 p7 EBR2 p8"},
		{"image ends before EBR2", func(s *sparse) { s.size = ebr2 + 511 },
			"behind the end of the image", ebr2, "MBR p2 p3 EBR1 p5 p6 p7"},
		{"MBR alone", func(s *sparse) { s.size = 512 },
			"behind the end of the image", ebr1, "MBR p2 p3"},
		{"zeroed EBR1", func(s *sparse) { delete(s.at, ebr1) },
			"all zero", ebr1, "MBR p2 p3"},
		{"overwritten EBR1", func(s *sparse) { s.at[ebr1] = bytes.Repeat([]byte("logo"), 128) },
			"55 aa", ebr1, "MBR p2 p3"},
		{"unreadable EBR2", func(s *sparse) { s.fail = ebr2 },
			"bad block", ebr2, "MBR p2 p3 EBR1 p5 p6 p7"},
		{"link past 32 bits", func(s *sparse) { s.at[ebr1] = sector(data(0x3000, 1), link(0xFFFFFFFF)) },
			"behind the end of the image", (0x400 + 0xFFFFFFFF) * 512, "MBR p2 p3 EBR1 p5"},
		{"two links", func(s *sparse) { s.at[ebr1] = sector(link(0x2000), data(0x3000, 1), link(0x4000)) },
			"second link", ebr1 + 0x1BE + 32, "MBR p2 p3 EBR1 p5 EBR2 p6"},
		{"no length", func(s *sparse) { s.at[ebr1] = sector(data(0x3000, 0), data(0x3000, 1)) },
			"no length", ebr1 + 0x1BE, "MBR p2 p3 EBR1 EBR1.0 p5"},
		{"wrap", func(s *sparse) { s.at[ebr1] = sector(data(0x3000, 0xFFFFF000)) },
			"read as running to the end", ebr1 + 0x1BE, "MBR p2 p3 EBR1 p5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			img := mtkImage()
			tt.damage(&img)
			c := mustRead(t, img)
			if len(c.Problems) != 1 {
				t.Fatalf("%d problems: %v", len(c.Problems), c.Problems)
			}
			p := c.Problems[0]
			if !strings.Contains(p.Text, tt.text) || p.Offset != tt.offset || p.Severity != flash.Warning {
				t.Errorf("problem is %v %v, want %q at 0x%x", p.Severity, p, tt.text, tt.offset)
			}
			table := c.Table(flash.EMMCUser, img.size)
			var names []string
			for _, p := range table.Partitions {
				names = append(names, p.Name)
			}
			if got := strings.Join(names, " "); got != tt.rows {
				t.Errorf("rows %s, want %s", got, tt.rows)
			}
			if len(table.Problems) < 1 || table.Problems[0] != p {
				t.Errorf("table lost the problem: %v", table.Problems)
			}
		})
	}
}

func TestChainIsBounded(t *testing.T) {
	img := sparse{size: 64 * mib, at: map[int64][]byte{0: mtkMBR()}}
	for i := range uint32(200) {
		img.at[int64(0x400+2*i)*512] = sector(data(1, 1), link(2*i+2))
	}
	c := mustRead(t, img)
	if len(c.Sectors) != maxSectors || len(c.Problems) != 1 || !strings.Contains(c.Problems[0].Text, "longer than 64") {
		t.Errorf("%d sectors, %v", len(c.Sectors), c.Problems)
	}
}

// A cut dump still places the row that runs to the end, and says that it is gone.
func TestToEndBeyondTheImage(t *testing.T) {
	img := mtkImage()
	img.size = 0x8000 * 512
	table := mustRead(t, img).Table(flash.EMMCUser, img.size)
	p := table.Find("p8")
	if !p.ToEnd || p.Length != 0 || p.Offset != (0x2400+0x8000)*512 {
		t.Errorf("row is %+v", p)
	}
	if len(table.Problems) != 1 || table.Problems[0].Place != "p8" || table.Problems[0].Offset != p.Offset {
		t.Errorf("problems %v", table.Problems)
	}
	// The rows with a true length are the table check's business; 0x1000 sectors of
	// p7 start at 0x7500.
	checked := table.Check(flash.EMMCUser, img.size)
	if len(checked) != 1 || checked[0].Place != "p7" || !strings.Contains(checked[0].Text, "cut") {
		t.Errorf("check says %v", checked)
	}
}

func TestSniff(t *testing.T) {
	with := func(b []byte, at int, s string) []byte {
		copy(b[at:], s)
		return b
	}
	pc := sector(data(0x800, 0x1000))
	pc[0x1B8] = 1
	gpt := sector(Entry{Type: 0xEE, Start: 1, Count: 0xFFFFFFFF})
	hybrid := sector(data(0x800, 0x1000), Entry{Type: 0xEE, Start: 1, Count: 0x7FF})
	tests := []struct {
		name  string
		image []byte
		want  bool
	}{
		{"MediaTek", mtkMBR(), true},
		{"MediaTek, rest of its partition", append(mtkMBR(), make([]byte, 0x7FE00)...), true},
		{"PC", pc, true},
		{"PC with grub's jump", with(bytes.Clone(pc), 0, "\xEB\x63\x90"), true},
		{"FAT16 with a table in its code", with(with(bytes.Clone(pc), 0, "\xEB\x3C\x90"), 0x36, "FAT16   "), false},
		{"FAT32", with(with(sector(), 0, "\xEB\x58\x90"), 0x52, "FAT32   "), false},
		{"exFAT", with(bytes.Clone(pc), 0, "\xEB\x76\x90EXFAT   "), false},
		{"GPT", gpt, false},
		{"hybrid GPT", hybrid, false},
		{"no signature", mtkMBR()[:0x1FE], false},
		{"wrong signature", with(mtkMBR(), 0x1FE, "\xAA\x55"), false},
		{"empty table", sector(), false},
		{"code at the table's place", with(sector(), 0x1BE, "Missing operating system"), false},
		{"slot without a type", sector(data(0x800, 1), Entry{Start: 7}), false},
		{"row over the MBR", sector(data(0, 9)), false},
		{"lone EBR1", sector(data(0x3000, 0x100), data(0x3100, 9), Entry{}, link(0x2000)), false},
		{"the same as head of a dump", append(sector(data(0x3000, 0x100)), make([]byte, 0x80000)...), true},
		{"nothing", nil, false},
	}
	for _, tt := range tests {
		img := bytes.NewReader(tt.image)
		if got := Sniff(img); got != tt.want {
			t.Errorf("%s: Sniff is %v", tt.name, got)
		}
		c, err := Read(img)
		if (err == nil) != tt.want {
			t.Errorf("%s: Read says %v", tt.name, err)
		}
		if !tt.want && (c != nil || !errors.Is(err, flash.ErrNotThis)) {
			t.Errorf("%s: error %v is not ErrNotThis", tt.name, err)
		}
	}
}

func TestReadFailure(t *testing.T) {
	_, err := Read(failing{})
	var format *flash.FormatError
	if !errors.As(err, &format) || errors.Is(err, flash.ErrNotThis) || !errors.Is(err, errBroken) {
		t.Errorf("error is %v", err)
	}
}

var errBroken = errors.New("broken")

type failing struct{}

func (failing) Size() int64                       { return mib }
func (failing) ReadAt([]byte, int64) (int, error) { return 0, errBroken }

func TestParseSector(t *testing.T) {
	want := [4]Entry{{0x80, 0x83, 1, 2}, link(3), {}, {0, 0x0C, 0xFFFFFFFE, 0x80000001}}
	got, err := parseSector(append(sector(want[:]...), 1, 2, 3))
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := parseSector(make([]byte, 511)); err == nil {
		t.Error("511 bytes are taken for a sector")
	}
	if _, err := parseSector(make([]byte, 512)); err == nil {
		t.Error("zeros are taken for a sector")
	}
}

// TestHeadless: the chain is found from EBR1 when the MBR is destroyed.
func TestHeadless(t *testing.T) {
	phone := imgtest.MT6592()
	whole, err := Read(phone.User)
	if err != nil {
		t.Fatal(err)
	}
	phone.User.Zero(0, 4096)
	c, err := Read(phone.User)
	if err != nil {
		t.Fatal(err)
	}
	if flash.Worst(c.Problems) != flash.Error {
		t.Errorf("problems %v", c.Problems)
	}
	want := whole.Table(flash.EMMCUser, phone.User.Size())
	for _, got := range c.Table(flash.EMMCUser, phone.User.Size()).Partitions {
		w := want.Find(got.Name)
		if w == nil || w.Extent != got.Extent {
			t.Errorf("%s: %v, want %+v", got.Name, got.Extent, w)
		}
	}
	for _, name := range []string{"EBR1", "EBR2", "p5", "p6", "p7", "p8"} {
		if c.Table(flash.EMMCUser, phone.User.Size()).Find(name) == nil {
			t.Errorf("%s is missing", name)
		}
	}
	phone.User.Zero(0x80000, 512)
	if _, err := Read(phone.User); !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("with EBR1 gone too: %v", err)
	}
}
