package disk_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
)

// names lists what stands in a folder, with the content.
func names(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil && !e.IsDir() {
			t.Fatal(err)
		}
		out[e.Name()] = string(b)
	}
	return out
}

var errBroken = errors.New("the disk gives up")

func fillWith(text string) func(*os.File) error {
	return func(f *os.File) error {
		_, err := f.WriteString(text)
		return err
	}
}

// fillNew fills path.part, which does not exist, and publishes it.
func fillNew(path string, opt disk.PublishOptions, fill func(*os.File) error) error {
	f, err := disk.OpenOwn(path + disk.PartSuffix)
	if err != nil {
		return err
	}
	return disk.Fill(f, path, opt, fill)
}

// Whatever step fails, a file that is written has neither of its names.
func TestFillLeavesNothing(t *testing.T) {
	for step, c := range map[string]struct {
		opt  disk.PublishOptions
		fill func(*os.File) error
		want error
	}{
		"fill":   {fill: func(f *os.File) error { return errors.Join(fillWith("half")(f), errBroken) }, want: errBroken},
		"sync":   {fill: func(f *os.File) error { return f.Close() }, want: os.ErrClosed},
		"close":  {fill: func(f *os.File) error { return f.Close() }, opt: disk.PublishOptions{NoSync: true}, want: os.ErrClosed},
		"before": {fill: fillWith("all"), opt: disk.PublishOptions{Before: func() error { return errBroken }}, want: errBroken},
		"folder": {fill: fillWith("all"), opt: disk.PublishOptions{SyncDir: func(string) error { return errBroken }}, want: errBroken},
	} {
		dir := t.TempDir()
		if err := fillNew(filepath.Join(dir, "a"), c.opt, c.fill); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", step, err)
		}
		if got := names(t, dir); len(got) > 0 {
			t.Errorf("%s left %q", step, got)
		}
	}

	dir := t.TempDir() // the rename: no file takes the place of a folder
	path := filepath.Join(dir, "a")
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := fillNew(path, disk.PublishOptions{}, fillWith("all")); err == nil {
		t.Error("a folder was replaced")
	}
	if got := slices.Collect(maps.Keys(names(t, dir))); len(got) != 1 || got[0] != "a" {
		t.Errorf("rename left %q", got)
	}
}

func TestFill(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	var synced []string
	opt := disk.PublishOptions{SyncDir: func(dir string) error { synced = append(synced, dir); return nil }}
	opt.Before = func() error {
		if got := names(t, dir); len(got) != 1 || got["a.part"] != "all" {
			t.Errorf("before: %q", got)
		}
		return nil
	}
	if err := fillNew(path, opt, fillWith("all")); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) != 1 || got["a"] != "all" || !slices.Equal(synced, []string{dir}) {
		t.Errorf("%q, synced %q", got, synced)
	}
}

// What took the place of an older file is all there is, and stays when its folder cannot be
// synced.
func TestPublishReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := disk.OpenOwn(filepath.Join(dir, "new"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("rest of a killed run"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	opt := disk.PublishOptions{SyncDir: func(string) error { return errBroken }}
	if err := disk.Fill(f, path, opt, fillWith("new")); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if got := names(t, dir); len(got) != 1 || got["a"] != "new" {
		t.Errorf("%q", got)
	}
}

// recorder is a file that notes what is done with it, and fails at one step.
type recorder struct {
	log  *[]string
	name string
	fail string
}

func (r recorder) do(what string) error {
	*r.log = append(*r.log, what+" "+r.name)
	if r.fail == what {
		return errBroken
	}
	return nil
}
func (r recorder) Sync() error  { return r.do("sync") }
func (r recorder) Close() error { return r.do("close") }

// Of several files none has its name before all are on the disk, and none keeps it when
// another one fails.
func TestPublishSeveral(t *testing.T) {
	for _, c := range []struct {
		fail, says string // at the second of three
		folder     error
		block      bool // the first of three cannot be renamed
	}{
		{says: "sync 1 close 1 sync 2 close 2 sync 3 close 3 folder"},
		{fail: "sync", says: "sync 1 close 1 sync 2 close 2 close 3"},
		{fail: "close", says: "sync 1 close 1 sync 2 close 2 close 3"},
		{folder: errBroken, says: "sync 1 close 1 sync 2 close 2 sync 3 close 3 folder"},
		{block: true, says: "sync 1 close 1 sync 2 close 2 sync 3 close 3"},
	} {
		dir := t.TempDir()
		var log []string
		var files []disk.Pending
		for _, n := range []string{"1", "2", "3"} {
			p := disk.Pending{Part: filepath.Join(dir, n+".part"), Path: filepath.Join(dir, n)}
			r := recorder{log: &log, name: n}
			if n == "2" {
				r.fail = c.fail
			}
			if p.File = r; n == "1" && c.block {
				p.Path = filepath.Join(dir, "none", "1")
			}
			if err := os.WriteFile(p.Part, nil, 0o666); err != nil {
				t.Fatal(err)
			}
			files = append(files, p)
		}
		opt := disk.PublishOptions{SyncDir: func(string) error { log = append(log, "folder"); return c.folder }}
		err := disk.Publish(opt, files...)
		if got := strings.Join(log, " "); got != c.says {
			t.Errorf("%+v: %s", c, got)
		}
		bad := c.fail != "" || c.folder != nil || c.block
		for name := range names(t, dir) {
			if strings.HasSuffix(name, ".part") != bad {
				t.Errorf("%+v: %s is there", c, name)
			}
		}
		if got := names(t, dir); (err != nil) != bad || len(got) != 3 {
			t.Errorf("%+v: %v, %q", c, err, got)
		}
	}
}

// A folder that is written appears as a file does, and nothing of it looks finished after a
// failure.
func TestPublishFolder(t *testing.T) {
	dir := t.TempDir()
	p := disk.Pending{Part: filepath.Join(dir, "tree.part"), Path: filepath.Join(dir, "tree")}
	if err := os.MkdirAll(filepath.Join(p.Part, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []error{errBroken, nil} {
		if err := disk.Publish(disk.PublishOptions{SyncDir: func(string) error { return broken }}, p); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		_, err := os.Stat(filepath.Join(map[bool]string{true: p.Path, false: p.Part}[broken == nil], "sub"))
		if err != nil || len(names(t, dir)) != 1 {
			t.Error(err, names(t, dir))
		}
	}
}

func TestPublishOptions(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	var log []string
	opt := disk.PublishOptions{Root: root, SyncDir: func(dir string) error { log = append(log, dir); return nil }}
	publish := func(opt disk.PublishOptions) error {
		if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		return disk.Publish(opt, disk.Pending{File: recorder{log: &log}, Part: "x", Path: filepath.Join("sub", "a")})
	}
	later, noSync, keep := opt, opt, opt
	later.Later, noSync.NoSync, keep.KeepOpen = true, true, true
	for _, c := range []struct {
		opt  disk.PublishOptions
		want []string
	}{
		{opt, []string{"sync ", "close ", filepath.Join(dir, "sub")}},
		{later, []string{"sync ", "close "}},
		{noSync, []string{"close "}},
		{keep, []string{"sync ", filepath.Join(dir, "sub")}},
	} {
		log = nil
		if err := publish(c.opt); err != nil || !slices.Equal(log, c.want) {
			t.Errorf("%v: %q, not %q", err, log, c.want)
		}
	}
	if err := disk.Publish(opt, disk.Pending{Part: filepath.Join("sub", "a"), Path: filepath.Join("..", "a")}); err == nil {
		t.Error("a name led out of the folder")
	}
}
