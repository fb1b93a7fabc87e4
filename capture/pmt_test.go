package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
)

// pmtRow is a row of a table made by hand.
type pmtRow struct {
	name               string
	size, part, offset uint64
}

// block writes a table: signature, head up to the first entry, entries with numbers
// of width bytes (and the part id), and the signature again at the end if size > 0.
func block(sig, head string, width int, part bool, size int, rows ...pmtRow) []byte {
	b := append([]byte(sig), head...)
	num := func(v uint64) {
		if width == 4 {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		} else {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
	}
	for _, r := range rows {
		b = append(b, r.name...)
		b = append(b, make([]byte, 64-len(r.name))...)
		num(r.size)
		if part {
			num(r.part)
		}
		num(r.offset)
		num(0)
	}
	if size > 0 {
		b = append(b, make([]byte, size-4-len(b))...)
		b = append(b, sig...)
	}
	return b
}

// image lays pieces into an image of zeros.
func image(size int64, pieces map[int64][]byte) *bytes.Reader {
	b := make([]byte, size)
	for at, p := range pieces {
		copy(b[at:], p)
	}
	return bytes.NewReader(b)
}

var emmcPMT = []pmtRow{{"PRELOADER", 0x600000, 1, 0}, {"MBR", 0x80000, 8, 0x600000}, {"EBR1", 0x80000, 8, 0x680000},
	{"USRDATA", 0x200000, 8, 0x700000}, {"FAT", 0, 8, 0x900000}, {"BMTPOOL", 0x1500000, 8, 0xFFFF00A8}}

var emmcPMTRows = []string{"boot1 PRELOADER 0x0+0x600000", "user MBR 0x0+0x80000", "user EBR1 0x80000+0x80000",
	"user USRDATA 0x100000+0x200000", "user FAT 0x300000+0x0 to-end", "user BMTPOOL ?+0x1500000 reserved"}

var nandPMT = []pmtRow{{"PRELOADER", 0x40000, 0x004C4F57, 0}, {"NVRAM", 0x300000, 0x46554C4C, 0x100000}, {"USRDATA", 0, 0x46554C4C, 0x400000}}

var nandPMTRows = []string{"nand PRELOADER 0x0+0x40000", "nand NVRAM 0x100000+0x300000", "nand USRDATA 0x400000+0x0 to-end"}

func TestFindPMT(t *testing.T) {
	const size = 32 << 20
	v10 := block("1vTP", "1.0\x00", 8, false, 0x1000, emmcPMT...)
	v10mirror := block("1TPM", "1.0\x00", 8, false, 0x1000, emmcPMT...)
	v11 := block("1vTP", "1.1\x00", 8, true, 0x1000, emmcPMT...)
	for name, c := range map[string]struct {
		pieces map[int64][]byte
		where  []flash.Extent
		at     int64
		want   []string
		warn   string
	}{
		"1.0":          {pieces: map[int64][]byte{size - 0x100000: v10, size - 0xFF000: v10mirror}, at: size - 0x100000, want: emmcPMTRows},
		"1.1":          {pieces: map[int64][]byte{size - 0x100000: v11}, at: size - 0x100000, want: emmcPMTRows},
		"mirror only":  {pieces: map[int64][]byte{size - 0xFF000: v10mirror}, at: size - 0xFF000, want: emmcPMTRows, warn: "this is the mirror"},
		"mirror first": {pieces: map[int64][]byte{size - 0x100000: v10mirror, size - 0xFF000: v10}, at: size - 0xFF000, want: emmcPMTRows},
		"before the MBR": {pieces: map[int64][]byte{size - 0x100000: block("1vTP", "1.0\x00", 8, false, 0x1000, emmcPMT[0], pmtRow{"DSP_BL", 0x200, 0, 0x40000}, emmcPMT[1])},
			at: size - 0x100000, want: []string{emmcPMTRows[0], "user DSP_BL ?+0x200", emmcPMTRows[1]}, warn: "address 0x40000 is before"},
		"no end":          {pieces: map[int64][]byte{size - 0x100000: v10[:0xFFC]}, at: size - 0x100000, want: emmcPMTRows, warn: "not repeated"},
		"old, in its row": {pieces: map[int64][]byte{0x100400: block("1vTP", "", 8, false, 0x800, emmcPMT...), 0x100C00: block("1TPM", "", 8, false, 0x800, emmcPMT...)}, where: []flash.Extent{{Offset: 0x100000, Length: 0x400000}}, at: 0x100400, want: emmcPMTRows},
		"old, 32 bits":    {pieces: map[int64][]byte{0x100400: block("1vTP", "", 4, false, 0x800, emmcPMT...)}, where: []flash.Extent{{Offset: 0x100000, Length: 0x400000}}, at: 0x100400, want: emmcPMTRows},
		"across a chunk":  {pieces: map[int64][]byte{0x10FE00: block("1vTP", "", 8, false, 0x800, emmcPMT...)}, where: []flash.Extent{{Offset: 0x100000, Length: 0x400000}}, at: 0x10FE00, want: emmcPMTRows},
		"NAND":            {pieces: map[int64][]byte{size - 82*0x20000: block("1vTP", "", 4, false, 0, nandPMT...)}, at: size - 82*0x20000, want: nandPMTRows},
		"NAND, 64 bits":   {pieces: map[int64][]byte{size - 82*0x20000: block("2vTP", "", 8, false, 0, nandPMT...)}, at: size - 82*0x20000, want: nandPMTRows},
		"NAND, v3":        {pieces: map[int64][]byte{size - 82*0x40000: block("3vTP", "", 8, true, 0, nandPMT...)}, at: size - 82*0x40000, want: nandPMTRows},
		"NAND, TLC":       {pieces: map[int64][]byte{size - 82*0x20000: block("3vTP", "\x01\x00\x02\x00", 8, true, 0, nandPMT...)}, at: size - 82*0x20000, want: nandPMTRows},
		"NAND, two pages": {pieces: map[int64][]byte{size - 82*0x20000: block("1vTP", "", 4, false, 0, nandPMT[1:2]...), size - 82*0x20000 + 0x800: block("1vTP", "", 4, false, 0, append(nandPMT[:2:2], pmtRow{"OLD", 0x200, 0, 0x800000})...), size - 82*0x20000 + 0x1000: block("1vTP", "", 4, false, 0, nandPMT...)},
			at: size - 82*0x20000 + 0x1000, want: nandPMTRows, warn: "there are 2 tables here, and they differ"},
	} {
		t.Run(name, func(t *testing.T) {
			table, at, err := capture.FindPMT(image(size, c.pieces), c.where...)
			if err != nil {
				t.Fatal(err)
			}
			if at != c.at {
				t.Errorf("at 0x%x, want 0x%x", at, c.at)
			}
			wantRows(t, table, c.want...)
			wantProblem(t, table, flash.Note, "unverified on real bytes")
			if c.warn != "" {
				wantProblem(t, table, flash.Warning, c.warn)
			} else if w := flash.Worst(table.Problems); w != flash.Note {
				t.Errorf("%v: %v", w, table.Problems)
			}
		})
	}
}

// TestPMTTwoBlocks: a full block of the first eMMC phones continues in the next.
func TestPMTTwoBlocks(t *testing.T) {
	var rows []pmtRow
	for i := range 30 {
		rows = append(rows, pmtRow{fmt.Sprintf("P%d", i), 0x200, 0, uint64(i) * 0x200})
	}
	b := append(block("1vTP", "", 8, false, 0x800, rows[:23]...), block("1vTP", "", 8, false, 0x800, rows[23:]...)...)
	table, at, err := capture.FindPMT(bytes.NewReader(b))
	if err != nil || at != 0 || len(table.Partitions) != 30 || table.Find("P29") == nil {
		t.Errorf("%v at 0x%x, %v", rows, at, err)
	}
	copy(b[0x800:], "xxxx") // no second block
	if table, _, err = capture.FindPMT(bytes.NewReader(b)); err != nil || len(table.Partitions) != 23 {
		t.Errorf("%v, %v", table, err)
	}
}

// TestNotPMT: a signature does not make a table.
func TestNotPMT(t *testing.T) {
	change := func(f func([]pmtRow)) []byte {
		rows := append([]pmtRow{}, emmcPMT...)
		f(rows)
		return block("1vTP", "1.0\x00", 8, false, 0x1000, rows...)
	}
	for name, b := range map[string][]byte{
		"nothing":          nil,
		"signature only":   []byte("1vTP1.0\x00"),
		"two rows":         block("1vTP", "1.0\x00", 8, false, 0x1000, emmcPMT[:2]...),
		"v4":               block("4vTP", "1.0\x00", 8, false, 0x1000, emmcPMT...),
		"odd size":         change(func(r []pmtRow) { r[2].size = 0x80001 }),
		"odd address":      change(func(r []pmtRow) { r[2].offset = 0x680001 }),
		"descending":       change(func(r []pmtRow) { r[2].offset = 0x800 }),
		"huge size":        change(func(r []pmtRow) { r[2].size = 1<<64 - 0x200 }),
		"huge address":     change(func(r []pmtRow) { r[2].offset = 1<<64 - 0x200 }),
		"huge and counted": change(func(r []pmtRow) { r[5].size = 1<<64 - 0x200 }),
		"name not text":    change(func(r []pmtRow) { r[2].name = "E\x01" }),
		"name too long":    change(func(r []pmtRow) { r[2].name = strings.Repeat("E", 64) }),
	} {
		t.Run(name, func(t *testing.T) {
			table, _, err := capture.FindPMT(image(2<<20, map[int64][]byte{0x100000: b}))
			if table != nil || !errors.Is(err, flash.ErrNotThis) {
				t.Errorf("%v, %v", table, err)
			}
		})
	}
	// Off the grid of 512 bytes nothing is a table.
	if _, _, err := capture.FindPMT(image(2<<20, map[int64][]byte{0x1100: block("1vTP", "", 8, false, 0x800, emmcPMT...)})); err == nil {
		t.Error("found at 0x1100")
	}
}

// counter is an image of zeros that counts what is read of it.
type counter struct{ size, read int64 }

func (c *counter) Size() int64 { return c.size }
func (c *counter) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	c.read += int64(len(p))
	return len(p), nil
}

func TestFindPMTReadsLittle(t *testing.T) {
	c := &counter{size: 64 << 30}
	where := []flash.Extent{{Offset: 0, Length: c.size}, {Offset: -5, Length: 10}, {Offset: c.size - 1, Length: 1 << 62}}
	if _, _, err := capture.FindPMT(c, where...); !errors.Is(err, flash.ErrNotThis) {
		t.Error(err)
	}
	if c.read > 20<<20 {
		t.Errorf("%v of 64 GiB were read", flash.Size(c.read))
	}
}
