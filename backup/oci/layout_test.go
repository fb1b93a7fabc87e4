package oci

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/flash"
)

// What is no layout is not made one, and nothing is written to it.
func TestLayoutRefuses(t *testing.T) {
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "ROM_1"), []byte("precious"), 0o666))
	for _, write := range []bool{true, false} {
		if _, err := Open(Ref{Layout: dir}, Options{Write: write}); err == nil || !strings.Contains(err.Error(), "not an OCI") {
			t.Errorf("write %v: %v", write, err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d entries, the file alone was there", len(entries))
	}
	for name, text := range map[string]string{"garbage": "{", "another version": `{"imageLayoutVersion":"2.0.0"}`} {
		dir := t.TempDir()
		check(t, os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(text), 0o666))
		if _, err := Open(Ref{Layout: dir}, Options{}); err == nil {
			t.Errorf("%s was taken for a layout", name)
		}
	}
}

// Two backups of one second have an order, too: the newer one is kept, whatever its name.
func TestPruneWithinASecond(t *testing.T) {
	t.Parallel()
	repo := open(t, "oci:"+filepath.Join(t.TempDir(), "backups"), Options{Write: true})
	at := time.Unix(1795000000, 0)
	mustPush(t, repo, "z-older", phone(1), PushOptions{Now: at.Add(time.Millisecond)})
	mustPush(t, repo, "a-newer", phone(2), PushOptions{Now: at.Add(2 * time.Millisecond)})
	out, err := repo.Prune(t.Context(), Policy{Keep: 1, Now: at.Add(time.Second), DryRun: true})
	check(t, err)
	if len(out.Removed) != 1 || out.Removed[0].Tag != "z-older" {
		t.Errorf("would remove %+v", out.Removed)
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "backups")
	ref := "oci:" + dir
	repo := open(t, ref, Options{Write: true})
	day := time.Unix(1795000000, 0)
	for i, tag := range []string{"s1-a", "s2-a", "s1-b", "s1-c"} {
		mustPush(t, repo, tag, phone(uint64(i)), PushOptions{Now: day.AddDate(0, 0, i)})
	}
	alien(t, repo, "alien")
	orphan := filepath.Join(dir, "blobs/sha256", strings.Repeat("ab", 32))
	check(t, os.WriteFile(orphan, []byte("of a push that was never finished"), 0o666))
	check(t, os.WriteFile(filepath.Join(dir, "blobs/sha256/README"), []byte("mine"), 0o666))
	before, _ := blobs(t, dir)

	p := Policy{Match: "s1-*", Keep: 1, Older: 24 * time.Hour, Now: day.AddDate(0, 0, 3)}
	reader := open(t, ref, Options{})
	if _, err := repo.Prune(t.Context(), p); !refusedFor(err, flash.ReasonBusy) {
		t.Errorf("pruned under a reader: %v", err)
	}
	check(t, reader.Close())
	check(t, repo.Close())

	repo = open(t, ref, Options{})
	dry := p
	dry.DryRun = true
	would, err := repo.Prune(t.Context(), dry)
	check(t, err)
	if n, _ := blobs(t, dir); n != before {
		t.Errorf("a dry run removed %d blobs", before-n)
	}
	out, err := repo.Prune(t.Context(), p)
	check(t, err)
	if len(out.Removed) != 2 || out.Removed[0].Tag != "s1-a" || out.Removed[1].Tag != "s1-b" || len(out.Kept) != 3 {
		t.Errorf("removed %+v, kept %d", out.Removed, len(out.Kept))
	}
	// Of each phone its nvram, its userdata and three documents; and the orphan.
	if out.Blobs != 2*6+1 || out.Blobs != would.Blobs || out.Bytes != would.Bytes {
		t.Errorf("%d blobs of %d bytes removed, the dry run said %d of %d", out.Blobs, out.Bytes, would.Blobs, would.Bytes)
	}
	for _, gone := range []string{orphan} {
		if _, err := os.Stat(gone); err == nil {
			t.Errorf("%s is still there", gone)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "blobs/sha256/README")); err != nil || string(b) != "mine" {
		t.Error("an unlisted file is gone")
	}
	check(t, repo.Close())
	repo = open(t, ref, Options{Write: true})
	same(t, repo, "s2-a", phone(1))
	same(t, repo, "s1-c", phone(3))
	all, err := repo.List(t.Context())
	if err != nil || len(all) != 3 {
		t.Errorf("%d tags are left, %v", len(all), err)
	}
}

