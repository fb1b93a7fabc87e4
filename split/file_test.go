package split

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestCreateFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	f, err := CreateFile(path, FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("it has its name before it is finished")
	}
	_, err = CreateFile(path, FileOptions{}) // while the first is at work
	refusal(t, err, flash.ReasonBusy)
	if err := f.Finish(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 1 || got["out"] != "hello" {
		t.Errorf("%q", got)
	}
	if err := errors.Join(f.Abandon(), f.Abandon()); err != nil {
		t.Error(err)
	}

	_, err = CreateFile(path, FileOptions{})
	refusal(t, err, flash.ReasonExists)
	_, err = CreateFile(path, FileOptions{Force: true, Ours: func(string) bool { return false }})
	refusal(t, err, flash.ReasonExists)
	_, err = CreateFile(path, FileOptions{Ours: func(string) bool { return true }})
	refusal(t, err, flash.ReasonOurs)
	_, err = CreateFile(path, FileOptions{Inputs: []string{path}, Force: true, Ours: func(string) bool { return true }})
	refusal(t, err, flash.ReasonInput)
	_, err = CreateFile(filepath.Join(dir, "large"), FileOptions{Room: 1 << 60})
	refusal(t, err, flash.ReasonNoRoom)

	f, err = CreateFile(path, FileOptions{Force: true, Ours: func(string) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Abandon(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 1 || got["out"] != "hello" {
		t.Errorf("after an abandoned replacement: %q", got)
	}
}

// The rest of a killed run is ours, other files are not.
func TestCreateFileAfterKill(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	write(t, partOf(path), []byte("not ours"))
	_, err := CreateFile(path, FileOptions{})
	refusal(t, err, flash.ReasonExists)
	check(t, os.Remove(partOf(path)))
	f, err := CreateFile(path, FileOptions{})
	check(t, err)
	_, err = f.Write([]byte("half"))
	check(t, err)
	check(t, f.file.Close())
	f.owner.close()
	if f, err = CreateFile(path, FileOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := f.Finish(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 1 || got["out"] != "" {
		t.Errorf("%q", got)
	}
}

func TestWriteImage(t *testing.T) {
	d := newDump(3)
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	early := false
	r, err := WriteImage(t.Context(), bytes.NewReader(d.b), path, ImageOptions{Hash: true, Before: func() ([]byte, error) {
		_, err := os.Lstat(path)
		early = err != nil
		return nil, nil
	}})
	if err != nil || r.SHA256 != sumOf(d.b) || !early {
		t.Errorf("%+v, %v, before its name: %v", r, err, early)
	}
	if got := tree(t, dir); len(got) != 1 || got["out"] != string(d.b) {
		t.Errorf("%d files", len(got))
	}
	again := filepath.Join(dir, "again")
	if _, err := WriteImage(t.Context(), bytes.NewReader(d.b), again, ImageOptions{Before: func() ([]byte, error) { return nil, os.ErrInvalid }}); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("%v", err)
	}
	if _, err := WriteImage(t.Context(), &faulty{Image: bytes.NewReader(d.b), at: 1000, err: os.ErrClosed}, again, ImageOptions{}); err == nil {
		t.Error("written of an image that cannot be read")
	}
	if got := tree(t, dir); len(got) != 1 {
		t.Errorf("%d files after two failures", len(got))
	}
}

// What is made beside the image goes with a killed run, and only then: with the image
// finished it belongs to that, and what was there before is not.
func TestBeside(t *testing.T) {
	dir := t.TempDir()
	path, rescueMap := filepath.Join(dir, "out"), filepath.Join(dir, "out.map")
	opt := ImageOptions{Beside: rescueMap, Before: func() ([]byte, error) { return []byte("new"), nil }}
	writeOut := func() error {
		_, err := WriteImage(t.Context(), bytes.NewReader([]byte("data")), path, opt)
		return err
	}
	for _, foreign := range []string{rescueMap, partOf(rescueMap)} {
		write(t, foreign, []byte("not ours"))
		refusal(t, writeOut(), flash.ReasonBeside)
		if got := tree(t, dir); len(got) != 1 {
			t.Errorf("%q", got)
		}
		os.Remove(foreign)
	}

	// Killed after the map was made, and while it was.
	for _, left := range []string{rescueMap, partOf(rescueMap)} {
		f, err := CreateFile(path, FileOptions{Beside: opt.Beside})
		if err != nil {
			t.Fatal(err)
		}
		check(t, f.AddBeside(func(out *os.File) error {
			_, err := out.WriteString("of the run that was killed")
			return err
		}))
		check(t, errors.Join(f.file.Close(), f.extra[0].File.Close()))
		if left == rescueMap {
			check(t, os.Rename(partOf(rescueMap), rescueMap))
		}
		f.owner.close()
		if err := writeOut(); err != nil {
			t.Fatal(err)
		}
		if got := tree(t, dir); len(got) != 2 || got["out"] != "data" || got["out.map"] != "new" {
			t.Errorf("%q", got)
		}
		os.Remove(path)
		refusal(t, writeOut(), flash.ReasonBeside) // the map of what was moved away
		os.Remove(rescueMap)
	}
}

func TestVolumes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	v, err := CreateVolumes(path, 10, FileOptions{Room: 35})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"0123456", "789abcdefghijklmno", "", "pqrst", "u"} {
		if n, err := v.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := os.Lstat(path + ".001"); err == nil {
		t.Error("a volume has its name before the last is written")
	}
	if err := v.Finish(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 4 || got["out.001"] != "0123456789" || got["out.003"] != "klmnopqrst" || got["out.004"] != "u" {
		t.Errorf("%q", got)
	}
	_, err = CreateVolumes(path, 10, FileOptions{Room: 35})
	refusal(t, err, flash.ReasonBeside)
	if _, err := CreateVolumes(filepath.Join(dir, "many"), 1, FileOptions{Room: 5000}); err == nil {
		t.Error("more volumes than there are numbers")
	}

	// Killed between two renames: nothing is called finished, and the next run cleans up.
	next := filepath.Join(dir, "next")
	v, err = CreateVolumes(next, 10, FileOptions{Room: 15})
	check(t, err)
	_, err = v.Write([]byte("not renamedrenamed"))
	check(t, err)
	check(t, errors.Join(v.files[0].Close(), v.files[1].Close(), os.Rename(partOf(v.name(1)), v.name(1))))
	v.owner.close()
	if v, err = CreateVolumes(next, 10, FileOptions{Room: 5}); err != nil {
		t.Fatal(err)
	}
	if err := v.Abandon(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 4 {
		t.Errorf("%q", got)
	}
}

// Of several images all are written, or none: what forbids one is seen before the first, and
// what fails later takes the earlier ones with it.
func TestWriteImagesAllOrNone(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	good := func(name string) flash.Output {
		return flash.Output{Name: path(name), Image: bytes.NewReader([]byte("bytes of " + name))}
	}
	if err := os.WriteFile(path("there"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := WriteImages(t.Context(), []flash.Output{good("a"), good("there")}, ImageOptions{})
	refusal(t, err, flash.ReasonExists)
	if got := tree(t, dir); len(got) != 1 {
		t.Errorf("after a refusal: %q", got)
	}
	bad := flash.Output{Name: path("b"), Image: flash.Strict(flash.Known(bytes.NewReader(make([]byte, 8)), []flash.Extent{{Length: 8}}), "are lost")}
	if _, err := WriteImages(t.Context(), []flash.Output{good("a"), bad}, ImageOptions{}); err == nil {
		t.Error("an image that cannot be read was written")
	}
	if got := tree(t, dir); len(got) != 1 {
		t.Errorf("after a failure: %q", got)
	}
	r, err := WriteImages(t.Context(), []flash.Output{good("a"), good("c")}, ImageOptions{Hash: true})
	if err != nil || len(r) != 2 || r[1].SHA256 == "" {
		t.Error(r, err)
	}
	if got := tree(t, dir); len(got) != 3 || got["a"] != "bytes of a" {
		t.Errorf("%q", got)
	}
}

// A file that came into being while another was written is not replaced.
func TestFinishLeavesWhatCameMeanwhile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	f, err := CreateFile(path, FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("theirs"), 0o644); err != nil {
		t.Fatal(err)
	}
	refusal(t, f.Finish(), flash.ReasonExists)
	if got := tree(t, dir); len(got) != 1 || got["out"] != "theirs" {
		t.Errorf("%q", got)
	}
}
