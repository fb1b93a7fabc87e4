package da

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/flash"
)

func made() []byte {
	return acquiretest.Container("MTK_AllInOne_DA_v3.3001.2020-07-08",
		acquiretest.Agent{Code: 0x6765, HWVersion: 0xca00, Sizes: [2]int{0x100, 0x200}},
		acquiretest.Agent{Code: 0x6765, HWVersion: 0xca01, SWVersion: 1, Sizes: [2]int{0x100, 0x200}},
		acquiretest.Agent{Code: 0x6765, HWVersion: 0xca01, SWVersion: 3, Sizes: [2]int{0x100, 0x200}},
		acquiretest.Agent{Code: 0x6580, HWVersion: 0xca00, Sizes: [2]int{0x100, 0x200}})
}

func TestRead(t *testing.T) {
	c, err := Read(bytes.NewReader(made()))
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != "MTK_AllInOne_DA_v3.3001.2020-07-08" || c.Version != 4 || len(c.Entries) != 4 || c.Problems != nil || c.IsXML() {
		t.Errorf("%+v", c)
	}
	e := c.Entries[2]
	if e.Code != 0x6765 || e.HWVersion != 0xca01 || e.SWVersion != 3 || e.PageSize != 0x200 || e.First != 1 || len(e.Regions) != 3 {
		t.Errorf("%+v", e)
	}
	s := e.Regions[2]
	if s.Address != 0x40000000 || s.Signature != 0x100 || s.Length != 0x300 {
		t.Errorf("%+v", s)
	}
	if b, err := c.bytes(e.Regions[1]); err != nil || !bytes.HasPrefix(b, []byte("mtkkit stand-in")) {
		t.Errorf("%.20q, %v", b, err)
	}
}

func TestChoose(t *testing.T) {
	c, err := Read(bytes.NewReader(made()))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		chip, hw, sw   uint16
		wantHW, wantSW uint16
		says           string
	}{
		{0x766, 0xca00, 0, 0xca00, 0, ""},      // the exact one, not a newer
		{0x766, 0xca01, 1, 0xca01, 1, ""},      // exact in both
		{0x766, 0xca01, 2, 0xca01, 1, ""},      // the newest not newer than the phone
		{0x766, 0xcb00, 9, 0xca01, 3, ""},      // a newer phone
		{0x766, 0, 0, 0xca01, 3, ""},           // nothing known: the newest
		{0x766, 0xc900, 0, 0, 0, "0xca00/0x0"}, // older than all: told which there are
		{0x6592, 0xca00, 0, 0, 0, "not among"},
	} {
		got, err := c.For(v.chip, v.hw, v.sw)
		switch {
		case v.says != "":
			if !errors.Is(err, ErrNoAgent) || !strings.Contains(err.Error(), v.says) {
				t.Errorf("%x %x %x: %v", v.chip, v.hw, v.sw, err)
			}
		case err != nil || got.HWVersion != v.wantHW || got.SWVersion != v.wantSW || got.Protocol != brom.XFlash:
			t.Errorf("%x %x %x: %+v, %v", v.chip, v.hw, v.sw, got, err)
		}
	}
	if _, err := c.For(0x123, 0, 0); !errors.Is(err, ErrUnknownChip) {
		t.Error(err)
	}
}

// An XML file has its agents under the code of the chip or of its agents, also for chips that have no
// name yet, and they speak XML whatever the chip's older agents speak.
func TestChooseXML(t *testing.T) {
	c, err := Read(bytes.NewReader(acquiretest.Container("MTK_DA_v6_2024-10-31",
		acquiretest.Agent{Code: 0x6765, HWVersion: 0xca00}, acquiretest.Agent{Code: 0x6899, HWVersion: 0xca00}, acquiretest.Agent{Code: 0x1999, HWVersion: 0xca00})))
	if err != nil {
		t.Fatal(err)
	}
	for hwCode, want := range map[uint16]int{0x766: 0, 0x6899: 1, 0x1999: 2} {
		if got, err := c.For(hwCode, 0xca00, 0); err != nil || got.Index != want || got.Protocol != brom.XML {
			t.Errorf("0x%x: %+v, %v", hwCode, got, err)
		}
	}
	var names []string
	for _, chip := range c.AllChips() {
		names = append(names, chip.Name())
	}
	if got := strings.Join(names, " "); got != "MT6765 MT6899 chip 0x1999" {
		t.Errorf("chips %s", got)
	}
}

