package split

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// Whatever a marker says, what stands beside the folder stays there.
func FuzzMarker(f *testing.F) {
	f.Add([]byte(`{"files":["a","../victim"]}`))
	f.Add([]byte(`{"files":["a"]}`))
	f.Add([]byte(`{"files":["..","/","."]}`))
	f.Add([]byte(`{"files":[".mtkkit-unfinished"]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		top := t.TempDir()
		dir := filepath.Join(top, "p")
		mkdir(t, dir)
		victim := write(t, filepath.Join(top, "victim"), nil)
		write(t, filepath.Join(dir, flash.MarkerName), b)
		if folder, err := Create(dir, []flash.Output{{Name: "a", Image: image(nil)}}, nil, Options{}); err == nil {
			if err := folder.Abandon(); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(victim); err != nil {
			t.Error(err)
		}
	})
}
