package source

import (
	"archive/zip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/flash"
)

// dumpFolder writes the MT6765 as a dump folder: its regions in regions/, and what a
// manifest of them says.
func dumpFolder(t *testing.T, dir string) *flash.Manifest {
	t.Helper()
	regions := filepath.Join(dir, "regions")
	if err := os.MkdirAll(regions, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := mt6765.WriteDump(regions); err != nil {
		t.Fatal(err)
	}
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: "test", Kind: flash.KindDump, Storage: flash.EMMC, Complete: true}
	for _, p := range mt6765.Device().Parts {
		name := map[flash.Region]string{flash.EMMCUser: "ROM_1", flash.EMMCBoot1: "BOOT_1", flash.EMMCBoot2: "BOOT_2"}[p.Region]
		whole := flash.Extent{Length: p.Image.Size()}
		m.Sources = append(m.Sources, flash.ManifestSource{Name: name, Region: p.Region, Size: whole.Length})
		m.Entries = append(m.Entries, flash.ManifestEntry{Kind: "region", Name: name, Region: p.Region, Extent: whole, Present: whole.Length, File: "regions/" + name})
		m.Files = append(m.Files, flash.ManifestFile{Name: "regions/" + name, Size: whole.Length})
	}
	return m
}

func writeRecord(t *testing.T, path string, m *flash.Manifest) {
	t.Helper()
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	put(t, path, b)
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestDumpFolder(t *testing.T) {
	dir := t.TempDir()
	m := dumpFolder(t, dir)
	writeRecord(t, filepath.Join(dir, flash.ManifestName), m)
	s := open(t, dir, Options{})
	want := mt6765.Device()
	if len(s.Parts) != len(want.Parts) || len(s.Problems) > 0 {
		t.Fatalf("parts %v, problems %v", s.Parts, s.Problems)
	}
	for _, p := range want.Parts {
		got := s.Part(p.Region)
		if got == nil || got.Unread != nil {
			t.Fatalf("%s: %+v", p.Region, got)
		}
		walk(t, got.Image, p.Image)
	}
}

// Whatever way leads to a region, its holes are known.
func TestUnread(t *testing.T) {
	size := mt6765.Device().Image(flash.EMMCUser).Size()
	hole := []flash.Extent{{Offset: 1 << 20, Length: 2 << 20}}
	read := flash.Without([]flash.Extent{{Length: size}}, hole)
	all := []flash.Extent{{Length: size}}
	for name, c := range map[string]struct {
		make func(t *testing.T, dir string) string // returns what is opened
		want []flash.Extent
	}{
		"by the manifest": {func(t *testing.T, dir string) string {
			m := dumpFolder(t, dir)
			m.Sources[slices.IndexFunc(m.Sources, func(s flash.ManifestSource) bool { return s.Region == flash.EMMCUser })].Unread = hole
			writeRecord(t, filepath.Join(dir, flash.ManifestName), m)
			return dir
		}, hole},
		"by the map, resumable": {func(t *testing.T, dir string) string {
			writeRecord(t, filepath.Join(dir, flash.ManifestName+".part"), dumpFolder(t, dir))
			rename(t, filepath.Join(dir, "regions", "ROM_1"), ".part")
			put(t, filepath.Join(dir, "regions", "ROM_1.map"), mapfile.Make(size, read, nil).Encode())
			return dir
		}, hole},
		"no map": {func(t *testing.T, dir string) string {
			writeRecord(t, filepath.Join(dir, flash.ManifestName+".part"), dumpFolder(t, dir))
			rename(t, filepath.Join(dir, "regions", "ROM_1"), ".part")
			return dir
		}, all},
		"no file": {func(t *testing.T, dir string) string {
			writeRecord(t, filepath.Join(dir, flash.ManifestName+".part"), dumpFolder(t, dir))
			if err := os.Remove(filepath.Join(dir, "regions", "ROM_1")); err != nil {
				t.Fatal(err)
			}
			return dir
		}, all},
		"cut": {func(t *testing.T, dir string) string {
			writeRecord(t, filepath.Join(dir, flash.ManifestName), dumpFolder(t, dir))
			if err := os.Truncate(filepath.Join(dir, "regions", "ROM_1"), size-4096); err != nil {
				t.Fatal(err)
			}
			return dir
		}, []flash.Extent{{Offset: size - 4096, Length: 4096}}},
		"the regions alone": {func(t *testing.T, dir string) string {
			dumpFolder(t, dir)
			put(t, filepath.Join(dir, "regions", "ROM_1.map"), mapfile.Make(size, read, nil).Encode())
			return filepath.Join(dir, "regions")
		}, hole},
		"a file and its map": {func(t *testing.T, dir string) string {
			dumpFolder(t, dir)
			rename(t, filepath.Join(dir, "regions", "ROM_1"), ".part")
			put(t, filepath.Join(dir, "regions", "ROM_1.map"), mapfile.Make(size, read, hole).Encode())
			return filepath.Join(dir, "regions", "ROM_1.part")
		}, hole},
		"a map that is none": {func(t *testing.T, dir string) string {
			dumpFolder(t, dir)
			put(t, filepath.Join(dir, "regions", "ROM_1.map"), []byte("a picture"))
			return filepath.Join(dir, "regions", "ROM_1")
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, c.make(t, t.TempDir()), Options{})
			got := s.Part(flash.EMMCUser)
			if got == nil || !slices.Equal(got.Unread, c.want) || got.Image.Size() != size {
				t.Errorf("%+v, want the holes %v", got, c.want)
			}
		})
	}
}

