package split

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

func TestCreateRefusesNames(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../up", "/abs", "a/b", `a\b`, "con", "NUL.img", "com1.bin", "a:b", "dot.", "x.part",
		"manifest.json", "Manifest.JSON", "SHA256SUMS", flash.MarkerName, "new\nline", "\xff"} {
		dir := filepath.Join(t.TempDir(), "p")
		if f, err := Create(t.Context(), dir, []flash.Output{{Name: name, Image: image(nil)}}, nil, Options{}); err == nil {
			f.Abandon()
			t.Errorf("%q was taken for a file name", name)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%q: the folder was made", name)
		}
	}
	two := []flash.Output{{Name: "Boot.img", Image: image(nil)}, {Name: "boot.IMG", Image: image(nil)}}
	if _, err := Create(t.Context(), filepath.Join(t.TempDir(), "p"), two, nil, Options{}); err == nil {
		t.Error("two names that differ in case only were taken")
	}
}

func TestCreateRefusesFullFolder(t *testing.T) {
	d := newDump(1)
	dir := t.TempDir()
	mine := write(t, filepath.Join(dir, "holiday.jpg"), []byte("mine"))
	_, err := Create(t.Context(), dir, d.outputs, nil, Options{})
	refusal(t, err, flash.ReasonNotEmpty)
	if got := tree(t, dir); len(got) != 1 || got["holiday.jpg"] != "mine" {
		t.Errorf("the folder was touched: %v", got)
	}

	// With Force another file stays, unless it has the name of an output.
	d.split(t, dir, Options{Force: true})
	if got := tree(t, dir); got["holiday.jpg"] != "mine" || got["boot.img"] != string(d.b[:512<<10]) {
		t.Error("force: the other file or the output is not as it should be")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"boot.img", "boot.img.part", flash.ManifestName, flash.SumsName} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), []byte("precious"))
		_, err := Create(t.Context(), dir, d.outputs, nil, Options{Force: true})
		refusal(t, err, flash.ReasonInTheWay)
		if got := tree(t, dir); len(got) != 1 || got[name] != "precious" {
			t.Errorf("%s: the folder was touched: %v", name, got)
		}
	}
	file := write(t, filepath.Join(t.TempDir(), "file"), nil)
	_, err = Create(t.Context(), file, d.outputs, nil, Options{Force: true})
	refusal(t, err, flash.ReasonNotFolder)
}

func TestForceReplacesOnlyOurs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	old := newDump(1)
	old.add("partition", "old.img", 0, 4096)
	old.add("partition", "linked.img", 0, 4096)
	old.split(t, dir, Options{})
	write(t, filepath.Join(dir, "notes.txt"), []byte("mine"))
	// Somebody has put a link in the place of one of our files: it is not ours.
	if err := os.Remove(filepath.Join(dir, "linked.img")); err != nil {
		t.Fatal(err)
	}
	link(t, os.Symlink, filepath.Join(dir, "notes.txt"), filepath.Join(dir, "linked.img"))

	d := newDump(2)
	_, err := Create(t.Context(), dir, d.outputs, nil, Options{})
	if r := flash.AsRefusal(err); r == nil || r.Reason != flash.ReasonOurs {
		t.Errorf("no word of --force: %+v", r)
	}
	d.split(t, dir, Options{Force: true})
	got := tree(t, dir)
	if got["notes.txt"] != "mine" || got["linked.img"] != "mine" || got["boot.img"] != string(d.b[:512<<10]) {
		t.Error("a file is not what it should be")
	}
	for _, gone := range []string{"old.img", flash.MarkerName} {
		if _, there := got[gone]; there {
			t.Errorf("%s is still there", gone)
		}
	}
}

// A folder whose manifest or marker names files outside of it loses none of them.
func TestHostileBooks(t *testing.T) {
	for _, name := range []string{"../victim", "/victim", "sub/victim", ".."} {
		for _, document := range []string{flash.ManifestName, flash.MarkerName} {
			top := t.TempDir()
			victim := write(t, filepath.Join(top, "victim"), []byte("precious"))
			dir := filepath.Join(top, "p")
			if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o777); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "sub", "victim"), []byte("precious"))
			var b []byte
			if document == flash.MarkerName {
				b, _ = json.Marshal(marker{Form: markerForm, Files: []string{name}})
			} else {
				b, _ = json.Marshal(flash.Manifest{Schema: flash.ManifestSchema, Files: []flash.ManifestFile{{Name: name}}})
			}
			write(t, filepath.Join(dir, document), b)
			_, err := Create(t.Context(), dir, newDump(1).outputs, nil, Options{Force: true})
			refusal(t, err, map[string]flash.Reason{flash.MarkerName: flash.ReasonMarker, flash.ManifestName: flash.ReasonInTheWay}[document])
			for _, path := range []string{victim, filepath.Join(dir, "sub", "victim"), filepath.Join(dir, document)} {
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%s with %q: %v", document, name, err)
				}
			}
		}
	}
}