// An entry that another of the file is always preferred to is for no phone.
func TestChips(t *testing.T) {
	c, err := Read(bytes.NewReader(acquiretest.Container("MTK_AllInOne_DA_v3",
		acquiretest.Agent{Code: 0x6735, HWVersion: 0xca00}, acquiretest.Agent{Code: 0x6735, HWVersion: 0xca00}, acquiretest.Agent{Code: 0x6735, HWVersion: 0xcb00},
		acquiretest.Agent{Code: 0x9999, HWVersion: 0xca00})))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{3, 0, 3, 0} { // MT6735, MT6737M and MT6753 have agents of one code
		if got := c.Chips(i); len(got) != want {
			t.Errorf("entry %d is for %v", i, got)
		}
	}
}

// Single-entry files are known whose first region begins right after its descriptor,
// inside the room of an entry; old files have entries four bytes shorter.
func TestOtherForms(t *testing.T) {
	b := made()[:0x6c+20]
	binary.LittleEndian.PutUint32(b[0x68:], 1)
	for range 3 {
		for _, v := range []uint32{0xbc, 16, 0x200000, 0, 4} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
	}
	if c, err := Read(bytes.NewReader(append(b, make([]byte, 16)...))); err != nil || len(c.Entries[0].Regions) != 3 {
		t.Errorf("data within the entry: %v", err)
	}

	old := append([]byte{}, made()[:0x6c]...)
	binary.LittleEndian.PutUint32(old[0x68:], 2)
	for code := range uint16(2) {
		e := make([]byte, 0xd8)
		for i, v := range []uint16{0xdada, 0x6572 + code, 0x8a00, 0xca00, 0x200, 0, 1, 3} {
			binary.LittleEndian.PutUint16(e[2*i:], v)
		}
		binary.LittleEndian.PutUint32(e[16+4:], 8) // region 0: 8 bytes at 0
		old = append(old, e...)
	}
	c, err := Read(bytes.NewReader(old))
	if err != nil || len(c.Entries) != 2 || c.Entries[1].Code != 0x6573 || c.Entries[1].PageSize != 0x200 ||
		c.Entries[1].First != 1 || c.Entries[1].Regions[0].Length != 8 {
		t.Errorf("old form: %+v, %v", c, err)
	}
}