// alien puts somebody else's image into a layout.
func alien(t *testing.T, repo *Repo, tag string) {
	t.Helper()
	ctx := t.Context()
	layer, err := putBytes(ctx, repo.store, ocispec.MediaTypeImageLayerGzip, []byte("a layer"))
	check(t, err)
	config, err := putBytes(ctx, repo.store, ocispec.MediaTypeImageConfig, []byte(`{"os":"linux"}`))
	check(t, err)
	b, err := json.Marshal(ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest, Config: config, Layers: []ocispec.Descriptor{layer}})
	check(t, err)
	check(t, repo.store.setTag(ctx, tag, describe(ocispec.MediaTypeImageManifest, b), b, false))
	if _, err := repo.Open(ctx, tag); !errors.Is(err, ErrAlien) {
		t.Errorf("somebody else's image opens as a backup: %v", err)
	}
}

// Where a manifest cannot be read nobody knows what is needed, and nothing goes.
func TestPruneDamaged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	repo := open(t, "oci:"+dir, Options{Write: true})
	mustPush(t, repo, "a", phone(1), PushOptions{})
	mustPush(t, repo, "b", phone(2), PushOptions{Now: time.Unix(1795000000, 0).AddDate(0, 0, 1)})
	d, err := repo.store.resolve(t.Context(), "b")
	check(t, err)
	path, err := blobPath(repo, d.Digest)
	check(t, err)
	flip(t, path, -10)
	before, _ := blobs(t, dir)
	if _, err := repo.Prune(t.Context(), Policy{Keep: 1, Now: time.Now()}); err == nil {
		t.Error("pruned beside a manifest that cannot be read")
	}
	if n, _ := blobs(t, dir); n != before {
		t.Errorf("%d blobs are gone", before-n)
	}
	check(t, repo.Close())
	repo = open(t, "oci:"+dir, Options{Write: true})
	same(t, repo, "a", phone(1))
	all, err := repo.List(t.Context())
	if err != nil || len(all) != 2 || all[0].Problem == "" && all[1].Problem == "" {
		t.Errorf("the damage is not told: %+v, %v", all, err)
	}
	if s := mustPush(t, repo, "c", phone(3), PushOptions{}); s.Unread != 1 {
		t.Errorf("a push beside an unreadable tag says %d", s.Unread)
	}
}

// A source that changes while it is read does not become a backup.
func TestChangedWhileRead(t *testing.T) {
	repo := open(t, "oci:"+filepath.Join(t.TempDir(), "backups"), Options{Write: true})
	b := noise(1, 1<<20)
	reads := 0
	fs := []File{{Output: flash.Output{Name: "boot.img", Image: &tripwire{Image: bytes.NewReader(b), do: func() {
		if reads++; reads == 2 {
			b[77]++
		}
	}}}}}
	if _, err := push(t.Context(), repo, "a", fs, PushOptions{}); !errors.Is(err, errChanged) {
		t.Errorf("told as %v", err)
	}
	if tags, _ := repo.store.tags(t.Context()); len(tags) != 0 {
		t.Error("a tag is left")
	}
}

// A layout on a disk that cannot be written to can be read.
func TestReadOnlyLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	mustPush(t, open(t, "oci:"+dir, Options{Write: true}), "a", phone(1), PushOptions{})
	check(t, os.RemoveAll(filepath.Join(dir, ownDir))) // as another tool makes it
	same(t, open(t, "oci:"+dir, Options{}), "a", phone(1))
	if _, err := os.Stat(filepath.Join(dir, ownDir)); err == nil {
		t.Error("reading wrote something")
	}
}

