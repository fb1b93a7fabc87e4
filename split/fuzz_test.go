package split

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// Whatever a marker says, files that its run did not make stay: in the folder, and beside it. The
// marker is believed itself, because the fuzzer gives it the identity that it needs.
func FuzzMarker(f *testing.F) {
	for _, s := range []string{`{"files":["a","../victim"]}`, `{"files":["a"]}`, `{"files":["..","/","."]}`, `{"files":[".mtkkit-unfinished"]}`,
		`{"files":["mine","a"],"made":{"mine":"1 born 1"}}` + "\n" + `{"made":{"a":""}}` + "\n" + `{"commit":["mine","a"]}` + "\n" + `{"undone":true}`,
		`{"files":["mine"],"old":[{"name":"mine","size":4}],"commit":["manifest.json"]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		top := t.TempDir()
		dir := filepath.Join(top, "p")
		mkdir(t, dir)
		victim := write(t, filepath.Join(top, "victim"), nil)
		for _, n := range []string{"mine", "mine.part", flash.ManifestName} {
			write(t, filepath.Join(dir, n), []byte("mine"))
		}
		path := write(t, filepath.Join(dir, flash.MarkerName), b)
		if m := decodeMarker(b); m != nil {
			var err error
			m.Form, m.Run = markerForm, markerRun{ID: "x", PID: 1, Started: time.Unix(1, 0)}
			m.Self, err = disk.Identity(path)
			check(t, err)
			b, err = json.Marshal(m)
			check(t, err)
			write(t, path, b)
		}
		before := tree(t, dir)
		for _, force := range []bool{false, true} {
			if folder, err := Create(t.Context(), dir, []flash.Output{{Name: "a", Image: image(nil)}}, nil, Options{Force: force}); err == nil {
				t.Error("created over a file of the user")
				folder.Abandon()
			}
		}
		same(t, dir, before)
		if _, err := os.Stat(victim); err != nil {
			t.Error(err)
		}
	})
}
