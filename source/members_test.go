package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// membersOf lists the files at a path, and reads each.
func membersOf(t *testing.T, path string, depth int) (l *Members, text map[string]string) {
	t.Helper()
	l, err := OpenMembers(t.Context(), path, Options{TempDir: t.TempDir()}, depth)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	text = map[string]string{}
	for _, m := range l.List {
		img, err := m.Open(t.Context(), 1000)
		if err != nil {
			text[m.Name] = "error: " + err.Error()
			continue
		}
		b, err := flash.ReadFull(img, 0, int(img.Size()))
		if err != nil {
			t.Fatal(err)
		}
		if text[m.Name] = string(b); m.Starts("12") != strings.HasPrefix(string(b), "12") {
			t.Errorf("%s begins with 12: %v", m.Name, m.Starts("12"))
		}
	}
	return l, text
}

func TestMembersOfArchives(t *testing.T) {
	long := strings.Repeat("x", 2000)
	var tarred bytes.Buffer
	w := tar.NewWriter(&tarred)
	for _, name := range []string{"d/a.bin", "../b.bin"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: 3, Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("123")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file []byte
		want map[string]string
	}{
		"stored.zip":  {zipOf(t, zipped{"d/a.bin", zip.Store, []byte("123")}, zipped{"../b.bin", zip.Deflate, []byte("45")}), map[string]string{"a.bin": "123", "b.bin": "45"}},
		"one.zip":     {zipOf(t, zipped{"d/a.bin", zip.Deflate, []byte("123")}), map[string]string{"a.bin": "123"}},
		"one.0.zip":   {zipOf(t, zipped{"d/a.bin", zip.Store, []byte("123")}), map[string]string{"a.bin": "123"}},
		"large.zip":   {zipOf(t, zipped{"a.bin", zip.Deflate, []byte(long)}, zipped{"b.bin", zip.Store, []byte(long)}), map[string]string{"a.bin": "error: ", "b.bin": "error: "}},
		"package.tar": {tarred.Bytes(), map[string]string{"a.bin": "123", "b.bin": "123"}},
		"DA.bin":      {[]byte("12"), map[string]string{"DA.bin": "12"}},
	} {
		l, got := membersOf(t, write(t, name, c.file), Deep)
		if l.Single != (name == "DA.bin") || len(got) != len(c.want) {
			t.Errorf("%s: %q", name, got)
		}
		for file, text := range c.want {
			if !strings.HasPrefix(got[file], text) {
				t.Errorf("%s: %s is %q", name, file, got[file])
			}
		}
	}
}

// A file that unpacks to more than the archive says is cut at what it says.
func TestMemberLies(t *testing.T) {
	b := zipOf(t, zipped{"a.bin", zip.Deflate, []byte(strings.Repeat("1", 5000))}, zipped{"b.bin", zip.Store, nil})
	dir := bytes.LastIndex(b, []byte("PK\x01\x02"))
	dir = bytes.LastIndex(b[:dir], []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[dir+24:], 100) // uncompressed size
	_, got := membersOf(t, write(t, "liar.zip", b), Deep)
	if n := len(got["a.bin"]); n > 100 && !strings.HasPrefix(got["a.bin"], "error") {
		t.Errorf("%d bytes", n)
	}
}

func TestMembersOfFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.bin", "d/b.bin", "d/e/c.bin", ".git/x.bin"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("123"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	outside := write(t, "outside.bin", []byte("secret"))
	if os.Symlink(outside, filepath.Join(dir, "link.bin")) == nil {
		if err := os.Symlink("a.bin", filepath.Join(dir, "inside.bin")); err != nil {
			t.Fatal(err)
		}
	}
	for depth, want := range []int{1, 2, 3} {
		l, got := membersOf(t, dir, depth)
		_, linked := got["inside.bin"]
		if linked {
			want++
		}
		if _, followed := got["link.bin"]; len(got) != want || followed || l.More != (depth < 2) {
			t.Errorf("depth %d: %q, more %v", depth, got, l.More)
		}
	}
	if _, err := OpenMembers(t.Context(), filepath.Join(dir, "none"), Options{}, Deep); err == nil {
		t.Error("a path that is not there")
	}
}
