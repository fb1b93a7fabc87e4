package proofs

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/flash"
)

// form is a form in which the files of a folder are handed over.
type form struct {
	name string
	// make writes the form and returns the name by which commands open it. It reports whether
	// the form can have this content.
	make   func(t *testing.T, dir string, c content) (string, bool)
	locked bool // a key opens it
	dump   bool // of a dump folder, not of a parts folder
	near   bool // it is read like another form: only the commands that end with other codes, or prove it, are run
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
		{name: "dump-folder", make: func(t *testing.T, dir string, c content) (string, bool) {
			c.write(t, filepath.Join(dir, "in"))
			return filepath.Join(dir, "in"), true
		}, dump: true},
		{name: "zip-of-dump-folder", make: func(t *testing.T, dir string, c content) (string, bool) {
			return save(t, dir, "in.zip", zipped(t, c)), true
		}, dump: true},
		{name: "zip", make: func(t *testing.T, dir string, c content) (string, bool) {
			return save(t, dir, "in.zip", zipped(t, c)), true
		}},
		{name: "archive", make: func(t *testing.T, dir string, c content) (string, bool) {
			return save(t, dir, "in.tar.zst", packed(t, c)), true
		}},
		{name: "archive-zip", make: func(t *testing.T, dir string, c content) (string, bool) {
			return save(t, dir, "in.archive.zip", packedZip(t, c)), true
		}, near: true},
		{name: "encrypted", make: func(t *testing.T, dir string, c content) (string, bool) {
			b, err := seal.Bytes(packed(t, c), []seal.Recipient{keyRecipient})
			if err != nil {
				t.Fatal(err)
			}
			save(t, dir, "key", key)
			return save(t, dir, "in.tar.zst.age", b), true
		}, locked: true, near: true},
		{name: "place", make: pushed},
		{name: "registry", make: served},
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

// pushed is a backup in a folder of backups: the good files were pushed, and then the store's files
// were changed as the folder's were. A file with other bytes has the wrong digest, two exchanged files
// have the groups of each other, and changed documents have new digests.
func pushed(t *testing.T, dir string, c content) (string, bool) {
	place := filepath.Join(dir, "place")
	if err := os.CopyFS(place, os.DirFS(goodPlace)); err != nil {
		t.Fatal(err)
	}
	s := scripttest.OpenStore(t, place)
	if bytes.Equal(c[on.file], goodParts[on.other]) {
		s.Change("index.json", func(x map[string]any) {
			swap(scripttest.Rows(x, "files")[on.file], scripttest.Rows(x, "files")[on.other], "groups")
		})
		c[on.file], c[on.other] = c[on.other], c[on.file]
	}
	for name, was := range goodParts {
		b, ok := c[name]
		if bytes.Equal(b, was) && ok {
			continue
		}
		document := name == flash.ManifestName || name == flash.SumsName
		title := name
		if !document {
			title += ".zst"
		}
		switch blob := s.Blob(s.Layer(title)); {
		case !ok:
			s.Remove(blob)
		case document:
			s.Put(s.Layer(title), b)
			s.Finish()
		case len(b) < len(was):
			if err := os.Truncate(blob, 100); err != nil {
				t.Fatal(err)
			}
		default:
			s.Flip(blob)
		}
	}
	return "oci:" + place + ":t", true
}

// served is the same backup in a registry.
func served(t *testing.T, dir string, c content) (string, bool) {
	pushed(t, dir, c)
	server := httptest.NewServer(registry(filepath.Join(dir, "place")))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://") + "/phones:t", true
}

// registry serves a folder of backups as a registry for reading (OCI distribution specification 1.1).
type registry string

func (r registry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	_, rest, _ := strings.Cut(q.URL.Path, "/v2/phones/")
	kind, name, _ := strings.Cut(rest, "/")
	switch {
	case rest == "":
		return // the check for the version of the API
	case kind == "manifests" && name == "t":
		var list ocispec.Index
		b, err := os.ReadFile(filepath.Join(string(r), "index.json"))
		if err == nil {
			err = json.Unmarshal(b, &list)
		}
		if err != nil || len(list.Manifests) != 1 {
			http.Error(w, "no such backup", http.StatusNotFound)
			return
		}
		name = list.Manifests[0].Digest.String()
	case kind == "tags":
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"name": "phones", "tags": ["t"]}`))
		return
	}
	b, err := os.ReadFile(filepath.Join(string(r), "blobs", "sha256", filepath.Base(strings.TrimPrefix(name, "sha256:"))))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	if kind == "manifests" {
		w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
	}
	w.Header().Set("Docker-Content-Digest", name)
	http.ServeContent(w, q, "", time.Time{}, bytes.NewReader(b))
}
