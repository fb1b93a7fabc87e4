package oci

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// noise returns n bytes that do not compress, the same for the same seed.
func noise(seed uint64, n int) []byte {
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), 1})
	b := make([]byte, n)
	r.Read(b)
	return b
}

// phone is the content of a phone: what it shares with all of its model, and what is its own.
func phone(seed uint64) []File {
	system := append(noise(1000, 5<<20), make([]byte, 9<<20)...)
	system = append(system, bytes.Repeat([]byte("mediatek"), 1<<17)...)
	user := make([]byte, 9<<20)
	copy(user[4<<20+12345:], noise(seed, 1<<20))
	return files(map[string][]byte{"boot.img": noise(1001, 1<<20), "system.img": system, "nvram.bin": noise(seed, 100<<10),
		"userdata.img": user, "cache.img": make([]byte, 5<<20)})
}

func files(contents map[string][]byte) []File {
	var out []File
	for _, name := range []string{"boot.img", "system.img", "nvram.bin", "cache.img", "userdata.img", "gap_0x0.bin"} {
		if b, ok := contents[name]; ok {
			out = append(out, File{Output: flash.Output{Name: name, Image: bytes.NewReader(b), OmitZero: name == "gap_0x0.bin"}, Coarse: name == "userdata.img"})
		}
	}
	return out
}

// record is a manifest whose entries are the files.
func record(fs []File) *flash.Manifest {
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: "test", Kind: flash.KindParts, Chip: "MT6765", Project: "demo", Complete: true}
	at := int64(0)
	for _, f := range fs {
		m.Entries = append(m.Entries, flash.ManifestEntry{Kind: "partition", Name: f.Name, Region: flash.EMMCUser, File: f.Name,
			Extent: flash.Extent{Offset: at, Length: f.Image.Size()}, Present: f.Image.Size()})
		at += f.Image.Size()
	}
	m.Sources = []flash.ManifestSource{{Name: "ROM_1", Region: flash.EMMCUser, Size: at}}
	return m
}

func open(t testing.TB, ref string, opt Options) *Repo {
	t.Helper()
	r, err := ParseRef(ref)
	check(t, err)
	repo, err := Open(r, opt)
	check(t, err)
	t.Cleanup(func() { repo.Close() })
	return repo
}

// push makes a backup.
func push(ctx context.Context, repo *Repo, tag string, fs []File, opt PushOptions) (Stats, error) {
	if opt.Now.IsZero() {
		opt.Now = time.Unix(1795000000, 0)
	}
	u, err := repo.Create(ctx, tag, fs, opt)
	if err != nil {
		return Stats{}, err
	}
	if _, err := u.Copy(ctx); err != nil {
		return Stats{}, err
	}
	if err := u.WriteFile(ctx, "MT6765_Android_scatter.txt", []byte("- general\n")); err != nil {
		return Stats{}, err
	}
	return u.Finish(ctx, record(fs))
}

func mustPush(t testing.TB, repo *Repo, tag string, fs []File, opt PushOptions) Stats {
	t.Helper()
	s, err := push(t.Context(), repo, tag, fs, opt)
	check(t, err)
	return s
}

func whole(t testing.TB, img flash.Image) []byte {
	t.Helper()
	b := make([]byte, img.Size())
	_, err := io.ReadFull(io.NewSectionReader(img, 0, img.Size()), b)
	check(t, err)
	return b
}

func sha(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// same proves that a backup holds exactly the files.
func same(t testing.TB, repo *Repo, tag string, fs []File) {
	t.Helper()
	b, err := repo.Open(t.Context(), tag)
	check(t, err)
	check(t, b.Verify(t.Context(), nil))
	got := map[string]flash.Image{}
	for _, o := range b.Outputs {
		got[o.Name] = o.Image
	}
	for _, f := range fs {
		img := got[f.Name]
		if img == nil {
			t.Errorf("%s is not in the backup", f.Name)
			continue
		}
		if have, want := whole(t, img), whole(t, f.Image); !bytes.Equal(have, want) {
			t.Errorf("%s differs", f.Name)
		}
	}
	if len(got) != len(fs)+1 { // and the scatter file
		t.Errorf("the backup holds %d files, want %d", len(got), len(fs)+1)
	}
}

func TestLayoutRoundTrip(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "backups")
	repo := open(t, "oci:"+dir, Options{Write: true})
	a := phone(1)
	s := mustPush(t, repo, "a", a, PushOptions{})
	same(t, repo, "a", a)
	if s.Files != 6 || s.Sent == 0 || s.Shared != 0 {
		t.Errorf("stats %+v", s)
	}

	b, err := repo.Open(t.Context(), "a")
	check(t, err)
	for _, o := range b.Outputs {
		for _, f := range a {
			if f.Name == o.Name {
				flashtest.TestImage(t, o.Image, whole(t, f.Image))
			}
		}
		for _, f := range b.Manifest.Files {
			if f.Name == o.Name && f.SHA256 != sha(whole(t, o.Image)) {
				t.Errorf("%s: the manifest has another sum", o.Name)
			}
		}
	}
}

// Another phone of the model sends only what is its own, also when the first was
// compressed otherwise.
func TestSharing(t *testing.T) {
	repo := open(t, "oci:"+filepath.Join(t.TempDir(), "backups"), Options{Write: true})
	mustPush(t, repo, "a", phone(1), PushOptions{Level: 1})
	s := mustPush(t, repo, "b", phone(2), PushOptions{Level: 9})
	if s.Sent != 2 || s.Shared != 4 || s.SentBytes > 1200<<10 {
		t.Errorf("the second phone sent %d blobs of %d bytes, shared %d; want nvram and userdata sent", s.Sent, s.SentBytes, s.Shared)
	}
	same(t, repo, "a", phone(1))
	same(t, repo, "b", phone(2))

	// The same phone again costs nothing.
	if s := mustPush(t, repo, "b2", phone(2), PushOptions{Level: 3}); s.Sent != 0 {
		t.Errorf("the same phone again sent %d blobs", s.Sent)
	}
}

// A gap of zeros leaves no file and no blob, as in a parts folder.
func TestOmitZero(t *testing.T) {
	t.Parallel()
	repo := open(t, "oci:"+filepath.Join(t.TempDir(), "backups"), Options{Write: true})
	fs := files(map[string][]byte{"boot.img": noise(1, 1000), "gap_0x0.bin": make([]byte, 70<<20)})
	mustPush(t, repo, "a", fs, PushOptions{})
	b, err := repo.Open(t.Context(), "a")
	check(t, err)
	if len(b.Outputs) != 2 || b.Outputs[0].Name != "boot.img" {
		t.Errorf("the backup holds %d files", len(b.Outputs))
	}
	if e := b.Manifest.Entries[1]; !e.Zero || e.File != "" {
		t.Errorf("the gap is recorded as %+v", e)
	}
	fs[1].Image = bytes.NewReader(append(make([]byte, 70<<20), 1))
	mustPush(t, repo, "b", fs, PushOptions{})
	same(t, repo, "b", fs)
}

// Tests that say what is on the disk.
func blobs(t testing.TB, dir string) (n int, bytes int64) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "blobs", "sha256"))
	check(t, err)
	for _, e := range entries {
		st, err := e.Info()
		check(t, err)
		n, bytes = n+1, bytes+st.Size()
	}
	return n, bytes
}
