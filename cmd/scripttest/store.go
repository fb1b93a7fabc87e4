package scripttest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Store is a layout folder with one backup, as its files say it, without our own reader.
type Store struct {
	T        testing.TB
	dir      string
	Manifest map[string]any // of the backup
	list     map[string]any // index.json
}

// OpenStore reads the documents of the only backup in a folder.
func OpenStore(t testing.TB, dir string) *Store {
	t.Helper()
	s := &Store{T: t, dir: dir}
	s.list = s.read(filepath.Join(dir, "index.json"))
	s.Manifest = s.read(s.Blob(s.list["manifests"].([]any)[0]))
	return s
}

func (s *Store) read(path string) (v map[string]any) {
	s.T.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		s.T.Fatal(err)
	}
	return v
}

// Blob returns the path of the blob that a descriptor names.
func (s *Store) Blob(descriptor any) string {
	digest := descriptor.(map[string]any)["digest"].(string)
	return filepath.Join(s.dir, "blobs", "sha256", strings.TrimPrefix(digest, "sha256:"))
}

// Layer returns the descriptor of the layer with a title.
func (s *Store) Layer(title string) map[string]any {
	for _, l := range s.Manifest["layers"].([]any) {
		if l := l.(map[string]any); l["annotations"].(map[string]any)["org.opencontainers.image.title"] == title {
			return l
		}
	}
	s.T.Fatalf("no layer %s", title)
	return nil
}

// Put stores bytes as a blob, and makes a descriptor name it.
func (s *Store) Put(descriptor any, b []byte) {
	digest := fmt.Sprintf("%x", sha256.Sum256(b))
	d := descriptor.(map[string]any)
	d["digest"], d["size"] = "sha256:"+digest, len(b)
	s.Write(filepath.Join(s.dir, "blobs", "sha256", digest), b)
}

// Write writes a file.
func (s *Store) Write(path string, b []byte) {
	if err := os.WriteFile(path, b, 0o666); err != nil {
		s.T.Fatal(err)
	}
}

// Change changes a document of the backup. All digests stay right.
func (s *Store) Change(title string, do func(map[string]any)) {
	doc := s.read(s.Blob(s.Layer(title)))
	do(doc)
	s.Put(s.Layer(title), encoded(s.T, doc))
	s.Finish()
}

// Finish writes the documents that name the changed ones.
func (s *Store) Finish() {
	s.Put(s.list["manifests"].([]any)[0], encoded(s.T, s.Manifest))
	s.Write(filepath.Join(s.dir, "index.json"), encoded(s.T, s.list))
}

func encoded(t testing.TB, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Rows returns the objects of a list in a document, by name.
func Rows(doc map[string]any, list string) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, f := range doc[list].([]any) {
		f := f.(map[string]any)
		out[f["name"].(string)] = f
	}
	return out
}

// Flip changes one bit in the middle of a file.
func (s *Store) Flip(path string) {
	b, err := os.ReadFile(path)
	if err != nil {
		s.T.Fatal(err)
	}
	b[len(b)/2] ^= 4
	s.Write(path, b)
}

// Remove removes a file.
func (s *Store) Remove(path string) {
	if err := os.Remove(path); err != nil {
		s.T.Fatal(err)
	}
}
