package session

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

// began is when the runs here began.
var began = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

// read reads a virtual phone, and finishes the dump where that can be.
func read(t *testing.T, p *acquiretest.Phone, w Wishes) (r *Run, m *flash.Manifest, rest Rest, err error) {
	t.Helper()
	w.Began, w.Tool = began, "test"
	on(t, one(p), func(ctx context.Context) {
		phone, cerr := Connect(ctx, Options{Bus: one(p), AgentImage: bytes.NewReader(agents()), Wait: time.Minute})
		if cerr != nil {
			t.Fatal(cerr)
		}
		o := FromPhone(phone)
		defer o.Close()
		r = &Run{Origin: o, Wishes: w}
		defer r.Close()
		if err = r.Read(ctx); err != nil {
			return
		}
		if err = o.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
		m, _, err = r.Dump.Finish(ctx)
		rest = RestOf(r.Dump, o)
	})
	return r, m, rest, err
}

// holds asserts that a region of a dump is what the phone has.
func holds(t *testing.T, dir string, p flash.Part) {
	t.Helper()
	want, err := flash.ReadFull(p.Image, 0, int(p.Image.Size()))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "regions", acquire.FileName(p.Region))); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s holds other bytes (%v)", p.Region, err)
	}
}

// A phone becomes a complete dump with a record of who it was.
func TestRun(t *testing.T) {
	dir, have := filepath.Join(t.TempDir(), "dump"), parts()
	r, m, rest, err := read(t, &acquiretest.Phone{Parts: have}, Wishes{Folder: dir})
	if err != nil || !m.Complete || rest.Omitted || rest.Again || rest.GivenUp != nil || r.Dir != dir || r.Blind {
		t.Fatalf("%+v, %+v, %v", m, rest, err)
	}
	if m.Phone == nil || m.Phone.HWCode != "0x0766" || m.Phone.Protocol != "XFlash" && !strings.EqualFold(m.Phone.Protocol, "xflash") || m.Phone.AgentSHA == "" || m.Chip != "MT6765" || m.Tool != "test" || m.Created != "2024-05-06T07:08:09Z" {
		t.Errorf("%+v of %+v", m, m.Phone)
	}
	for _, p := range have {
		holds(t, dir, p)
	}
}

// A folder without a name is named after board and time, and another one is found where that
// is taken.
func TestRunNamesFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, want := range []string{"demo-20240506-070809", "demo-20240506-070809-2"} {
		r, _, _, err := read(t, &acquiretest.Phone{Parts: parts()}, Wishes{Only: []string{"EMMC_BOOT_1"}})
		if err != nil || r.Dir != want {
			t.Errorf("%q, want %q: %v", r.Dir, want, err)
		}
	}
}

// Some of a phone is read, and the rest of it by runs that go on: by wishes, as they were, and
// all of it.
func TestRunGoesOn(t *testing.T) {
	dir, have := filepath.Join(t.TempDir(), "dump"), parts()
	phone := func() *acquiretest.Phone { return &acquiretest.Phone{Parts: have} }
	_, m, rest, err := read(t, phone(), Wishes{Folder: dir, Only: []string{"BOOT_1"}})
	if err != nil || m.Complete || !rest.Omitted {
		t.Fatalf("%+v %v", rest, err)
	}
	holds(t, dir, have[1])
	if _, m, rest, err = read(t, phone(), Wishes{Folder: dir, Resume: true}); err != nil || m.Complete || !rest.Omitted {
		t.Errorf("as it was: %+v %v", rest, err)
	}
	more := plan.Range{Region: "BOOT_2", Extent: flash.Extent{Length: 4096}}
	if _, m, _, err = read(t, phone(), Wishes{Folder: dir, Resume: true, Ranges: []plan.Range{more}}); err != nil || len(m.Sources) != 3 {
		t.Errorf("more: %+v %v", m, err)
	}
	if _, m, rest, err = read(t, phone(), Wishes{Folder: dir, Resume: true, Complete: true}); err != nil || !m.Complete || rest.Omitted {
		t.Errorf("all: %+v %v", rest, err)
	}
	for _, p := range have {
		holds(t, dir, p)
	}
}

// A phone that is lost while its tables are looked for is no phone without a table: where that
// was is noted, the next runs do without the range, and all else is read. How often it is lost
// is bounded.
func TestRunLostEarly(t *testing.T) {
	deadly := flash.Extent{Offset: 512, Length: 512} // the head of the table
	for name, only := range map[string][]string{"all of it": nil, "some of it": {"nvram"}} {
		dir, have, lost := filepath.Join(t.TempDir(), "dump"), parts(), 0
		w := Wishes{Folder: dir, Only: only}
		for ; ; lost++ {
			p := &acquiretest.Phone{Parts: have, Deadly: map[flash.Region][]flash.Extent{flash.EMMCUser: {deadly}}}
			r, _, rest, err := read(t, p, w)
			if err == nil {
				if len(rest.GivenUp) != 1 || rest.GivenUp[0].Region != flash.EMMCUser || !rest.GivenUp[0].Overlaps(deadly) || rest.GivenUp[0].Length > 4096 {
					t.Errorf("%s: %+v", name, rest)
				}
				break
			}
			var at *acquire.LostError
			if !errors.As(err, &at) || at.Region != flash.EMMCUser || !at.Extent.Overlaps(deadly) || !errors.Is(err, port.ErrGone) || !IsTrouble(err) {
				t.Fatalf("%s: lost %d times: %v", name, lost, err)
			}
			if lost == 0 && r.Blind != (only != nil) {
				t.Errorf("%s: blind %v", name, r.Blind)
			}
			if w.Resume = true; lost == 7 {
				t.Fatalf("%s: lost %d times", name, lost)
			}
		}
		if lost < 2 {
			t.Errorf("%s: lost %d times", name, lost)
		}
	}
}