// The documents of a backup must agree; each lie is told.
func TestBooksDisagree(t *testing.T) {
	m := &flash.Manifest{Files: []flash.ManifestFile{{Name: "system.img", Size: 2*chunkSize + 5, SHA256: sum{7}.String()}}}
	l := &loaded{}
	l.Layers = []ocispec.Descriptor{{Digest: someIndex().Files[0].Groups[0].Blob, Size: 9}}
	check(t, agree(m, someIndex(), l))
	for name, harm := range map[string]func(*flash.Manifest, *index, *loaded){
		"size":         func(m *flash.Manifest, _ *index, _ *loaded) { m.Files[0].Size++ },
		"sum":          func(m *flash.Manifest, _ *index, _ *loaded) { m.Files[0].SHA256 = sum{1}.String() },
		"missing file": func(m *flash.Manifest, _ *index, _ *loaded) { m.Files = append(m.Files, flash.ManifestFile{Name: "b"}) },
		"extra file":   func(_ *flash.Manifest, x *index, _ *loaded) { x.Files = append(x.Files, indexFile{Name: "b"}) },
		"sum of an entry": func(m *flash.Manifest, _ *index, _ *loaded) {
			m.Entries = []flash.ManifestEntry{{Name: "system", File: "system.img", SHA256: sum{1}.String()}}
		},
		"no layer":   func(_ *flash.Manifest, _ *index, l *loaded) { l.Layers = nil },
		"other size": func(_ *flash.Manifest, _ *index, l *loaded) { l.Layers[0].Size++ },
	} {
		m2, x, l2 := *m, someIndex(), &loaded{}
		m2.Files = append([]flash.ManifestFile{}, m.Files...)
		l2.Layers = append([]ocispec.Descriptor{}, l.Layers...)
		if harm(&m2, x, l2); agree(&m2, x, l2) == nil {
			t.Errorf("%s: nobody noticed", name)
		}
	}
}

// A blob that the disk has damaged is not shared with the next backup: it is made anew,
// and where that gives the same bytes the older backups are whole again.
func TestDamagedBlobIsNotShared(t *testing.T) {
	t.Parallel()
	for _, level := range []int{1, 9} {
		dir := filepath.Join(t.TempDir(), "backups")
		repo := open(t, "oci:"+dir, Options{Write: true})
		mustPush(t, repo, "a", phone(1), PushOptions{Level: 1})
		b, err := repo.Open(t.Context(), "a")
		check(t, err)
		var harmed string
		for _, o := range b.Outputs {
			if o.Name == "system.img" {
				d := o.Image.(*image).file.Groups[0].Blob
				path, err := blobPath(repo, d)
				check(t, err)
				flip(t, path, -20)
				harmed = d.String()
			}
		}
		check(t, repo.Close())

		repo = open(t, "oci:"+dir, Options{Write: true})
		s := mustPush(t, repo, "b", phone(2), PushOptions{Level: level})
		same(t, repo, "b", phone(2))
		if level == 1 {
			if s.Mended != 1 || len(s.Damaged) != 0 {
				t.Errorf("mended %d, damaged %v", s.Mended, s.Damaged)
			}
			same(t, repo, "a", phone(1))
		} else if s.Mended != 0 || len(s.Damaged) != 1 || s.Damaged[0] != harmed {
			t.Errorf("mended %d, damaged %v, want %s", s.Mended, s.Damaged, harmed)
		}
	}
}

// TestLacking: what is not there, is cut or is no file is named when a backup is opened,
// before anything is read.
func TestLacking(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "place")
	repo := open(t, "oci:"+dir+":t", Options{Write: true})
	mustPush(t, repo, "t", phone(1), PushOptions{})
	b, err := repo.Open(t.Context(), "t")
	check(t, err)
	if lacking := b.Damaged(); len(lacking) > 0 {
		t.Fatalf("a whole backup lacks %v", lacking)
	}
	blob := func(name string) string {
		for _, o := range b.Outputs {
			if o.Name == name {
				return filepath.Join(dir, "blobs", "sha256", o.Image.(*image).file.Groups[0].Blob.Encoded())
			}
		}
		t.Fatalf("no file %s", name)
		return ""
	}
	check(t, os.Remove(blob("boot.img")))
	check(t, os.Truncate(blob("nvram.bin"), 7))
	check(t, os.Remove(blob("system.img")))
	check(t, os.Mkdir(blob("system.img"), 0o777))
	got := b.Damaged()
	for name, want := range map[string]string{
		"boot.img":   "^sha256:.* is missing in ",
		"nvram.bin":  `has 7 bytes instead of \d+$`,
		"system.img": "is not a regular file",
	} {
		if err := got[name]; err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("of %s it is said %v, want %s", name, err, want)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d files lack something, want 3: %v", len(got), got)
	}
}