// The input is safe under whatever name it is reached.
func TestCreateRefusesInput(t *testing.T) {
	precious := []byte("the only copy")
	outputs := []flash.Output{{Name: "boot.img", Image: image([]byte("x"))}}
	cases := map[string]func(t *testing.T, top string) (input, dir string){
		"by name": func(t *testing.T, top string) (string, string) {
			return write(t, filepath.Join(top, "boot.img"), precious), top
		},
		"by relative path": func(t *testing.T, top string) (string, string) {
			write(t, filepath.Join(top, "boot.img"), precious)
			t.Chdir(top)
			return "boot.img", filepath.Join("..", filepath.Base(top))
		},
		"by symbolic link": func(t *testing.T, top string) (string, string) {
			dump := write(t, filepath.Join(top, "ROM_1"), precious)
			dir := filepath.Join(top, "p")
			mkdir(t, dir)
			link(t, os.Symlink, dump, filepath.Join(dir, "boot.img"))
			return dump, dir
		},
		"by hard link": func(t *testing.T, top string) (string, string) {
			dump := write(t, filepath.Join(top, "ROM_1"), precious)
			dir := filepath.Join(top, "p")
			mkdir(t, dir)
			link(t, os.Link, dump, filepath.Join(dir, "boot.img"))
			return dump, dir
		},
		"by a linked folder": func(t *testing.T, top string) (string, string) {
			real := filepath.Join(top, "real")
			mkdir(t, real)
			dump := write(t, filepath.Join(real, "boot.img"), precious)
			link(t, os.Symlink, real, filepath.Join(top, "p"))
			return dump, filepath.Join(top, "p")
		},
		"as the unfinished part": func(t *testing.T, top string) (string, string) {
			return write(t, filepath.Join(top, "boot.img.part"), precious), top
		},
		"as the folder itself": func(t *testing.T, top string) (string, string) {
			dump := write(t, filepath.Join(top, "ROM_1"), precious)
			return dump, dump
		},
		"below the dump": func(t *testing.T, top string) (string, string) {
			dump := write(t, filepath.Join(top, "ROM_1"), precious)
			return dump, filepath.Join(dump, "parts")
		},
		"in a folder that is the input": func(t *testing.T, top string) (string, string) {
			write(t, filepath.Join(top, "ROM_1"), precious)
			return top, filepath.Join(top, "a", "b")
		},
		"listed by an old manifest": func(t *testing.T, top string) (string, string) {
			dump := write(t, filepath.Join(top, "ROM_1"), precious)
			m := flash.Manifest{Schema: flash.ManifestSchema, Files: []flash.ManifestFile{{Name: "ROM_1"}}}
			b, err := m.Encode()
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(top, flash.ManifestName), b)
			return dump, top
		},
		"listed by an old marker": func(t *testing.T, top string) (string, string) {
			dump := write(t, filepath.Join(top, "ROM_1"), precious)
			write(t, filepath.Join(top, flash.MarkerName), []byte(`{"files":["ROM_1"]}`))
			return dump, top
		},
	}
	for name, set := range cases {
		t.Run(name, func(t *testing.T) {
			input, dir := set(t, t.TempDir())
			for _, force := range []bool{true, false} {
				_, err := Create(t.Context(), dir, outputs, nil, Options{Force: force, Inputs: []string{input}})
				if force {
					want := flash.ReasonInput
					if name == "listed by an old marker" {
						want = flash.ReasonMarker // it proves nothing
					}
					if name == "below the dump" || name == "in a folder that is the input" {
						want = flash.ReasonInsideInput
					}
					refusal(t, err, want)
				} else if err == nil {
					t.Error("not refused without force")
				}
			}
			if st, err := os.Stat(input); err == nil && st.IsDir() {
				input = filepath.Join(input, "ROM_1")
			}
			if b, err := os.ReadFile(input); err != nil || string(b) != string(precious) {
				t.Errorf("the input is gone: %q, %v", b, err)
			}
		})
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, how func(old, new string) error, old, new string) {
	t.Helper()
	if err := how(old, new); err != nil {
		if runtime.GOOS == "windows" {
			t.Skip("links need a privilege here: ", err)
		}
		t.Fatal(err)
	}
}