// A phone that says nonsense while its tables are looked for is not lost: nothing is begun.
func TestRunNonsense(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dump")
	p := &acquiretest.Phone{Parts: parts(), Faults: []acquiretest.Fault{{Place: "data.header", Nth: 1, Do: acquiretest.Insert, Bytes: []byte("AT\r\n")}}}
	_, _, _, err := read(t, p, Wishes{Folder: dir})
	if _, there := os.Stat(dir); err == nil || !IsTrouble(err) || !errors.Is(there, os.ErrNotExist) {
		t.Errorf("%v, %v", err, there)
	}
}

// A phone that is lost in the middle is resumed, and another phone is not.
func TestRunLost(t *testing.T) {
	dir, have := filepath.Join(t.TempDir(), "dump"), parts()
	p := &acquiretest.Phone{Parts: have, Faults: []acquiretest.Fault{{Place: "data", Nth: 120, Do: acquiretest.Disconnect}}}
	r, _, _, err := read(t, p, Wishes{Folder: dir})
	if !errors.Is(err, port.ErrGone) || !IsTrouble(err) || r.Dir != dir || acquire.Check(dir) != nil {
		t.Fatalf("%v", err)
	}
	if _, _, _, err = read(t, &acquiretest.Phone{Parts: have, MEID: []byte("another phone!!!")}, Wishes{Folder: dir, Resume: true}); flash.AsRefusal(err) == nil {
		t.Errorf("another phone: %v", err)
	}
	if _, m, _, err := read(t, &acquiretest.Phone{Parts: have}, Wishes{Folder: dir, Resume: true}); err != nil || !m.Complete {
		t.Errorf("%+v, %v", m, err)
	}
	for _, p := range have {
		holds(t, dir, p)
	}
}

// What no phone has is said before anything is made.
func TestRunRefusesWishes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dump")
	for name, w := range map[string]Wishes{
		"a name":            {Only: []string{"nosuch"}},
		"a region":          {Ranges: []plan.Range{{Region: "BOOT_9", Extent: flash.Extent{Length: 1}}}},
		"behind the end":    {Ranges: []plan.Range{{Extent: flash.Extent{Offset: 13 << 20, Length: 1}}}},
		"a stretch in vain": {Skip: []string{"system..nvram"}},
	} {
		w.Folder = dir
		_, _, _, err := read(t, &acquiretest.Phone{Parts: parts()}, w)
		if !errors.As(err, new(*plan.PatternError)) && !errors.As(err, new(*RangeError)) {
			t.Errorf("%s: %v", name, err)
		}
		if _, there := os.Stat(dir); !errors.Is(there, os.ErrNotExist) {
			t.Errorf("%s: a folder was made for nothing", name)
		}
	}
}

// Files become a dump with the holes that they have, and one that is written to meanwhile is
// told of.
func TestRunFiles(t *testing.T) {
	in, have := t.TempDir(), parts()
	for _, p := range have[:2] {
		b, err := flash.ReadFull(p.Image, 0, int(p.Image.Size()))
		if err == nil {
			err = os.WriteFile(filepath.Join(in, acquire.FileName(p.Region)), b, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, moved := range []bool{false, true} {
		o, err := FromFiles(t.Context(), []string{filepath.Join(in, "ROM_1"), filepath.Join(in, "BOOT_1")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "dump")
		r := &Run{Origin: o, Wishes: Wishes{Folder: dir, Began: began, Tool: "test", Progress: func(e flash.Event) {
			if moved && e.Op == "read" {
				_ = os.Chtimes(filepath.Join(in, "ROM_1"), began, began)
			}
		}}}
		err = r.Read(t.Context())
		if errors.As(err, new(*MovedError)) != moved || !moved && err != nil {
			t.Errorf("written to: %v; %v", moved, err)
		}
		if !moved {
			if m, _, err := r.Dump.Finish(t.Context()); err != nil || m.Phone.Protocol != "file" || len(m.Sources) != 2 {
				t.Errorf("%+v %v", m, err)
			}
			holds(t, dir, have[0])
			holds(t, dir, have[1])
		}
		r.Close()
		if err := o.Close(); err != nil || o.After() != "" {
			t.Errorf("%v, %q", err, o.After())
		}
	}
}

func TestParseRange(t *testing.T) {
	for s, want := range map[string]plan.Range{
		"0x8000+0x4000":         {Extent: flash.Extent{Offset: 0x8000, Length: 0x4000}},
		"EMMC_BOOT_1:0x0+4K":    {Region: flash.EMMCBoot1, Extent: flash.Extent{Length: 4096}},
		"boot_1:1M+1":           {Region: "BOOT_1", Extent: flash.Extent{Offset: 1 << 20, Length: 1}},
		"0x100":                 {},
		"":                      {},
		"0+0":                   {},
		"a+b":                   {},
		"1+":                    {},
		"0x7fffffffffffffff+10": {},
	} {
		got, err := ParseRange(s)
		if got != want || (err == nil) != (want != plan.Range{}) {
			t.Errorf("%q is %+v, %v", s, got, err)
		}
	}
}

func FuzzParseRange(f *testing.F) {
	f.Add("0x8000+0x4000")
	f.Add("EMMC_BOOT_1:0x0+4K")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRange(s)
		if err == nil && (r.Length <= 0 || r.Offset < 0 || r.End() < r.Offset) || err != nil && !reflect.DeepEqual(r, plan.Range{}) {
			t.Errorf("%q is %+v, %v", s, r, err)
		}
	})
}
