package source

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// What a parts folder was left without, or has lost, counts as not read: its zeros are
// nobody's. Zeros that need no file stay what they are.
func TestMissingEntries(t *testing.T) {
	entry := func(name string, at int64, file string, zero bool) flash.ManifestEntry {
		return flash.ManifestEntry{Kind: "partition", Name: name, Region: flash.EMMCUser, Present: 0x1000,
			Extent: flash.Extent{Offset: at, Length: 0x1000}, File: file, Zero: zero, Skipped: file == "" && !zero}
	}
	m := &flash.Manifest{Schema: flash.ManifestSchema, Kind: flash.KindParts, Storage: flash.EMMC,
		Sources: []flash.ManifestSource{{Name: "ROM_1", Region: flash.EMMCUser, Size: 0x4000}},
		Entries: []flash.ManifestEntry{entry("boot", 0, "boot.img", false), entry("nvram", 0x1000, "", false),
			entry("logo", 0x2000, "", true), entry("lk", 0x3000, "lk.bin", false)},
		Files: []flash.ManifestFile{{Name: "boot.img", Size: 0x1000}, {Name: "lk.bin", Size: 0x1000}},
	}
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{flash.ManifestName: b, "boot.img": make([]byte, 0x1000)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := s.User().Unread
	if len(got) != 2 || got[0] != (flash.Extent{Offset: 0x1000, Length: 0x1000}) || got[1] != (flash.Extent{Offset: 0x3000, Length: 0x1000}) {
		t.Errorf("not read: %v", got)
	}
}
