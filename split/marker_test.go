package split

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// A marker that no run here wrote deletes nothing, and neither do the names in it.
func TestStrangeMarkers(t *testing.T) {
	for name, text := range map[string]func(dir string) string{
		"old form": func(string) string { return `{"about":"x","files":["thesis.txt"]}` },
		"no JSON":  func(string) string { return "mine" },
		"forged": func(dir string) string {
			m := marker{About: markerAbout, Form: markerForm, Self: "1 born 2", Files: []string{"thesis.txt"}, Commit: []string{"thesis.txt"}}
			m.Run.ID, m.Run.PID = "x", 1
			id, _ := disk.Identity(filepath.Join(dir, "thesis.txt"))
			m.note("thesis.txt", id)
			b, _ := json.Marshal(m)
			return string(b)
		},
		"copied": func(dir string) string {
			f, err := Create(t.Context(), filepath.Join(filepath.Dir(dir), "other"), []flash.Output{{Name: "thesis.txt", Image: image(nil)}}, nil, Options{})
			check(t, err)
			defer f.Abandon()
			b, err := os.ReadFile(f.owner.path)
			check(t, err)
			return string(b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "p")
			mkdir(t, dir)
			write(t, filepath.Join(dir, "thesis.txt"), []byte("mine"))
			for _, n := range []string{flash.MarkerName, flash.MarkerName + partSuffix} {
				path := write(t, filepath.Join(dir, n), []byte(text(dir)))
				before := tree(t, dir)
				_, err := Create(t.Context(), dir, newDump(1).outputs, nil, Options{})
				if flash.AsRefusal(err) == nil {
					t.Errorf("%s: %v", n, err)
				}
				same(t, dir, before)
				_, err = Create(t.Context(), dir, newDump(1).outputs, nil, Options{Force: true})
				refusal(t, err, flash.ReasonMarker)
				same(t, dir, before)
				check(t, os.Remove(path))
			}
			if b, err := os.ReadFile(filepath.Join(dir, "thesis.txt")); err != nil || string(b) != "mine" {
				t.Errorf("%q, %v", b, err)
			}
		})
	}
}

// Of a marker of ours, names are not enough: a file must be the very one that the run made.
func TestMarkerProvesFiles(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, dir string) string{
		"a file of ours was replaced": func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "boot.img"+partSuffix)
			check(t, os.Rename(path, path+".moved"))
			write(t, path, []byte("mine"))
			check(t, os.Remove(path+".moved"))
			return path
		},
		"a file with the final name": func(t *testing.T, dir string) string {
			return write(t, filepath.Join(dir, "nvram.bin"), []byte("mine"))
		},
		"the manifest": func(t *testing.T, dir string) string {
			return write(t, filepath.Join(dir, flash.ManifestName), []byte("mine"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "p")
			f, err := Create(t.Context(), dir, newDump(1).outputs, nil, Options{})
			check(t, err)
			_, err = f.Copy(t.Context())
			check(t, err)
			f.Leave()
			path := put(t, dir)
			before := tree(t, dir)
			for _, opt := range []Options{{}, {Force: true}, {Resume: true}} {
				if f, err := Create(t.Context(), dir, newDump(2).outputs, nil, opt); flash.AsRefusal(err) == nil {
					t.Errorf("%+v: %v", opt, err)
					f.Abandon()
				}
				same(t, dir, before)
			}
			check(t, os.Remove(path))
			newDump(2).split(t, dir, Options{})
		})
	}
}

// The same for a single file.
func TestMarkerProvesFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	write(t, markerOf(path), []byte(`{"about":"x","files":["out.part","out.map","out.001","out.001.part"]}`))
	write(t, partOf(path), []byte("mine"))
	before := tree(t, dir)
	_, err := CreateFile(path, FileOptions{Beside: path + ".map"})
	refusal(t, err, flash.ReasonMarker)
	_, err = CreateVolumes(path, 4, FileOptions{Room: 8})
	refusal(t, err, flash.ReasonMarker)
	same(t, dir, before)
	check(t, errors.Join(os.Remove(markerOf(path)), os.Remove(partOf(path))))

	f, err := CreateFile(path, FileOptions{})
	check(t, err)
	check(t, f.file.Close())
	f.owner.close()
	check(t, os.Rename(partOf(path), path+".moved")) // so that its inode stays in use
	write(t, partOf(path), []byte("mine"))
	before = tree(t, dir)
	_, err = CreateFile(path, FileOptions{})
	refusal(t, err, flash.ReasonExists)
	same(t, dir, before)
}

// A single file that is replaced stays until the new one is whole.
func TestReplacedFileStays(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "out"), []byte("old"))
	opt := FileOptions{Force: true, Ours: func(string) bool { return true }}
	for _, end := range []func(f *File){
		func(f *File) { check(t, f.Abandon()) },
		func(f *File) { check(t, f.file.Close()); f.owner.close() }, // killed
	} {
		f, err := CreateFile(path, opt)
		check(t, err)
		_, err = f.Write([]byte("new"))
		check(t, err)
		end(f)
		if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
			t.Errorf("%q, %v", b, err)
		}
	}
	f, err := CreateFile(path, opt)
	check(t, err)
	_, err = f.Write([]byte("new"))
	check(t, err)
	check(t, f.Finish())
	same(t, dir, map[string]string{"out": "new"})
}

// On a file system without identities, a run removes what it made itself, and nothing else; after
// a kill, nothing proves what may be removed.
func TestNoIdentities(t *testing.T) {
	defer func() { identity = disk.Identity }()
	identity = func(string) (string, error) { return "", nil }
	dir := filepath.Join(t.TempDir(), "p")
	newDump(1).split(t, dir, Options{})
	before := tree(t, dir)
	begin := func() *Folder {
		f, err := Create(t.Context(), dir, newDump(2).outputs, nil, Options{Force: true})
		check(t, err)
		_, err = f.Copy(t.Context())
		check(t, err)
		return f
	}
	check(t, begin().Abandon())
	same(t, dir, before)
	d := newDump(2)
	d.split(t, dir, Options{Force: true})
	before = tree(t, dir)
	if before["boot.img"] != string(d.b[:512<<10]) || len(before) != 6 {
		t.Errorf("%d files", len(before))
	}
	begin().Leave()
	rest := tree(t, dir)
	_, err := Create(t.Context(), dir, newDump(3).outputs, nil, Options{Force: true})
	refusal(t, err, flash.ReasonMarker)
	same(t, dir, rest)
}