// A dump that has all its bytes and no manifest was left before its end, whatever its files
// are called by then; so was a file that bears the name of one.
func TestUnfinishedDump(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, dir string) string{
		"between two readings": func(t *testing.T, dir string) string {
			m := dumpFolder(t, dir)
			writeRecord(t, filepath.Join(dir, flash.ManifestName+".part"), m)
			for _, s := range m.Sources {
				rename(t, filepath.Join(dir, "regions", s.Name), ".part")
				put(t, filepath.Join(dir, "regions", s.Name+".map"), mapfile.Make(s.Size, []flash.Extent{{Length: s.Size}}, nil).Encode())
			}
			return dir
		},
		"in its last steps": func(t *testing.T, dir string) string {
			writeRecord(t, filepath.Join(dir, flash.ManifestName+".part"), dumpFolder(t, dir))
			return dir
		},
		"the regions alone": func(t *testing.T, dir string) string {
			m := dumpFolder(t, dir)
			rename(t, filepath.Join(dir, "regions", "ROM_1"), ".part")
			put(t, filepath.Join(dir, "regions", "ROM_1.map"), mapfile.Make(m.Sources[0].Size, []flash.Extent{{Length: m.Sources[0].Size}}, nil).Encode())
			return filepath.Join(dir, "regions")
		},
		"a region alone": func(t *testing.T, dir string) string {
			dumpFolder(t, dir)
			rename(t, filepath.Join(dir, "regions", "ROM_1"), ".part")
			return filepath.Join(dir, "regions", "ROM_1.part")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, make(t, t.TempDir()), Options{})
			if !s.Unfinished || flash.Worst(s.Problems) != flash.Error || s.Record != nil {
				t.Errorf("it passes for a finished dump: %v", s.Problems)
			}
		})
	}
}

// The draft that a last step left beside the manifest takes nothing away from it.
func TestDraftBesideManifest(t *testing.T) {
	dir := t.TempDir()
	m := dumpFolder(t, dir)
	writeRecord(t, filepath.Join(dir, flash.ManifestName), m)
	writeRecord(t, filepath.Join(dir, flash.ManifestName+".part"), m)
	if s := open(t, dir, Options{}); s.Unfinished || len(s.Problems) > 0 || s.Record == nil {
		t.Error(s.Problems)
	}
}

// A map that is damaged is not taken for one that has nothing to say.
func TestDamagedMap(t *testing.T) {
	dir := t.TempDir()
	writeRecord(t, filepath.Join(dir, flash.ManifestName), dumpFolder(t, dir))
	put(t, filepath.Join(dir, "regions", "ROM_1.map"), []byte("0 ? 1\n0 0x1000 +\n0x2000 0x1000 +\n"))
	if s, err := Open(t.Context(), dir, Options{}); err == nil {
		s.Close()
		t.Error("opened")
	}
}

func rename(t *testing.T, path, suffix string) {
	t.Helper()
	if err := os.Rename(path, path+suffix); err != nil {
		t.Fatal(err)
	}
}

// A file of a dump folder is the one that the manifest names, not another one of the same name.
func TestDumpFolderWithAnotherFile(t *testing.T) {
	dir := t.TempDir()
	writeRecord(t, filepath.Join(dir, flash.ManifestName), dumpFolder(t, dir))
	put(t, filepath.Join(dir, "ROM_1"), []byte("another file"))
	s := open(t, dir, Options{})
	want := mt6765.Device().Image(flash.EMMCUser)
	if got := s.Part(flash.EMMCUser); got == nil || len(got.Unread) > 0 || len(s.Problems) > 0 {
		t.Fatalf("%+v, problems %v", got, s.Problems)
	}
	walk(t, s.Image(flash.EMMCUser), want)
}

// A zip of a dump folder is that dump, whether it has the folder itself or only what is in it.
func TestZipOfDumpFolder(t *testing.T) {
	dir := t.TempDir()
	m := dumpFolder(t, dir)
	for i, src := range m.Sources { // only the start of a region
		size := min(src.Size, 4<<20)
		m.Sources[i].Size, m.Files[i].Size = size, size
		m.Entries[i].Length, m.Entries[i].Present = size, size
		if err := os.Truncate(filepath.Join(dir, "regions", src.Name), size); err != nil {
			t.Fatal(err)
		}
	}
	writeRecord(t, filepath.Join(dir, flash.ManifestName), m)
	for _, prefix := range []string{"", "dump/", "./"} {
		var files []zipped
		for _, name := range []string{flash.ManifestName, "regions/ROM_1", "regions/BOOT_1", "regions/BOOT_2"} {
			b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, zipped{prefix + name, zip.Deflate, b})
		}
		s := open(t, write(t, "dump.zip", zipOf(t, files...)), Options{})
		if len(s.Parts) != 3 || len(s.Damaged) > 0 {
			t.Fatalf("%q: parts %v, problems %v", prefix, s.Parts, s.Problems)
		}
		for _, p := range mt6765.Device().Parts {
			if got := s.Part(p.Region); got == nil || got.Unread != nil {
				t.Fatalf("%q: %s: %+v", prefix, p.Region, got)
			}
			walk(t, s.Image(p.Region), flash.Slice(p.Image, flash.Extent{Length: min(p.Image.Size(), 4<<20)}))
		}
		got, err := s.RecordFiles(t.Context()).Names()
		if err != nil || !slices.Contains(got, "regions") && prefix != "./" {
			t.Errorf("%q: files %q, %v", prefix, got, err)
		}
	}
}
