//go:build unix

package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/flash"
)

// A backup whose manifest no registry would accept is refused before anything is written: no
// folder is made.
func TestPushThatDoesNotFit(t *testing.T) {
	dir := t.TempDir()
	parts, place := filepath.Join(dir, "parts"), filepath.Join(dir, "backups")
	if err := os.Mkdir(parts, 0o777); err != nil {
		t.Fatal(err)
	}
	const size = 16 << 30
	m := &flash.Manifest{Schema: flash.ManifestSchema, Kind: flash.KindParts, Sources: []flash.ManifestSource{{Name: "ROM_1", Region: flash.EMMCUser, Size: 64 * size}}}
	for i := range int64(64) {
		name := fmt.Sprintf("partition%d", i)
		f := flash.ManifestFile{Name: name + ".img", Size: size}
		m.Files = append(m.Files, f)
		m.Entries = append(m.Entries, flash.ManifestEntry{Kind: flash.KindPartition, Name: name, Region: flash.EMMCUser,
			Extent: flash.Extent{Offset: i * size, Length: size}, Present: size, File: f.Name})
		path := filepath.Join(parts, f.Name)
		if err := errors.Join(os.WriteFile(path, nil, 0o666), os.Truncate(path, f.Size)); err != nil { // a hole
			t.Fatal(err)
		}
	}
	b, err := m.Encode()
	if err == nil {
		err = os.WriteFile(filepath.Join(parts, flash.ManifestName), b, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = Push(t.Context(), PushOptions{Path: parts, To: oci.Ref{Layout: place, Tag: "t"}})
	if no := flash.AsRefusal(err); no == nil || no.Reason != flash.ReasonTooBig {
		t.Fatalf("pushed: %v", err)
	}
	if _, err := os.Stat(place); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a folder is left")
	}
}
