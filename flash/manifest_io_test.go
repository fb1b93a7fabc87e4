package flash

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func goodManifest() *Manifest {
	sum := strings.Repeat("0f", 32)
	return &Manifest{Schema: ManifestSchema, Tool: "mtkkit", Kind: "parts", Complete: true, Storage: EMMC,
		Sources: []ManifestSource{{Name: "ROM_1", Region: EMMCUser, Size: 0x1000}, {Name: "BOOT_1", Region: EMMCBoot1, Size: 0x200, SHA256: sum}},
		Entries: []ManifestEntry{
			{Kind: "partition", Name: "boot", Region: EMMCUser, Extent: Extent{0, 0x800}, Present: 0x800, File: "boot.img", SHA256: sum},
			{Kind: "gap", Name: "gap", Region: EMMCUser, Extent: Extent{0x800, 0x800}, Present: 0x800, Zero: true},
			{Kind: "partition", Name: "userdata", Region: EMMCUser, Extent: Extent{0xf00, 0x8000}, Present: 0x100, File: "boot.img"},
			{Kind: "partition", Name: "beyond", Region: EMMCUser, Extent: Extent{1 << 40, 0x8000}},
			{Kind: "partition", Name: "bmtpool", Region: EMMCUser, Extent: Extent{Unplaced, 0x8000}, Skipped: true},
			{Kind: "partition", Name: "lu", Region: UFSLU1, Extent: Extent{0, 0x8000}},
		},
		Files:    []ManifestFile{{Name: "boot.img", Size: 0x800, SHA256: sum}},
		Problems: []Problem{{Severity: Warning, Place: "boot", Offset: NoOffset, Text: "x"}},
	}
}

func TestManifestRoundTrip(t *testing.T) {
	m := goodManifest()
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadManifest(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m, again) {
		t.Errorf("%+v\nbecame\n%+v", m, again)
	}
	if s := again.Source(EMMCBoot1); s == nil || s.Name != "BOOT_1" || again.Source(NANDWhole) != nil {
		t.Errorf("source: %+v", s)
	}
}

