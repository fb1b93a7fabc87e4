package archive

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/flash"
)

// An archive without files gives no folder, and what somebody added to a zip is not restored.
func TestRestoreOnlyFilesOfTheRecord(t *testing.T) {
	m := newMade(t)
	var empty bytes.Buffer
	w, err := backup.NewWriter(&empty, backup.Options{Level: 1})
	if err == nil {
		err = w.Finish()
	}
	if err == nil {
		err = os.WriteFile(m.path("empty"), empty.Bytes(), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Restore(t.Context(), m.path("empty"), RestoreOptions{Output: m.path("none"), Parts: true}); err == nil {
		t.Errorf("of an empty archive: %+v", r)
	}
	m.pack("a.zip", CreateOptions{Zip: true})
	m.addToZip("a.zip", "more.zip", "notes.txt")
	r, err := Restore(t.Context(), m.path("more.zip"), RestoreOptions{Output: m.path("parts"), Parts: true})
	if err != nil || flash.Worst(r.Problems) != flash.Note || len(r.Problems) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := os.Lstat(filepath.Join(m.path("parts"), "notes.txt")); err == nil {
		t.Error("a file that the archive did not have was restored")
	}
}

// addToZip writes a copy of a zip archive with one file more.
func (m made) addToZip(from, to, name string) {
	m.t.Helper()
	in, err := zip.OpenReader(m.path(from))
	if err != nil {
		m.t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		if err = w.Copy(f); err != nil {
			m.t.Fatal(err)
		}
	}
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write([]byte("mine"))
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = os.WriteFile(m.path(to), out.Bytes(), 0o666)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}
