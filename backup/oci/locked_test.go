package oci

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// person is somebody with a key: its public half, its private half, and its file.
func person(t testing.TB) (to []seal.Recipient, keys func() ([]seal.Key, error), file string) {
	t.Helper()
	text, r, err := seal.NewKey()
	check(t, err)
	file = filepath.Join(t.TempDir(), "key.txt")
	check(t, os.WriteFile(file, text, 0o600))
	return []seal.Recipient{r}, func() ([]seal.Key, error) { return seal.ParseKeys(text) }, file
}

// private is a phone of which two files are.
func private(seed uint64) []File {
	fs := phone(seed)
	for i := range fs {
		fs[i].Private = fs[i].Name == "nvram.bin" || fs[i].Name == "userdata.img"
	}
	return fs
}

// Who has the key has all of the backup; who has not has what is not private, and proves
// the rest by its digests.
func TestPrivateForReaders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	to, keys, _ := person(t)
	repo := open(t, "oci:"+dir, Options{Write: true, Keys: keys})
	first := mustPush(t, repo, "a", private(1), PushOptions{Readers: to})
	if first.Sealed != 2 || first.SealedBytes != 100<<10+9<<20 {
		t.Errorf("%d files of %d bytes are encrypted", first.Sealed, first.SealedBytes)
	}
	same(t, repo, "a", private(1))

	// The same phone again: what is public is shared, what is encrypted is not.
	if again := mustPush(t, repo, "b", private(1), PushOptions{Readers: to}); again.Sent != 2 || again.Shared == 0 {
		t.Errorf("the same phone again sent %d blobs and shares %d", again.Sent, again.Shared)
	}
	// Nor does a push in the clear find its sums anywhere.
	if clear := mustPush(t, repo, "clear", private(1), PushOptions{}); clear.Sent != 2 {
		t.Errorf("the same phone in the clear sent %d blobs", clear.Sent)
	}

	_, others, _ := person(t)
	for name, keys := range map[string]func() ([]seal.Key, error){"another key": others, "no key": nil} {
		b, err := open(t, "oci:"+dir, Options{Keys: keys}).Open(t.Context(), "a")
		check(t, err)
		if !errors.Is(b.Locked, seal.ErrKey) || b.Manifest.Complete || len(b.Outputs) != 4 {
			t.Errorf("%s: locked is %v, complete %v, %d files", name, b.Locked, b.Manifest.Complete, len(b.Outputs))
		}
		for _, e := range b.Manifest.Entries {
			if hidden := e.Name == "nvram.bin" || e.Name == "userdata.img"; e.Skipped != hidden || hidden && (e.File != "" || e.SHA256 != "") {
				t.Errorf("%s: %+v", name, e)
			}
		}
		check(t, b.Verify(t.Context(), nil))
	}

	// That the keys cannot be read does not make it a backup without what is private.
	broken := errors.New("no such file of keys")
	if _, err := open(t, "oci:"+dir, Options{Keys: func() ([]seal.Key, error) { return nil, broken }}).Open(t.Context(), "a"); !errors.Is(err, broken) {
		t.Errorf("opened without keys: %v", err)
	}

	// A damaged blob that nobody can open is named all the same.
	b, err := open(t, "oci:"+dir, Options{}).Open(t.Context(), "a")
	check(t, err)
	found := 0
	for _, d := range b.rest {
		if title := d.Annotations[ocispec.AnnotationTitle]; title == "nvram.bin.zst.age" || title == "userdata.img.zst.age" {
			found++
			path, err := blobPath(repo, d.Digest)
			check(t, err)
			mend := flip(t, path, -2)
			if err := b.Verify(t.Context(), nil); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), title) {
				t.Errorf("told as %v", err)
			}
			if _, err := repo.Open(t.Context(), "a"); err != nil {
				t.Error(err)
			}
			mend()
		}
	}
	if found != 2 {
		t.Errorf("%d of the two blobs are looked at", found)
	}
}

// With everything private nothing opens without the key.
func TestEverythingForReaders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	to, keys, _ := person(t)
	repo := open(t, "oci:"+dir, Options{Write: true, Keys: keys})
	if s := mustPush(t, repo, "a", phone(1), PushOptions{Readers: to, Everything: true}); s.Sealed != s.Files {
		t.Errorf("%d of %d files are encrypted", s.Sealed, s.Files)
	}
	same(t, repo, "a", phone(1))
	if _, err := open(t, "oci:"+dir, Options{}).Open(t.Context(), "a"); !errors.Is(err, seal.ErrKey) {
		t.Errorf("without a key: %v", err)
	}
}

