package flash

import (
	"encoding/json"
	"strings"
	"testing"
)

// What everybody may read of a record says nothing of what is private, and the record
// itself stays as it is.
func TestPublic(t *testing.T) {
	m := &Manifest{
		Complete: true, Phone: &ManifestPhone{PlainIDs: map[string]string{"me_id": "secret"}},
		Sources: []ManifestSource{{Name: "ROM_1", Region: EMMCUser, Size: 30, SHA256: "secret"}},
		Entries: []ManifestEntry{
			{Kind: "partition", Name: "boot", Present: 10, File: "boot.img", SHA256: "b"},
			{Kind: "partition", Name: "nvram", Present: 10, File: "nvram.bin", SHA256: "secret"},
			{Kind: "partition", Name: "cache", Present: 10, Skipped: true, SHA256: "secret"},
		},
		Files:    []ManifestFile{{Name: "boot.img", Size: 10, SHA256: "b"}, {Name: "nvram.bin", Size: 10, SHA256: "secret"}},
		Problems: []Problem{{Severity: Note, Text: "secret"}, {Severity: Warning, Text: "cut"}},
	}
	before, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	p := m.Public(func(file string) bool { return file == "nvram.bin" })
	after, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(after), "secret") {
		t.Errorf("it says %s", after)
	}
	if p.Complete || !p.Entries[1].Skipped || p.Entries[0].SHA256 != "b" || len(p.Files) != 1 || len(p.Problems) != 1 {
		t.Errorf("it says %s", after)
	}
	if again, _ := json.Marshal(m); string(again) != string(before) {
		t.Error("the record itself was changed")
	}
}
