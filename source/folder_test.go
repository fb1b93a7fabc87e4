package source

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/stream"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// rowFiles writes the rows of a phone as files, each named by name; "" leaves one out.
func rowFiles(t *testing.T, dir string, p *imgtest.Phone, name func(flash.Partition) string) {
	t.Helper()
	for _, r := range p.Rows {
		n := name(r)
		if n == "" {
			continue
		}
		img := imgtest.NewSparse(r.Length)
		if r.Region.IsUser() {
			img.Put(0, p.User.Range(r.Extent))
		} else {
			img.Put(0, p.Boot1[:min(int64(len(p.Boot1)), r.Length)])
		}
		if err := img.WriteFile(filepath.Join(dir, n)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFolderOfRegions(t *testing.T) {
	for name, c := range map[string]struct {
		phone  *imgtest.Phone
		rename map[string]string
		want   map[flash.Region]string // name of the file
	}{
		"read-back": {mt6592, nil, map[flash.Region]string{flash.EMMCUser: "ROM_1", flash.EMMCBoot1: "BOOT_1", flash.EMMCBoot2: "BOOT_2"}},
		"ROM rows":  {mt6765, map[string]string{"BOOT_1": "ROM_0", "BOOT_2": "ROM_2"}, map[flash.Region]string{flash.EMMCUser: "ROM_1", flash.EMMCBoot1: "ROM_0", flash.EMMCBoot2: "ROM_2"}},
		"mtkclient": {mt6765, map[string]string{"BOOT_1": "boot1.bin", "BOOT_2": "boot2.bin", "ROM_1": "flash.bin"},
			map[flash.Region]string{flash.EMMCUser: "flash.bin", flash.EMMCBoot1: "boot1.bin", flash.EMMCBoot2: "boot2.bin"}},
		"UFS": {mt6893, map[string]string{"BOOT_1": "lun0.bin", "BOOT_2": "lun1.bin", "ROM_1": "lun2.bin"},
			map[flash.Region]string{flash.UFSLU2: "lun2.bin", flash.UFSLU0: "lun0.bin", flash.UFSLU1: "lun1.bin"}},
		"swapped names": {mt6765, map[string]string{"ROM_1": "whatever", "BOOT_1": "a", "BOOT_2": "BOOT_2.bin"},
			map[flash.Region]string{flash.EMMCUser: "whatever", flash.EMMCBoot1: "a", flash.EMMCBoot2: "BOOT_2.bin"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := c.phone.WriteDump(dir); err != nil {
				t.Fatal(err)
			}
			for from, to := range c.rename {
				if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, "ROM_9"), imgtest.Logo(true), 0o666); err != nil {
				t.Fatal(err)
			}
			s := open(t, dir, Options{})
			if s.Storage != c.phone.Storage || !s.Parts[0].Region.IsUser() || len(s.Parts) != len(c.want) {
				t.Errorf("storage %s, parts %v", s.Storage, s.Parts)
			}
			device := c.phone.Device()
			for r, file := range c.want {
				p := s.Part(r)
				if p == nil || p.Source != file {
					t.Fatalf("%s: %+v, want %s; problems %v", r, p, file, s.Problems)
				}
				walk(t, p.Image, device.Image(r))
			}
			if s.Scatter != filepath.Join(dir, c.phone.ScatterName()) {
				t.Errorf("scatter %q", s.Scatter)
			}
			if flash.Worst(s.Problems) != flash.Note || !says(s.Problems, flash.Note, "not used: ROM_9") {
				t.Errorf("problems %v", s.Problems)
			}
		})
	}
}

// A folder with the one file compressed, or split, is the same device.
func TestFolderPacked(t *testing.T) {
	user := mt6592.User.Clone()
	user.Truncate(20 << 20)
	files := cut(squeeze(t, user.Bytes(), 4<<20), 20_000, 1, "ROM_1.zst.%03d")
	files["BOOT_1.gz"] = packers["gz"](t, mt6592.Boot1)
	files["notes.txt"] = []byte("read on a Sunday")
	s := open(t, writeAll(t, files), Options{})
	walk(t, s.Image(flash.EMMCUser), user)
	walk(t, s.Image(flash.EMMCBoot1), bytes.NewReader(mt6592.Boot1))
	if s.Scatter != "" || len(s.Files) < 3 {
		t.Errorf("scatter %q, files %v", s.Scatter, s.Files)
	}
}

// mtkclient's rl: a GPT and a file for each of its rows.
func TestFolderOfPartitions(t *testing.T) {
	for _, phone := range []*imgtest.Phone{mt6765, mt6893} {
		dir := t.TempDir()
		first := phone.Rows[2].Offset
		if err := os.WriteFile(filepath.Join(dir, "gpt.bin"), phone.User.Range(flash.Extent{Length: first}), 0o666); err != nil {
			t.Fatal(err)
		}
		rowFiles(t, dir, phone, func(r flash.Partition) string {
			switch r.Name {
			case "pgpt", "sgpt", "nvram", "userdata":
				return ""
			}
			return r.Name + ".bin"
		})
		s := open(t, dir, Options{})
		if s.Storage != phone.Storage || len(s.Parts) != 2 {
			t.Fatalf("storage %s, parts %v", s.Storage, s.Parts)
		}
		want := phone.User.Clone()
		for _, n := range []string{"nvram", "userdata"} {
			r := phone.Row(n)
			want.Zero(r.Offset, r.Length)
			if !says(s.Problems, flash.Error, n+": the folder has no file of it") {
				t.Errorf("%s is not missed: %v", n, s.Problems)
			}
		}
		for _, gap := range gapsOf(phone) { // what lies between the rows is in no file
			want.Zero(gap.Offset, gap.Length)
		}
		want.Truncate(s.Parts[0].Image.Size())
		if end := phone.Row("flashinfo").End(); want.Size() != end {
			t.Errorf("ends at 0x%x, want 0x%x", want.Size(), end)
		}
		walk(t, s.Parts[0].Image, want)
	}
}

// gapsOf lists what lies between the rows of a phone's user area.
func gapsOf(p *imgtest.Phone) []flash.Extent {
	var gaps []flash.Extent
	end := int64(0)
	for _, r := range p.Rows {
		if r.Region.IsUser() {
			if r.Offset > end {
				gaps = append(gaps, flash.Extent{Offset: end, Length: r.Offset - end})
			}
			end = max(end, r.End())
		}
	}
	return gaps
}

// The backup folder of MTK Droid Tools: nodl_ files, the system in a zip, the boot
// region by its own name, userdata not at all; the scatter file places them.
func TestFolderOfDroidTools(t *testing.T) {
	dir := t.TempDir()
	inFolder := map[string]string{
		"PRELOADER": "preloader_and_dsp", "MBR": "MBR", "EBR1": "EBR1", "UBOOT": "lk.bin", "BOOTIMG": "boot.img",
		"RECOVERY": "recovery.img", "SEC_RO": "secro.img", "LOGO": "logo.bin", "PRO_INFO": "nodl_pro_info",
		"SECCFG": "nodl_seccfg", "MISC": "nodl_misc", "EXPDB": "nodl_expdb",
		"PROTECT_F": "nodl_protect_f.ext4.img", "PROTECT_S": "nodl_protect_s.ext4.img", "NVRAM": "nodl_nvram",
	}
	rowFiles(t, dir, mt6572, func(r flash.Partition) string {
		if r.Name == "PRELOADER" {
			return ""
		}
		return inFolder[r.Name]
	})
	system := mt6572.Row("ANDROID")
	for name, b := range map[string][]byte{
		"preloader_and_dsp":        mt6572.Boot1,
		"system.ext4.zip":          zipOf(t, zipped{"system.ext4", zip.Deflate, mt6572.User.Range(system.Extent)}),
		"userdata_nvram_only.tar":  []byte("a tar"),
		"nodl_protect_f.ext4.tar":  []byte("another"),
		"phone.info":               []byte("Hardware : MT6572"),
		"firmware.info":            []byte("preloader 0x0"),
		mt6572.ScatterName():       []byte(mt6572.Scatter),
		"something_else_entirely.": []byte("junk"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, Options{})
	if s.Scatter != filepath.Join(dir, mt6572.ScatterName()) {
		t.Errorf("scatter %q", s.Scatter)
	}
	want := mt6572.User.Clone()
	want.Truncate(system.End())
	for _, gap := range gapsOf(mt6572) {
		if gap.Offset < want.Size() {
			want.Zero(gap.Offset, gap.Length)
		}
	}
	walk(t, s.Image(flash.EMMCUser), want)
	walk(t, s.Image(flash.EMMCBoot1), bytes.NewReader(mt6572.Boot1))
	if !says(s.Problems, flash.Note, "the folder has no files of the partitions behind it (CACHE, USRDATA, FAT)") || !says(s.Problems, flash.Note, "something_else") || flash.Worst(s.Problems) != flash.Note {
		t.Errorf("problems %v", s.Problems)
	}
}

func TestFolderRefused(t *testing.T) {
	two := t.TempDir()
	if err := mt6592.WriteDump(two); err != nil {
		t.Fatal(err)
	}
	if err := mt6592.User.WriteFile(filepath.Join(two, "ROM_2")); err != nil {
		t.Fatal(err)
	}
	for dir, text := range map[string]string{
		two:         "contains 2 dumps (ROM_1, ROM_2)",
		t.TempDir(): "empty folder",
		writeAll(t, map[string][]byte{"readme.txt": []byte("hello"), "photo.jpg": []byte("\xff\xd8\xff")}): "none of its 2 files is a dump",
	} {
		_, err := Open(context.Background(), dir, Options{})
		var not *UnreadableError
		if !errors.As(err, &not) || !strings.Contains(not.Text, text) {
			t.Errorf("%v, want %q", err, text)
		}
	}
}

func TestFolderOfManifest(t *testing.T) {
	want := sample()
	boot := sample()[:4096]
	m := &flash.Manifest{Schema: flash.ManifestSchema, Kind: "parts", Storage: flash.EMMC, Complete: true,
		Sources: []flash.ManifestSource{{Name: "ROM_1", Region: flash.EMMCUser, Size: int64(len(want))}, {Name: "BOOT_1", Region: flash.EMMCBoot1, Size: 4096}}}
	files := map[string][]byte{}
	entry := func(e flash.ManifestEntry, b []byte) {
		e.Present = min(e.Length, int64(len(want))-e.Offset)
		if e.File != "" && files[e.File] == nil {
			files[e.File] = b
			m.Files = append(m.Files, flash.ManifestFile{Name: e.File, Size: int64(len(b))})
		}
		m.Entries = append(m.Entries, e)
	}
	cuts := []int64{0, 10_000, 60_000, 1 << 20, 2 << 20, int64(len(want)) + 5000}
	for i := range len(cuts) - 1 {
		e := flash.ManifestEntry{Kind: "partition", Name: fmt.Sprintf("p%d", i), Region: flash.EMMCUser, File: fmt.Sprintf("p%d.img", i),
			Extent: flash.Extent{Offset: cuts[i], Length: cuts[i+1] - cuts[i]}}
		b := want[cuts[i]:min(cuts[i+1], int64(len(want)))]
		if flash.IsZero(b) {
			e.File, e.Zero = "", true
		}
		entry(e, b)
	}
	// An overlap, and a partition that begins with what could be a gzip file.
	entry(flash.ManifestEntry{Kind: "partition", Name: "over", Region: flash.EMMCUser, File: "over.img",
		Extent: flash.Extent{Offset: 9000, Length: 2000}}, want[9000:11_000])
	copy(want[10_000:], stream.Gzip)
	copy(files["p1.img"], stream.Gzip)
	copy(files["over.img"], want[9000:11_000])
	entry(flash.ManifestEntry{Kind: "region", Name: "boot1", Region: flash.EMMCBoot1, File: "boot1.bin", Extent: flash.Extent{Length: 4096}}, boot)
	m.Entries[len(m.Entries)-1].Present = 4096
	entry(flash.ManifestEntry{Kind: "preloader", Name: "preloader", Region: flash.EMMCBoot1, File: "preloader_x.bin", Extent: flash.Extent{Offset: 100, Length: 50}}, boot[:50])
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	files[flash.ManifestName] = b
	dir := writeAll(t, files)
	s := open(t, dir, Options{})
	if len(s.Problems) > 0 || s.Parts[0].Source != "ROM_1" || s.Storage != flash.EMMC {
		t.Errorf("%v, problems %v", s.Parts, s.Problems)
	}
	walk(t, s.Image(flash.EMMCUser), bytes.NewReader(want))
	walk(t, s.Image(flash.EMMCBoot1), bytes.NewReader(boot))

	// What is missing is named, and reads as zero.
	if err := errors.Join(os.Remove(filepath.Join(dir, "p0.img")), os.Truncate(filepath.Join(dir, "p1.img"), 20_000)); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, Options{})
	if !says(s.Problems, flash.Error, "p0: p0.img is not in the folder") || !says(s.Problems, flash.Error, "p1: p1.img") {
		t.Errorf("problems %v", s.Problems)
	}
	lost := []flash.Extent{{Length: 10_000}, {Offset: 30_000, Length: 30_000}}
	if got := s.Parts[0].Unread; !slices.Equal(got, lost) {
		t.Errorf("unread %v, want %v", got, lost)
	}

	// So is what no entry speaks of, whatever the manifest says of itself.
	m.Entries = slices.DeleteFunc(m.Entries, func(e flash.ManifestEntry) bool { return e.Name == "p1" })
	if b, err = m.Encode(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, flash.ManifestName), b, 0o666); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, Options{})
	lost = []flash.Extent{{Length: 9000}, {Offset: 11_000, Length: 49_000}}
	if got := s.Parts[0].Unread; !says(s.Problems, flash.Error, "no entry of the manifest has 0x2af8..0xea60") || !slices.Equal(got[1:], lost[1:]) {
		t.Errorf("unread %v, problems %v", got, s.Problems)
	}
}