func TestCreateRefusesRoom(t *testing.T) {
	v, err := disk.VolumeOf(t.TempDir())
	if err != nil {
		t.Skip("the system does not say how much is Free: ", err)
	}
	size := v.Free + 1<<40
	dense := []flash.Output{{Name: "a.img", Image: blank(size)}}
	dir := filepath.Join(t.TempDir(), "p")
	_, err = Create(t.Context(), dir, dense, nil, Options{})
	refusal(t, err, flash.ReasonNoRoom)
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder was made")
	}
	if !v.Holes {
		t.Skip("no holes on this file system")
	}
	sparse := []flash.Output{{Name: "a.img", Image: &holey{size: size, data: []stretch{{1 << 30, []byte("data")}}}}}
	f, err := Create(t.Context(), dir, sparse, nil, Options{})
	if err != nil {
		t.Fatalf("holes take no room, but: %v", err)
	}
	if err := f.Abandon(); err != nil {
		t.Error(err)
	}
	_, err = Create(t.Context(), dir, sparse, nil, Options{NoHoles: true})
	refusal(t, err, flash.ReasonNoRoom)
}

func TestRefuseBig(t *testing.T) {
	fat := disk.Volume{Kind: "FAT", MaxFile: disk.MaxFAT, Free: 1 << 40}
	if err := refuseBig("userdata.img", 4<<30-1, fat); err != nil {
		t.Error(err)
	}
	refusal(t, refuseBig("userdata.img", 4<<30, fat), flash.ReasonTooBig)
	if err := refuseBig("userdata.img", 1<<40, disk.Volume{Kind: "ext4"}); err != nil {
		t.Error(err)
	}

	// The same through a folder on a card: too big by one byte, and, as FAT has no
	// holes, too little room for a file that is sparse elsewhere.
	room := func(size int64) error {
		f := &Folder{dir: t.TempDir(), outputs: []flash.Output{{Name: "userdata.img", Image: &holey{size: size}}},
			volumeOf: func(string) (disk.Volume, error) { return fat, nil }}
		return f.refuseRoom(nil, false)
	}
	refusal(t, room(4<<30), flash.ReasonTooBig)
	if err := room(4<<30 - 1); err != nil {
		t.Error(err)
	}
	fat.Free = 1 << 30
	refusal(t, room(4<<30-1), flash.ReasonNoRoom)
}

// blank is an image that is all data, and all of it zero.
type blank int64

func (b blank) Size() int64 { return int64(b) }

func (b blank) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	return len(p), nil
}

func TestBusy(t *testing.T) {
	d := newDump(1)
	dir := filepath.Join(t.TempDir(), "p")
	f, err := Create(t.Context(), dir, d.outputs, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Create(t.Context(), dir, d.outputs, nil, Options{Force: true})
	refusal(t, err, flash.ReasonBusy)
	if err := f.Abandon(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder that this run made is still there")
	}
}

func TestAbandonKeepsStrangers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	f, err := Create(t.Context(), dir, newDump(1).outputs, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Copy(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "came later"), []byte("mine"))
	if err := f.Abandon(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 1 || got["came later"] != "mine" {
		t.Errorf("left over: %v", got)
	}
}

// Runs that begin at the same moment: one gets the folder, the others are told so.
func TestBusyAtOnce(t *testing.T) {
	total := 0
	for range 30 {
		d := newDump(1)
		dir := filepath.Join(t.TempDir(), "p")
		const runs = 4
		folders, errs := make([]*Folder, runs), make([]error, runs)
		start := make(chan struct{})
		var all sync.WaitGroup
		for i := range runs {
			all.Go(func() {
				<-start
				folders[i], errs[i] = Create(t.Context(), dir, d.outputs, nil, Options{})
			})
		}
		close(start)
		all.Wait()
		won := 0
		for i, f := range folders {
			if errs[i] == nil {
				won++
				defer f.Abandon()
				continue
			}
			refusal(t, errs[i], flash.ReasonBusy)
		}
		if won > 1 {
			t.Fatalf("%d of %d runs got the folder", won, runs)
		}
		total += won
	}
	if total == 0 {
		t.Error("nobody ever got the folder")
	}
}