func TestManifestOfDump(t *testing.T) {
	m := &Manifest{
		Schema: ManifestSchema, Kind: KindDump, Created: "2026-01-02T03:04:05Z",
		Sources: []ManifestSource{{Name: "regions/ROM_1", Region: EMMCUser, Size: 0x3000, Unread: []Extent{{0, 0x1000}, {0x2000, 0x1000}}}},
		Entries: []ManifestEntry{{Kind: "region", Name: "EMMC_USER", Region: EMMCUser, Extent: Extent{0, 0x3000}, Present: 0x3000, File: "regions/ROM_1"}},
		Files:   []ManifestFile{{Name: "regions/ROM_1", Size: 0x3000}},
		Phone:   &ManifestPhone{HWCode: "0x0766", IDs: map[string]string{"me_id": "00"}},
	}
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ReadManifest(bytes.NewReader(b)); err != nil || !reflect.DeepEqual(m, again) {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestManifestRefuses(t *testing.T) {
	const huge = 1<<63 - 1
	cases := map[string]func(m *Manifest){
		"schema":           func(m *Manifest) { m.Schema = "mtkkit.manifest/2" },
		"path up":          func(m *Manifest) { m.Files[0].Name = "../boot.img" },
		"absolute path":    func(m *Manifest) { m.Files[0].Name = "/etc/passwd" },
		"windows path":     func(m *Manifest) { m.Files[0].Name = `c:\boot.img` },
		"device":           func(m *Manifest) { m.Files[0].Name = "Con.img" },
		"parts are flat":   func(m *Manifest) { m.Kind = KindParts; m.Files = append(m.Files, ManifestFile{Name: "sub/x"}) },
		"folder up":        func(m *Manifest) { m.Kind = KindDump; m.Files[0].Name = "regions/../../boot.img" },
		"folder device":    func(m *Manifest) { m.Kind = KindDump; m.Files[0].Name = "aux/boot.img" },
		"folder empty":     func(m *Manifest) { m.Kind = KindDump; m.Files[0].Name = "regions//boot.img" },
		"too deep":         func(m *Manifest) { m.Kind = KindDump; m.Files[0].Name = "a/b/c/boot.img" },
		"unread beyond":    func(m *Manifest) { m.Sources[0].Unread = []Extent{{m.Sources[0].Size - 1, 2}} },
		"unread nothing":   func(m *Manifest) { m.Sources[0].Unread = []Extent{{0, 0}} },
		"unread disorder":  func(m *Manifest) { m.Sources[0].Unread = []Extent{{4, 4}, {6, 1}} },
		"unread overflow":  func(m *Manifest) { m.Sources[0].Unread = []Extent{{4, huge}} },
		"empty name":       func(m *Manifest) { m.Files[0].Name = "" },
		"itself":           func(m *Manifest) { m.Files[0].Name = ManifestName },
		"file twice":       func(m *Manifest) { m.Files = append(m.Files, ManifestFile{Name: "BOOT.img"}) },
		"file size":        func(m *Manifest) { m.Files[0].Size = -1 },
		"file sum":         func(m *Manifest) { m.Files[0].SHA256 = "abc" },
		"upper case sum":   func(m *Manifest) { m.Files[0].SHA256 = strings.Repeat("0F", 32) },
		"unlisted file":    func(m *Manifest) { m.Entries[0].File = "other.img" },
		"unlisted path":    func(m *Manifest) { m.Entries[0].File = "../../other" },
		"entry sum":        func(m *Manifest) { m.Entries[0].SHA256 = "x" },
		"negative offset":  func(m *Manifest) { m.Entries[0].Offset = -2 },
		"present unplaced": func(m *Manifest) { m.Entries[0].Offset = Unplaced },
		"negative length":  func(m *Manifest) { m.Entries[3].Length = -1 },
		"overflow":         func(m *Manifest) { m.Entries[3].Extent = Extent{huge, 1} },
		"present more":     func(m *Manifest) { m.Entries[0].Present = 0x801 },
		"present negative": func(m *Manifest) { m.Entries[0].Present = -1 },
		"beyond source":    func(m *Manifest) { m.Entries[2].Present = 0x101 },
		"far beyond":       func(m *Manifest) { m.Entries[3].Present = 1 },
		"no source":        func(m *Manifest) { m.Entries[5].Present = 1 },
		"zero with file":   func(m *Manifest) { m.Entries[0].Zero = true },
		"source twice":     func(m *Manifest) { m.Sources[1].Region = EMMCUser },
		"source nameless":  func(m *Manifest) { m.Sources[1].Region = "" },
		"source size":      func(m *Manifest) { m.Sources[1].Size = -1 },
		"source sum":       func(m *Manifest) { m.Sources[1].SHA256 = "?" },
	}
	for name, spoil := range cases {
		m := goodManifest()
		spoil(m)
		var f *FormatError
		if _, err := m.Encode(); !errors.As(err, &f) {
			t.Errorf("%s: encoded, %v", name, err)
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadManifest(bytes.NewReader(b)); !errors.As(err, &f) {
			t.Errorf("%s: read, %v", name, err)
		} else if errors.Is(err, ErrNotThis) || errors.Is(err, ErrVersion) != (name == "schema") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadManifestNotOurs(t *testing.T) {
	for _, s := range []string{"[]", "null", `{"schema":"other/1"}`, `{"name":"npm"}`} {
		if _, err := ReadManifest(strings.NewReader(s)); !errors.Is(err, ErrNotThis) {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"", "{", "[[[", "\x00\x01", "{} {}"} {
		if _, err := ReadManifest(strings.NewReader(s)); errors.Is(err, ErrNotThis) || !errors.As(err, new(*json.SyntaxError)) {
			t.Errorf("%q: %v", s, err)
		}
	}
	// Ours by its schema, but its shape is not: damage, not another format.
	_, err := ReadManifest(strings.NewReader(`{"schema":"mtkkit.manifest/1","files":7}`))
	var f *FormatError
	if !errors.As(err, &f) || errors.Is(err, ErrNotThis) {
		t.Errorf("got %v", err)
	}
}

// endless is a manifest that never ends.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func TestReadManifestIsBounded(t *testing.T) {
	e := &endless{}
	if _, err := ReadManifest(e); err == nil || e.read > 3*maxManifest {
		t.Errorf("read %d bytes, %v", e.read, err)
	}
}

func TestCheckFileName(t *testing.T) {
	for _, name := range []string{"boot.img", "gap_0x80000.bin", "MT6592_Android_scatter.txt", "-o", "a b", "ß", ".hidden", "console", "com", "com10", "a..b", "lpt"} {
		if err := CheckFileName(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", "/", `a\b`, "a:b", "a*", "a?", `"`, "<", ">", "|", "a.", "a ", " a", "\x00", "a\nb", "\x7f", "\xff",
		"con", "CON.txt", "nul", "Aux.img", "prn", "com0", "COM9.bin", "lpt1", "com¹", "con .txt", "conin$", strings.Repeat("a", 201)} {
		if err := CheckFileName(name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

func FuzzReadManifest(f *testing.F) {
	b, err := goodManifest().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"schema":"mtkkit.manifest/1"}`))
	f.Add([]byte(`{"schema":"mtkkit.manifest/1","files":[{"name":"../x"}],"entries":[{"offset":-1,"length":9223372036854775807}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadManifest(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if strings.ContainsAny(file.Name, "/\\\x00") || file.Name == ".." || file.Name == "." {
				t.Errorf("file name %q", file.Name)
			}
		}
		for _, e := range m.Entries {
			if s := m.Source(e.Region); e.Present > 0 && (s == nil || e.Offset < 0 || e.Offset+e.Present > s.Size) {
				t.Errorf("entry %+v", e)
			}
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatalf("read but not encoded: %v", err)
		}
		if _, err := ReadManifest(bytes.NewReader(again)); err != nil {
			t.Fatalf("encoded but not read: %v", err)
		}
	})
}
