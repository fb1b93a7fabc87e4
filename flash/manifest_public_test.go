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
		Sources: []ManifestSource{{Name: "secret.bin", Region: EMMCUser, Size: 30, SHA256: "secret"}},
		Entries: []ManifestEntry{
			{Kind: "partition", Name: "boot", Present: 10, File: "boot.img", SHA256: "b"},
			{Kind: "partition", Name: "nvram", Present: 10, File: "nvram.bin", SHA256: "secret"},
			{Kind: "partition", Name: "cache", Present: 10, Skipped: true, SHA256: "secret", Witness: "secret.bin", Guess: "secret", Unnamed: true},
		},
		Files:    []ManifestFile{{Name: "boot.img", Size: 10, SHA256: "b"}, {Name: "nvram.bin", Size: 10, SHA256: "secret"}},
		Problems: []Problem{{Severity: Note, Text: "secret"}, {Severity: Warning, Place: "secret.bin", Text: "secret.bin: cut"}},
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
	if p.Complete || !p.Whole || !p.Entries[1].Skipped || p.Entries[0].SHA256 != "b" || len(p.Files) != 1 || len(p.Problems) != 1 {
		t.Errorf("it says %s", after)
	}
	if again, _ := json.Marshal(m); string(again) != string(before) {
		t.Error("the record itself was changed")
	}
}

// A source is named by its region, and what was in one file still is.
func TestPublicNames(t *testing.T) {
	m := &Manifest{Sources: []ManifestSource{
		{Name: "all.bin", Region: EMMCBoot1}, {Name: "all.bin", Region: EMMCUser, Offset: 100},
		{Name: "ROM", Region: EMMCBoot2}, {Name: "ROM", Region: EMMCRPMB}, // of two folders
	}}
	p := m.Public(func(string) bool { return false })
	want := []string{string(EMMCBoot1), string(EMMCBoot1), string(EMMCBoot2), string(EMMCRPMB)}
	for i, s := range p.Sources {
		if s.Name != want[i] {
			t.Errorf("source %d is %s, want %s", i, s.Name, want[i])
		}
	}
}
