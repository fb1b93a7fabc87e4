package oci

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"
)

// place pushes a phone to a new place, and returns the store and a blob of the backup.
func place(t *testing.T) (dir, blob string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "place")
	repo := open(t, "oci:"+dir, Options{Write: true})
	mustPush(t, repo, "t", small(1), PushOptions{Level: 1})
	b, err := repo.Open(t.Context(), "t")
	check(t, err)
	blob = b.Outputs[0].Image.(*image).file.Groups[0].Blob.Encoded()
	check(t, repo.Close())
	return dir, filepath.Join("blobs", "sha256", blob)
}

// small is a phone that is quickly pushed.
func small(seed uint64) []File { return files(map[string][]byte{"boot.img": noise(seed, 100<<10)}) }

// blobPath is the file of a blob in a layout folder.
func blobPath(repo *Repo, d digest.Digest) (string, error) {
	l := repo.store.(*layout)
	name, err := l.blob(d)
	return l.path(name), err
}

// link makes a symbolic link, where the system lets us.
func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		if runtime.GOOS == "windows" {
			t.Skipf("links need a right here: nothing shows what is done with them (%v)", err)
		}
		t.Fatal(err)
	}
}

// use reads a store in every way, and returns the first error.
func use(t *testing.T, dir string) error {
	t.Helper()
	r, err := Open(Ref{Layout: dir}, Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	b, err := r.Open(t.Context(), "t")
	if err != nil {
		return err
	}
	return b.Verify(t.Context(), nil)
}

// A link that leaves the folder is named and not followed, whatever it stands for; one
// that stays within is followed.
func TestLinksInPlace(t *testing.T) {
	for _, name := range []string{"oci-layout", "index.json", "blob", "blobs"} {
		t.Run(name, func(t *testing.T) {
			dir, blob := place(t)
			if name == "blob" {
				name = blob
			}
			outside := filepath.Join(t.TempDir(), "elsewhere")
			check(t, os.Rename(filepath.Join(dir, name), outside))
			link(t, outside, filepath.Join(dir, name))
			err := use(t, dir)
			if err == nil || !strings.Contains(err.Error(), "is a link out of the folder") || !strings.Contains(err.Error(), filepath.FromSlash(name)) {
				t.Errorf("%v", err)
			}
			check(t, os.Remove(filepath.Join(dir, name)))
			inside := filepath.Join(dir, "kept")
			check(t, os.Rename(outside, inside))
			to, err := filepath.Rel(filepath.Dir(filepath.Join(dir, name)), inside)
			check(t, err)
			link(t, to, filepath.Join(dir, name))
			check(t, use(t, dir))
		})
	}
}

// Nothing is written through a link: neither locks nor blobs nor the list of tags.
func TestNothingThroughLinks(t *testing.T) {
	for name, at := range map[string]string{
		"our folder": ".mtkkit", "the lock of those who use it": ".mtkkit/use.lock", "the lock of the list": ".mtkkit/index.lock", "blobs": "blobs",
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := place(t)
			outside := t.TempDir()
			check(t, os.RemoveAll(filepath.Join(dir, at)))
			target := outside
			if strings.HasSuffix(at, ".lock") {
				target = filepath.Join(outside, "made")
			}
			link(t, target, filepath.Join(dir, at))
			r, err := Open(Ref{Layout: dir}, Options{Write: true})
			if err == nil {
				_, err = push(t.Context(), r, "second", small(2), PushOptions{Level: 1})
				r.Close()
			}
			if err == nil || !strings.Contains(err.Error(), filepath.FromSlash(at)) {
				t.Errorf("pushed, or not said why: %v", err)
			}
			if made, _ := os.ReadDir(outside); len(made) > 0 {
				t.Errorf("%s was made outside", made[0].Name())
			}
		})
	}
}

// Several first pushes to one new place at once all succeed, and none loses another's tag.
func TestFirstPushesAtOnce(t *testing.T) {
	for range 12 {
		dir := filepath.Join(t.TempDir(), "new")
		var all sync.WaitGroup
		tags := []string{"a", "b", "c", "d"}
		for _, tag := range tags {
			all.Go(func() {
				r, err := Open(Ref{Layout: dir}, Options{Write: true, NoSync: true})
				if err != nil {
					t.Errorf("%s: %v", tag, err)
					return
				}
				defer r.Close()
				if _, err := push(t.Context(), r, tag, small(7), PushOptions{Level: 1}); err != nil {
					t.Errorf("%s: %v", tag, err)
				}
			})
		}
		all.Wait()
		repo := open(t, "oci:"+dir, Options{})
		for _, tag := range tags {
			if _, err := repo.Open(t.Context(), tag); err != nil {
				t.Errorf("%s is lost: %v", tag, err)
			}
		}
		check(t, repo.Close())
	}
}
