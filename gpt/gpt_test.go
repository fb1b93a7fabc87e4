package gpt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

var contains = strings.Contains

const gib31 = 31268536320 // an eMMC sold as 32 GB

func read(t *testing.T, img flash.Image) *GPT {
	t.Helper()
	g, err := Read(img)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestReadSound(t *testing.T) {
	for _, sector := range sectorSizes {
		for _, size := range []int64{64 << 20, gib31} {
			t.Run(fmt.Sprintf("%d/%d", sector, size), func(t *testing.T) {
				v := phone(sector, size)
				d := v.disk()
				if !Sniff(d) {
					t.Error("not sniffed")
				}
				g := read(t, d)
				tab := g.Table(flash.EMMCUser)
				v.wantRows(t, tab, "gpt primary")
				if len(tab.Problems) > 0 {
					t.Errorf("problems: %v", tab.Problems)
				}
				usable := flash.Extent{Offset: int64(v.firstUsable) * sector}
				usable.Length = v.tailOffset() - usable.Offset
				if tab.DeviceSize != size || g.Usable() != usable || !g.ProtectiveMBR {
					t.Errorf("device 0x%x, usable %v, want 0x%x, %v", tab.DeviceSize, g.Usable(), size, usable)
				}
				if c := g.Backup; c == nil || !c.HeaderOK || !c.EntriesOK || c.HeaderOffset != size-sector || c.Standalone {
					t.Errorf("backup %+v", c)
				}
			})
		}
	}
}

// damage is what can happen to a sound dump, and what must be made of it.
var damages = []struct {
	name     string
	hurt     func(v vector, d *sparseDisk)
	witness  flash.Witness
	severity flash.Severity
	say      string // part of a problem
}{
	{"primary header", func(v vector, d *sparseDisk) { d.put(v.sector+0x40, 0xff) },
		"gpt backup", flash.Warning, "the primary copy is damaged; the rows of the backup are used"},
	{"primary entries", func(v vector, d *sparseDisk) { d.put(2*v.sector+0x38, 'X') },
		"gpt backup", flash.Warning, "entries checksum is 0x"},
	{"first 64 KiB lost", func(v vector, d *sparseDisk) { d.zero(0, 64<<10) },
		"gpt backup", flash.Warning, "there is no primary copy; the rows of the backup are used"},
	{"backup lost", func(v vector, d *sparseDisk) { d.zero(v.tailOffset(), v.size-v.tailOffset()) },
		"gpt primary", flash.Warning, "there is no backup copy at the offset that the primary contains"},
	{"backup header", func(v vector, d *sparseDisk) { d.put(v.size-v.sector+0x40, 0xff) },
		"gpt primary", flash.Warning, "gpt backup: the header checksum is 0x"},
	{"both headers", func(v vector, d *sparseDisk) { d.put(v.sector+0x40, 0xff); d.put(v.size-v.sector+0x40, 0xff) },
		"gpt primary", flash.Warning, "gpt primary: the header checksum is 0x"},
	{"both headers' numbers", func(v vector, d *sparseDisk) {
		d.put(v.sector+0x48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
		d.put(v.size-v.sector+0x18, 7)
	}, "gpt primary", flash.Warning, "the entries are here, but the header contains LBA 0xffffffffffffffff"},
	{"entry count", func(v vector, d *sparseDisk) { d.put(v.sector+0x50, 0xff, 0xff, 0xff, 0xff) },
		"gpt backup", flash.Warning, "gpt primary: entry count 4294967295 exceeds 1024"},
	{"entry size", func(v vector, d *sparseDisk) {
		d.editHeader(v.sector, func(h []byte) { binary.LittleEndian.PutUint32(h[0x54:], 1) })
	}, "gpt backup", flash.Warning, "gpt primary: entry size 1 is not 128"},
	{"entry size no power of two", func(v vector, d *sparseDisk) {
		d.editHeader(v.sector, func(h []byte) { h[0x54] = 192 })
	}, "gpt backup", flash.Warning, "entry size 192 is not"},
	{"entry count in both", func(v vector, d *sparseDisk) {
		d.put(v.sector+0x50, 0xff, 0xff, 0xff, 0xff)
		d.put(v.size-v.sector+0x50, 0xff, 0xff, 0xff, 0xff)
	}, "gpt primary", flash.Warning, "entries have no usable header"},
	{"header sector and backup lost", func(v vector, d *sparseDisk) {
		d.zero(v.sector, v.sector)
		d.zero(v.tailOffset(), v.size-v.tailOffset())
	}, "gpt primary", flash.Warning, "entries have no usable header"},
	{"all but the backup's entries lost", func(v vector, d *sparseDisk) {
		d.zero(0, 64<<10)
		d.zero(v.size-v.sector, v.sector)
	}, "gpt backup", flash.Warning, "entries have no usable header"},
	{"entry count 1025", func(v vector, d *sparseDisk) {
		d.editHeader(v.sector, func(h []byte) { binary.LittleEndian.PutUint32(h[0x50:], 1025) })
	}, "gpt backup", flash.Warning, "entry count 1025 exceeds 1024"},
	{"header checksum zero, backup lost", func(v vector, d *sparseDisk) {
		d.zero(v.sector+0x10, 4)
		d.zero(v.tailOffset(), v.size-v.tailOffset())
	}, "gpt primary", flash.Warning, "the header contains 0x00000000"},
	{"entries checksum zero, backup lost", func(v vector, d *sparseDisk) {
		d.editHeader(v.sector, func(h []byte) { clear(h[0x58:0x5c]) })
		d.zero(v.tailOffset(), v.size-v.tailOffset())
	}, "gpt primary", flash.Warning, "the header contains 0x00000000"},
	{"primary entries, backup header", func(v vector, d *sparseDisk) {
		d.put(2*v.sector+0x38, 'X')
		d.put(v.size-v.sector+0x40, 0xff)
	}, "gpt backup", flash.Warning, "gpt backup: the header checksum is 0x"},
	{"wild row in the primary, a GUID in the backup", func(v vector, d *sparseDisk) {
		d.zero(2*v.sector+2*128+0x28, 8)
		d.put(v.tailOffset()+0x1f, 1)
	}, "gpt backup", flash.Warning, "gpt backup: the entries checksum is 0x"},
	{"primary lost, backup header", func(v vector, d *sparseDisk) {
		d.zero(0, 64<<10)
		d.put(v.size-v.sector+0x40, 0xff)
	}, "gpt backup", flash.Warning, "gpt backup: the header checksum is 0x"},
	{"image far too long, MBR and entries lost", func(v vector, d *sparseDisk) {
		d.size += 1 << 30
		d.zero(0, 512)
		d.zero(2*v.sector, 1024)
	}, "gpt backup", flash.Warning, "the primary copy is damaged"},
	{"header size 4000000", func(v vector, d *sparseDisk) { d.put(v.sector+0x0c, 0, 9, 0x3d) },
		"gpt backup", flash.Warning, "header size 4000000 is not between"},
	{"header size 91", func(v vector, d *sparseDisk) { d.put(v.sector+0x0c, 91) },
		"gpt backup", flash.Warning, "header size 91 is not between"},
	{"long header", func(v vector, d *sparseDisk) {
		d.editHeader(v.sector, func(h []byte) { binary.LittleEndian.PutUint32(h[0x0c:], 512) })
	}, "gpt primary", flash.Note, ""},
	{"image too long", func(v vector, d *sparseDisk) { d.size += 3 << 20 },
		"gpt primary", flash.Note, "the image is longer than the device"},
	{"image too long, primary lost", func(v vector, d *sparseDisk) { d.size += 3 << 20; d.zero(0, 64<<10) },
		"gpt backup", flash.Warning, "the rows of the backup are used"},
	{"image far too long, header lost", func(v vector, d *sparseDisk) { d.size += 1 << 30; d.zero(v.sector, 64<<10) },
		"gpt backup", flash.Warning, "the rows of the backup are used"},
	{"a few bytes too many", func(v vector, d *sparseDisk) { d.size += 100; d.zero(0, 64<<10) },
		"gpt backup", flash.Warning, "the rows of the backup are used"},
	{"cut", func(v vector, d *sparseDisk) { d.size = 32 << 20 },
		"gpt primary", flash.Warning, "the image is cut"},
	{"cut to the table", func(v vector, d *sparseDisk) { d.size = 0x8000 },
		"gpt primary", flash.Note, "the image holds the table only"},
	{"cut, primary header damaged", func(v vector, d *sparseDisk) { d.size = 32 << 20; d.put(v.sector+0x40, 0xff) },
		"gpt primary", flash.Warning, "the image is cut"},
	{"no protective MBR", func(v vector, d *sparseDisk) { d.zero(0, 512) },
		"gpt primary", flash.Warning, "not a protective MBR"},
	{"copies disagree", func(v vector, d *sparseDisk) {
		array := v.array()
		copy(array[128+56:], "P\x00R\x00")
		d.put(v.tailOffset(), array...)
	}, "gpt primary", flash.Warning, `entry 1 is "proinfo" 0x`},
}

func TestDamage(t *testing.T) {
	for _, sector := range sectorSizes {
		for _, tt := range damages {
			t.Run(fmt.Sprintf("%s/%d", tt.name, sector), func(t *testing.T) {
				v := phone(sector, gib31)
				d := v.disk()
				tt.hurt(v, d)
				tab := read(t, d).Table(flash.EMMCUser)
				v.wantRows(t, tab, tt.witness)
				if got := flash.Worst(tab.Problems); got != tt.severity {
					t.Errorf("severity %v, want %v: %v", got, tt.severity, tab.Problems)
				}
				if _, ok := findProblem(tab.Problems, tt.say); !ok && tt.say != "" {
					t.Errorf("no problem says %q: %v", tt.say, tab.Problems)
				}
				known := !contains(tt.say, "have no usable header")
				if known != (tab.DeviceSize == v.size) {
					t.Errorf("device size 0x%x", tab.DeviceSize)
				}
			})
		}
	}
}

func TestProblemOffsets(t *testing.T) {
	v := phone(512, gib31)
	d := v.disk()
	d.put(0x250, 0xff, 0xff, 0xff, 0xff)
	tab := read(t, d).Table(flash.EMMCUser)
	p, _ := findProblem(tab.Problems, "entry count")
	if p.Offset != 0x250 || p.Severity != flash.Warning {
		t.Errorf("%v %v", p.Severity, p)
	}
}

// edited reads a phone whose third slot was changed in both copies.
func edited(t *testing.T, edit func(e []byte)) (*GPT, *flash.Table) {
	t.Helper()
	v := phone(512, gib31)
	d := v.disk()
	v.editEntry(d, 2, edit)
	g := read(t, d)
	return g, g.Table(flash.EMMCUser)
}

func TestWildEntries(t *testing.T) {
	le := binary.LittleEndian
	for _, tt := range []struct {
		name string
		edit func(e []byte)
		want flash.Extent
		say  string
	}{
		{"end before start", func(e []byte) { le.PutUint64(e[40:], 0x41) },
			flash.Extent{Offset: 0x440 * 512}, "before it starts"},
		{"end at 2^64-1", func(e []byte) { le.PutUint64(e[40:], 1<<64-1) },
			flash.Extent{Offset: 0x440 * 512}, "beyond any device"},
		{"start and end at 2^64-1", func(e []byte) { le.PutUint64(e[32:], 1<<64-1); le.PutUint64(e[40:], 1<<64-1) },
			flash.Extent{Offset: flash.Unplaced}, "beyond any device"},
		{"end at 2^54", func(e []byte) { le.PutUint64(e[40:], 1<<54) },
			flash.Extent{Offset: 0x440 * 512}, "beyond any device"},
		{"beyond the device", func(e []byte) { le.PutUint64(e[40:], gib31/512) },
			flash.Extent{Offset: 0x440 * 512, Length: gib31 - 0x43f*512}, "the device at LBA"},
		{"at zero", func(e []byte) { le.PutUint64(e[32:], 0) },
			flash.Extent{Offset: 0, Length: gib31 - 33*512 - 0x100*512}, "over the table itself"},
		{"in the table", func(e []byte) { le.PutUint64(e[32:], 33) },
			flash.Extent{Offset: 33 * 512, Length: gib31 - 33*512 - 0x100*512 - 33*512}, "over the table itself"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, tab := edited(t, tt.edit)
			if len(tab.Partitions) != 4 {
				t.Fatalf("%d rows", len(tab.Partitions))
			}
			if p := tab.Partitions[2]; p.Name != "userdata" || p.Extent != tt.want {
				t.Errorf("row %q %+v, want %+v", p.Name, p.Extent, tt.want)
			}
			p, ok := findProblem(tab.Problems, tt.say)
			if !ok || p.Place != "userdata" || p.Severity != flash.Error || p.Offset != 0x400+2*128 {
				t.Errorf("problems %v", tab.Problems)
			}
			if len(tab.Problems) != 1 { // both copies have it
				t.Errorf("said more than once: %v", tab.Problems)
			}
		})
	}
}

func TestUnusualEntries(t *testing.T) {
	_, tab := edited(t, func(e []byte) { clear(e[:16]) })
	if len(tab.Partitions) != 4 || tab.Partitions[2].Name != "userdata" {
		t.Errorf("a row without a type: %v", tab.Partitions)
	}
	if p, ok := findProblem(tab.Problems, "type GUID is empty"); !ok || flash.Worst(tab.Problems) != flash.Note || p.Place != "userdata" {
		t.Errorf("problems %v", tab.Problems)
	}
	g, tab := edited(t, func(e []byte) { clear(e[:16]); clear(e[56:128]) })
	if len(tab.Partitions) != 3 || len(g.Best().Entries) != 4 {
		t.Errorf("remains of a row: %v", tab.Partitions)
	}
	if p, ok := findProblem(tab.Problems, "deleted partition"); !ok || p.Place != "entry 2" {
		t.Errorf("problems %v", tab.Problems)
	}
	_, tab = edited(t, func(e []byte) { clear(e[:128]) })
	if len(tab.Partitions) != 3 || tab.Partitions[2].Index != 3 || len(tab.Problems) > 0 {
		t.Errorf("an empty slot in the middle: %v %v", tab.Partitions, tab.Problems)
	}
}

func TestNames(t *testing.T) {
	full := strings.Repeat("x", 36)
	v := phone(512, 64<<20)
	v.rows[0].name = "📱 pho\u0301ne"
	v.rows[1].name = ""
	v.rows[2].name = full
	v.rows[3].name = full
	v.wantRows(t, read(t, v.disk()).Table(flash.EMMCUser), "gpt primary")

	v.rows[0].units = []uint16{'a', 0xd83d, 'b', 0, 'c'}
	v.rows[0].name = "a\ufffdb"
	v.wantRows(t, read(t, v.disk()).Table(flash.EMMCUser), "gpt primary")
}

func TestLargeEntries(t *testing.T) {
	for _, n := range []struct{ count, size uint32 }{{128, 256}, {1024, 4096}, {26, 128}, {4, 128}} {
		v := phone(512, 64<<20)
		v.count, v.entrySize = n.count, n.size
		v.rows = v.rows[:2]
		v.rows[0].first, v.rows[0].last = 0x8000, 0x8fff
		v.rows[1].first, v.rows[1].last = 0x9000, 0x9000
		v.firstUsable = 2 + v.arraySectors()
		tab := read(t, v.disk()).Table(flash.EMMCUser)
		v.wantRows(t, tab, "gpt primary")
		if len(tab.Problems) > 0 {
			t.Errorf("%v: %v", n, tab.Problems)
		}
	}
}

func TestNotThis(t *testing.T) {
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(i*i>>3 ^ i)
	}
	for name, b := range map[string][]byte{"empty": nil, "zeros": make([]byte, 1<<20), "noise": noise, "one byte": {1}} {
		if Sniff(bytes.NewReader(b)) {
			t.Errorf("%s: sniffed", name)
		}
		_, err := Read(bytes.NewReader(b))
		var f *flash.FormatError
		if !errors.As(err, &f) || !errors.Is(err, flash.ErrNotThis) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingLeft(t *testing.T) {
	v := phone(512, 64<<20)
	v.rows = nil
	d := v.disk()
	d.size = 0x8000
	d.put(0x250, 0xff, 0xff, 0xff, 0xff)
	_, err := Read(d)
	if err == nil || err.Error() != "gpt: entry count 4294967295 exceeds 1024 at offset 0x250" || errors.Is(err, flash.ErrNotThis) {
		t.Errorf("error %v", err)
	}
	d = phone(512, 64<<20).disk()
	d.size = 0x400
	if _, err := Read(d); err == nil || err.Error() != "gpt: entries at LBA 0x2 are outside the image at offset 0x248" {
		t.Errorf("error %v", err)
	}
}

// badSectors is an image whose first sectors cannot be read.
type badSectors struct {
	flash.Image
	until int64
}

var errMedium = errors.New("medium error")

func (b badSectors) ReadAt(p []byte, off int64) (int, error) {
	if off < b.until {
		return 0, errMedium
	}
	return b.Image.ReadAt(p, off)
}

func TestReadErrors(t *testing.T) {
	v := phone(512, gib31)
	tab := read(t, badSectors{v.disk(), 8192}).Table(flash.EMMCUser)
	v.wantRows(t, tab, "gpt backup")
	if _, ok := findProblem(tab.Problems, "medium error"); !ok {
		t.Errorf("problems %v", tab.Problems)
	}
	_, err := Read(badSectors{v.disk(), v.size})
	if !errors.Is(err, errMedium) || errors.Is(err, flash.ErrNotThis) {
		t.Errorf("error %v", err)
	}
}

// TestReadsLittle holds Read to a bound on what it reads of a large image, whole or
// with a copy lost: a search through everything would take minutes.
func TestReadsLittle(t *testing.T) {
	v := phone(512, gib31)
	for _, lost := range []flash.Extent{{}, {Length: 64 << 10}, {Offset: v.tailOffset(), Length: 33 * 512}} {
		d := v.disk()
		d.zero(lost.Offset, lost.Length)
		c := &counter{Image: d}
		read(t, c)
		if c.n > 1<<20 {
			t.Errorf("read 0x%x bytes with %v lost", c.n, lost)
		}
	}
}

type counter struct {
	flash.Image
	n int
}

func (c *counter) ReadAt(p []byte, off int64) (int, error) {
	c.n += len(p)
	return c.Image.ReadAt(p, off)
}
