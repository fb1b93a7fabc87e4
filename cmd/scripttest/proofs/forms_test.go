package proofs

import (
	"archive/zip"
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// form is a form in which the files of a folder are handed over.
type form struct {
	name string
	// make writes the form and returns the name by which commands open it. It reports whether
	// the form can have this content.
	make   func(t *testing.T, dir string, c content) (string, bool)
	locked bool // a key opens it
}

// key opens the encrypted archives of this test.
var key, keyRecipient = func() ([]byte, seal.Recipient) {
	text, to, err := seal.NewKey()
	if err != nil {
		panic(err)
	}
	return text, to
}()

func forms() []form {
	return []form{
		{name: "parts-folder", make: func(t *testing.T, dir string, c content) (string, bool) {
			c.write(t, filepath.Join(dir, "in"))
			return filepath.Join(dir, "in"), true
		}},
		{name: "zip", make: func(t *testing.T, dir string, c content) (string, bool) {
			return save(t, dir, "in.zip", zipped(t, c)), true
		}},
		{name: "archive", make: func(t *testing.T, dir string, c content) (string, bool) {
			return save(t, dir, "in.tar.zst", packed(t, c)), true
		}},
		{name: "archive-zip", make: func(t *testing.T, dir string, c content) (string, bool) {
			return save(t, dir, "in.archive.zip", packedZip(t, c)), true
		}},
		{name: "encrypted", make: func(t *testing.T, dir string, c content) (string, bool) {
			b, err := seal.Bytes(packed(t, c), []seal.Recipient{keyRecipient})
			if err != nil {
				t.Fatal(err)
			}
			save(t, dir, "key", key)
			return save(t, dir, "in.tar.zst.age", b), true
		}, locked: true},
		{name: "place", make: pushed},
	}
}

func save(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// zipped is a zip that another program made of the folder.
func zipped(t *testing.T, c content) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(c)) {
		w, err := z.Create("ROM_1.parts/" + name)
		if err == nil {
			_, err = w.Write(c[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed is an archive with these members. Its index is right: the lie is in the members.
func packed(t *testing.T, c content) []byte {
	var b bytes.Buffer
	w, err := backup.NewWriter(&b, backup.Options{Level: 1})
	if err != nil {
		t.Fatal(err)
	}
	pack(t, w, c)
	return b.Bytes()
}

func packedZip(t *testing.T, c content) []byte {
	var b bytes.Buffer
	w, err := backup.NewZipWriter(&b, backup.Options{Level: 1})
	if err != nil {
		t.Fatal(err)
	}
	pack(t, w, c)
	return b.Bytes()
}

func pack(t *testing.T, w backup.Packer, c content) {
	t.Helper()
	for _, name := range inOrder(c) {
		if _, err := w.Copy(t.Context(), []flash.Output{{Name: name, Image: bytes.NewReader(c[name])}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
}

// inOrder lists the files as an archive has them: those that describe the others are last.
func inOrder(c content) []string {
	names := slices.Sorted(maps.Keys(c))
	names = slices.DeleteFunc(names, func(s string) bool { return s == flash.ManifestName || s == flash.SumsName })
	for _, last := range []string{flash.SumsName, flash.ManifestName} {
		if _, ok := c[last]; ok {
			names = append(names, last)
		}
	}
	return names
}

// pushed is a backup in a folder. The store makes the list of sums itself, and takes only a manifest
// that can be read.
func pushed(t *testing.T, dir string, c content) (string, bool) {
	m, err := flash.ReadManifest(bytes.NewReader(c[flash.ManifestName]))
	if err != nil {
		return "", false
	}
	ref, err := oci.ParseRef("oci:" + filepath.Join(dir, "place") + ":t")
	if err != nil {
		t.Fatal(err)
	}
	repo, err := oci.Open(ref, oci.Options{Write: true, TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	var files []oci.File
	for _, f := range m.Files {
		if b, ok := c[f.Name]; ok {
			files = append(files, oci.File{Output: flash.Output{Name: f.Name, Image: bytes.NewReader(b)}})
		}
	}
	up, err := repo.Create(context.Background(), "t", files, oci.PushOptions{})
	if err == nil {
		_, err = up.Copy(t.Context())
	}
	if err == nil {
		_, err = up.Finish(t.Context(), m)
	}
	if err != nil {
		return "", false // the store refuses it
	}
	return ref.String(), true
}
