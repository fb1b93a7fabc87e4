package source

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// phones of each kind of table; made once, for they are never written to.
var (
	mt6592 = imgtest.MT6592()
	mt6572 = imgtest.MT6572()
	mt6765 = imgtest.MT6765()
	mt6893 = imgtest.MT6893()
)

// shifted writes prefix and then the user area, all of it or from a byte on, as one
// file with holes.
func shifted(t *testing.T, prefix []byte, user *imgtest.Sparse, from int64) string {
	t.Helper()
	img := imgtest.NewSparse(int64(len(prefix)) + user.Size() - from)
	img.Put(0, prefix)
	for off := from; ; {
		d, err := user.NextData(off)
		if err != nil {
			t.Fatal(err)
		}
		if d.Length == 0 {
			break
		}
		img.Put(int64(len(prefix))+d.Offset-from, user.Range(d))
		off = d.End()
	}
	path := filepath.Join(t.TempDir(), "ROM_0")
	if err := img.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// whole checks that the parts of one file are all of it: what a manifest needs to
// rebuild it.
func whole(t *testing.T, s *Source, path string) {
	t.Helper()
	file, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	again := flash.NewStitched(0)
	for _, p := range s.Parts {
		again.Add(p.Base, p.Image)
		if p.Source != filepath.Base(path) {
			t.Errorf("%s comes from %s", p.Region, p.Source)
		}
	}
	walk(t, again, file)
}

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// A linear dump, or one that was read from elsewhere, is one file seen as several
// regions.
func TestBase(t *testing.T) {
	boot := mt6765.Boot1
	for name, c := range map[string]struct {
		phone  *imgtest.Phone
		prefix []byte
		want   []flash.Region // after the user area
		bases  []int64
	}{
		"linear, MBR":          {mt6572, append(bytes.Clone(mt6572.Boot1), make([]byte, 0x1400000-len(mt6572.Boot1))...), []flash.Region{flash.EMMCBoot1}, []int64{0}},
		"linear, one copy":     {mt6592, append(bytes.Clone(mt6592.Boot1), make([]byte, 0x600000-len(mt6592.Boot1))...), []flash.Region{flash.EMMCBoot1}, []int64{0}},
		"linear, GPT, RPMB":    {mt6765, cat(boot, boot, make([]byte, 0x400000)), []flash.Region{flash.EMMCBoot1, flash.EMMCBoot2, flash.EMMCRPMB}, []int64{0, int64(len(boot)), 2 * int64(len(boot))}},
		"linear, GPT, no RPMB": {mt6765, cat(boot, boot), []flash.Region{flash.EMMCBoot1, flash.EMMCBoot2}, []int64{0, int64(len(boot))}},
		"a sector of text":     {mt6592, bytes.Repeat([]byte("log "), 128), []flash.Region{prefixRegion}, []int64{0}},
		"eight sectors":        {mt6765, make([]byte, 4096), []flash.Region{prefixRegion}, []int64{0}},
		"not whole sectors":    {mt6765, []byte("13 bytes of log"), []flash.Region{prefixRegion}, []int64{0}},
		"odd base, MBR":        {mt6592, make([]byte, 0x1480000), []flash.Region{prefixRegion}, []int64{0}},
		"UFS":                  {mt6893, make([]byte, 0x3000), []flash.Region{prefixRegion}, []int64{0}},
	} {
		t.Run(name, func(t *testing.T) {
			path := shifted(t, c.prefix, c.phone.User, 0)
			s := open(t, path, Options{})
			user := s.Parts[0]
			if user.Region != c.phone.Storage.User() || user.Base != int64(len(c.prefix)) || s.Storage != c.phone.Storage {
				t.Fatalf("%s at 0x%x, storage %s; problems %v", user.Region, user.Base, s.Storage, s.Problems)
			}
			walk(t, user.Image, c.phone.User)
			var regions []flash.Region
			for i, p := range s.Parts[1:] {
				if regions = append(regions, p.Region); i < len(c.bases) && p.Base != c.bases[i] {
					t.Errorf("%s begins at 0x%x, want 0x%x", p.Region, p.Base, c.bases[i])
				}
			}
			if len(regions) != len(c.want) || string(regions[len(regions)-1]) != string(c.want[len(c.want)-1]) {
				t.Errorf("regions %v, want %v", regions, c.want)
			}
			if !says(s.Problems, flash.Note, "witnesses: ") || flash.Worst(s.Problems) != flash.Note {
				t.Errorf("problems %v", s.Problems)
			}
			whole(t, s, path)
		})
	}
}

// One witness is not enough: a table whose rows hold nothing, or something else, may
// be one that merely lies in a file.
func TestBaseNotBelieved(t *testing.T) {
	primary, _ := imgtest.GPT(imgtest.GPTSpec{SectorSize: 512, DeviceSize: 64 << 20, Rows: []imgtest.GPTRow{
		{Name: "boot", Extent: flash.Extent{Offset: 1 << 20, Length: 1 << 20}},
		{Name: "lk", Extent: flash.Extent{Offset: 2 << 20, Length: 1 << 20}},
	}})
	mbr := imgtest.MBRChain(imgtest.MBRSpec{Primary: []flash.Extent{{Offset: 9 << 20, Length: 1 << 20}},
		EBRs: []imgtest.EBRSpec{{Offset: 0x80000, Rows: []flash.Extent{{Offset: 10 << 20, Length: 1 << 20}}}}})[0].Bytes
	contradicted := make([]byte, 3<<20)
	copy(contradicted, primary)
	copy(contradicted[2<<20:], imgtest.BootImage(imgtest.Noise("k", 5000), imgtest.Noise("r", 5000), false, ""))
	for name, table := range map[string][]byte{"GPT": primary, "MBR": mbr, "GPT over foreign content": contradicted} {
		img := imgtest.NewSparse(70 << 20)
		img.Put(0, imgtest.Noise("firmware", 5000))
		img.Put(3<<20, table)
		path := filepath.Join(t.TempDir(), "ROM_1")
		if err := img.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		s := open(t, path, Options{})
		if len(s.Parts) != 1 || s.Parts[0].Base != 0 {
			t.Errorf("%s: parts %v, problems %v", name, s.Parts, s.Problems)
		}
	}
}

// A file whose head is missing says how much of it, and where the rest belongs.
func TestHeadCut(t *testing.T) {
	for name, cut := range map[string]int64{"a sector": 512, "the table": 0x8000, "an odd number": 0x123457} {
		path := shifted(t, nil, mt6765.User, cut)
		s := open(t, path, Options{})
		p := s.Parts[0]
		if p.Base != -cut || len(p.Unread) != 1 || p.Unread[0] != (flash.Extent{Length: cut}) || !says(s.Problems, flash.Error, "bytes are missing") {
			t.Errorf("%s: begins at %d, unread %v, problems %v", name, p.Base, p.Unread, s.Problems)
			continue
		}
		want := mt6765.User.Clone()
		want.Zero(0, cut)
		walk(t, p.Image, want)
		whole(t, s, path)
	}
}

// Dumps that begin where they should are left alone, also when their table is damaged
// or their end is missing.
func TestBaseZero(t *testing.T) {
	for name, change := range map[string]func(u *imgtest.Sparse){
		"good":           func(*imgtest.Sparse) {},
		"no primary GPT": func(u *imgtest.Sparse) { u.Zero(0, 0x8000) },
		"no backup GPT":  func(u *imgtest.Sparse) { u.Truncate(100 << 20) },
	} {
		u := mt6765.User.Clone()
		change(u)
		s := open(t, shifted(t, nil, u, 0), Options{})
		if len(s.Parts) != 1 || s.Parts[0].Base != 0 || len(s.Problems) > 0 {
			t.Errorf("%s: %v, problems %v", name, s.Parts, s.Problems)
		}
	}
	// A boot region alone is no linear dump.
	path := write(t, "BOOT_1", mt6765.Boot1)
	if s := open(t, path, Options{}); len(s.Parts) != 1 || s.Parts[0].Region != flash.EMMCBoot1 {
		t.Errorf("boot region alone: %v", s.Parts)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