// Unusual content that was seen in files of vendors.
func TestVendorForms(t *testing.T) {
	region := func(b []byte, values ...uint32) []byte {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	single := func(first uint16, data uint32, regions ...[]uint32) []byte {
		b := append([]byte{}, made()[:0x6c]...)
		binary.LittleEndian.PutUint32(b[0x68:], 1)
		for _, v := range []uint16{0xdada, 0x1208, 0x8a00, 0xca00, 0, 0, 0, 0, first, uint16(len(regions))} {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
		for _, r := range regions {
			b = region(b, r...)
		}
		return append(b, make([]byte, int(data)+0x600-len(b))...)
	}
	for name, c := range map[string]struct {
		file    []byte
		version uint32
		first   uint16
		stages  [2]Stage
	}{
		"one entry, data at 0xbc, an XML first stage at 0x200000": {
			single(0, 0xbc, []uint32{0xbc, 0x300, 0x200000, 0x2bc, 0x100}, []uint32{0xbc, 0x300, 0x200000, 0x2bc, 0x100}, []uint32{0x3bc, 0x300, 0x40000000, 0x5bc, 0x100}),
			4, 0, [2]Stage{{flash.Extent{Offset: 0xbc, Length: 0x300}, 0x200000, 0x100}, {flash.Extent{Offset: 0x3bc, Length: 0x300}, 0x40000000, 0x100}}},
		"one entry, data at 0x148": {
			single(0, 0x148, []uint32{0x148, 0x300, 0x2000000, 0x348, 0x100}, []uint32{0x148, 0x300, 0x2000000, 0x348, 0x100}, []uint32{0x448, 0x300, 0x40000000, 0x648, 0x100}),
			4, 0, [2]Stage{{flash.Extent{Offset: 0x148, Length: 0x300}, 0x2000000, 0x100}, {flash.Extent{Offset: 0x448, Length: 0x300}, 0x40000000, 0x100}}},
		"one stage, a third region without signature": {
			single(1, 0x148, []uint32{0x148, 0x100, 0x90005000, 0, 0}, []uint32{0x248, 0x300, 0x90006000, 0x448, 0x100}, []uint32{0x548, 0x100, 0xc0000000, 0, 0}),
			4, 1, [2]Stage{{flash.Extent{Offset: 0x248, Length: 0x300}, 0x90006000, 0x100}, {flash.Extent{Offset: 0x548, Length: 0x100}, 0xc0000000, 0}}},
		"version word 0x4a": {
			func() []byte {
				b := single(0, 0xbc, []uint32{0xbc, 0x300, 0x2000000, 0x2bc, 0x100}, []uint32{0xbc, 0x300, 0x2000000, 0x2bc, 0x100}, []uint32{0x3bc, 0x300, 0x40000000, 0x5bc, 0x100})
				binary.LittleEndian.PutUint32(b[0x60:], 0x4a)
				return b
			}(), 0x4a, 0, [2]Stage{{flash.Extent{Offset: 0xbc, Length: 0x300}, 0x2000000, 0x100}, {flash.Extent{Offset: 0x3bc, Length: 0x300}, 0x40000000, 0x100}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read(bytes.NewReader(c.file))
			if err != nil || len(got.Problems) > 0 {
				t.Fatal(got, err)
			}
			e, err := got.For(0x1208, 0xca00, 0)
			if err != nil || got.Version != c.version || e.First != c.first || e.Regions[1] != c.stages[0] || e.Regions[2] != c.stages[1] {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}

func TestHostile(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(b []byte) []byte
		says   string // "" when a damaged entry is left out and the rest is there
	}{
		{"empty", func(b []byte) []byte { return nil }, "too short"},
		{"another file", func(b []byte) []byte { b[3] = 'x'; return b }, "does not begin"},
		{"second magic", func(b []byte) []byte { b[0x64] = 0; return b }, "at offset 0x64"},
		{"no entries", func(b []byte) []byte { binary.LittleEndian.PutUint32(b[0x68:], 0); return b }, "entry count 0"},
		{"four milliard entries", func(b []byte) []byte { binary.LittleEndian.PutUint32(b[0x68:], 1<<32-1); return b }, "4294967295"},
		{"cut in the directory", func(b []byte) []byte { return b[:0x6c+30] }, "none of 4"},
		{"cut in the data", func(b []byte) []byte { return b[:len(b)-1] }, ""},
		{"region count", func(b []byte) []byte { b[0x6c+18] = 200; return b }, ""},
		{"entry magic", func(b []byte) []byte { b[0x6c] = 0; return b }, ""},
		{"offset beyond", func(b []byte) []byte { binary.LittleEndian.PutUint32(b[0x6c+20:], 1<<32-1); return b }, ""},
		{"length beyond", func(b []byte) []byte { binary.LittleEndian.PutUint32(b[0x6c+24:], 1<<32-1); return b }, ""},
		{"signature beyond", func(b []byte) []byte { binary.LittleEndian.PutUint32(b[0x6c+36:], 1<<31); return b }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Read(bytes.NewReader(c.change(made())))
			if c.says == "" {
				if err != nil || len(got.Entries) != 3 || len(got.Problems) != 1 || got.Problems[0].Offset < 0x6c {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			var f *flash.FormatError
			if !errors.As(err, &f) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}