// What everybody can read in the store holds no sum of what is private: not of a file, a
// chunk or a group, in no form.
func TestNoSumsOfPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	to, _, _ := person(t)
	repo := open(t, "oci:"+dir, Options{Write: true})
	mustPush(t, repo, "a", private(1), PushOptions{Readers: to})
	m := record(phone(1))
	for _, everything := range []bool{false, true} {
		u, err := repo.Create(t.Context(), "b", private(1), PushOptions{Readers: to, Everything: everything, Replace: true})
		check(t, err)
		_, err = u.Copy(t.Context())
		check(t, err)
		m.Sources[0].SHA256 = sha([]byte("of the whole dump"))
		m.Phone = &flash.ManifestPhone{PlainIDs: map[string]string{"me_id": "00112233445566778899"}}
		_, err = u.Finish(t.Context(), m)
		check(t, err)
	}
	var secrets [][]byte
	secret := func(s sum) { secrets = append(secrets, s[:], []byte(s.String())) }
	for _, f := range private(1) {
		if !f.Private {
			continue
		}
		b := whole(t, f.Image)
		secret(sum(mustHex(t, sha(b))))
		var sums []sum
		for at := 0; at < len(b); at += chunkSize {
			n := min(chunkSize, len(b)-at)
			s := sum(mustHex(t, sha(b[at:at+n])))
			if sums = append(sums, s); s != zeroSum(n) { // those are everybody's
				secret(s)
			}
		}
		secret(plainSum(sums))
	}
	secrets = append(secrets, []byte(sha([]byte("of the whole dump"))), []byte("00112233445566778899"), noise(1, 64))
	check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, s := range secrets {
			if bytes.Contains(b, s) {
				t.Errorf("%s holds %x", path, s)
			}
		}
		return err
	}))
}

func mustHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	check(t, err)
	return b
}

// Age and zstd alone open what skopeo has fetched.
func TestAgeOpensBlobs(t *testing.T) {
	for _, tool := range []string{"age", "zstd", "skopeo"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: nothing shows that other tools open our encrypted blobs", tool)
		}
	}
	dir := t.TempDir()
	to, _, key := person(t)
	repo := open(t, "oci:"+filepath.Join(dir, "backups"), Options{Write: true})
	mustPush(t, repo, "a", private(1), PushOptions{Readers: to})
	run := func(in []byte, name string, args ...string) []byte {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Stdin = bytes.NewReader(in)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %q: %v", name, args, err)
		}
		return out
	}
	fetched := filepath.Join(dir, "fetched")
	run(nil, "skopeo", "copy", "--insecure-policy", "oci:"+filepath.Join(dir, "backups")+":a", "dir:"+fetched)
	l, err := repo.load(t.Context(), "a")
	check(t, err)
	layers := map[string][]byte{}
	for _, d := range l.Layers {
		b, err := os.ReadFile(filepath.Join(fetched, d.Digest.Encoded()))
		check(t, err)
		layers[d.Annotations[ocispec.AnnotationTitle]] = b
	}
	own := filepath.Join(dir, "own.txt")
	check(t, os.WriteFile(own, run(layers["key.txt.age"], "age", "-d", "-i", key), 0o600))
	for _, f := range private(1) {
		if !f.Private {
			continue
		}
		packed := run(layers[f.Name+".zst.age"], "age", "-d", "-i", own)
		if got := run(packed, "zstd", "-dc"); !bytes.Equal(got, whole(t, f.Image)) {
			t.Errorf("%s is not what age and zstd make of its blob", f.Name)
		}
	}
	if b := run(layers["SHA256SUMS.age"], "age", "-d", "-i", own); !bytes.Contains(b, []byte("  nvram.bin\n")) {
		t.Error("the sealed sums do not list nvram.bin")
	}
	if b := layers["SHA256SUMS"]; bytes.Contains(b, []byte("nvram.bin")) || !bytes.Contains(b, []byte("  boot.img\n")) {
		t.Errorf("the sums in the clear are\n%s", b)
	}
}
