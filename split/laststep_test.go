package split

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// A run that is killed in its last step leaves a file that has its name, and a marker. The
// next run keeps the one and clears the other.
func TestKilledInLastStep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	f, err := CreateFile(path, FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("all of it")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.file.Close(), os.Rename(partOf(path), path), f.owner.file.Close()); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 2 {
		t.Fatalf("%q", got)
	}
	_, err = CreateFile(path, FileOptions{})
	refusal(t, err, flash.ReasonExists)
	if got := tree(t, dir); len(got) != 1 || got["out"] != "all of it" {
		t.Errorf("%q", got)
	}

	set := filepath.Join(dir, "set")
	v, err := CreateVolumes(set, 4, FileOptions{Room: 8})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Write([]byte("12345678")); err != nil {
		t.Fatal(err)
	}
	for i, f := range v.files {
		if err := errors.Join(f.Close(), os.Rename(partOf(v.name(i)), v.name(i))); err != nil {
			t.Fatal(err)
		}
	}
	v.owner.close()
	_, err = CreateVolumes(set, 4, FileOptions{Room: 8})
	refusal(t, err, flash.ReasonBeside)
	if got := tree(t, dir); len(got) != 3 || got["set.001"] != "1234" || got["set.002"] != "5678" {
		t.Errorf("%q", got)
	}
}

// A name that is not on the disk for certain is no success, and nothing of it is left.
func TestFolderNotSynced(t *testing.T) {
	defer func() { syncDir = disk.SyncDir }()
	broken := errors.New("the disk gives up")
	for name, make := range map[string]func(dir string) error{
		"folder": func(dir string) error {
			d := newDump(61)
			f, err := Create(t.Context(), filepath.Join(dir, "a", "parts"), d.outputs, nil, Options{})
			if err != nil {
				return err
			}
			if _, err = f.Copy(t.Context()); err == nil {
				err = f.Finish(&flash.Manifest{Schema: flash.ManifestSchema, Tool: "test", Kind: flash.KindParts})
			}
			if err != nil {
				err = errors.Join(err, f.Abandon())
			}
			return err
		},
		"file": func(dir string) error {
			_, err := WriteImage(t.Context(), image(noise(62, 5000)), filepath.Join(dir, "out"), ImageOptions{})
			return err
		},
		"volumes": func(dir string) error {
			v, err := CreateVolumes(filepath.Join(dir, "out"), 4, FileOptions{Room: 8})
			if err != nil {
				return err
			}
			if _, err := v.Write([]byte("12345678")); err != nil {
				return err
			}
			return v.Finish()
		},
	} {
		t.Run(name, func(t *testing.T) {
			total := 0
			syncDir = func(string) error { total++; return nil }
			if err := make(t.TempDir()); err != nil || total < 2 {
				t.Fatal(err, total)
			}
			for at := 1; at <= total; at++ {
				n, dir := 0, t.TempDir()
				syncDir = func(string) error {
					if n++; n == at {
						return broken
					}
					return nil
				}
				if err := make(dir); !errors.Is(err, broken) {
					t.Errorf("call %d of %d: %v", at, total, err)
				}
				if got := tree(t, dir); len(got) > 0 {
					t.Errorf("call %d of %d left %q", at, total, got)
				}
			}
		})
	}
}

// A marker is not written through a link.
func TestMarkerThroughLink(t *testing.T) {
	dir := t.TempDir()
	away := write(t, filepath.Join(t.TempDir(), "away"), []byte("precious"))
	for _, to := range []string{away, filepath.Join(filepath.Dir(away), "none")} {
		path := filepath.Join(dir, "out")
		link(t, os.Symlink, to, markerOf(path)+partSuffix)
		if f, err := CreateFile(path, FileOptions{}); err == nil {
			f.Abandon()
			t.Error("written")
		}
		if err := os.Remove(markerOf(path) + partSuffix); err != nil {
			t.Fatal(err)
		}
	}
	if got := tree(t, filepath.Dir(away)); len(got) != 1 || got["away"] != "precious" {
		t.Errorf("%q", got)
	}
}
