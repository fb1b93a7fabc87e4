package split

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func FuzzSums(f *testing.F) {
	one := strings.Repeat("0a", 32)
	for _, s := range []string{one + "  boot.img\n", one + " *a b\n", "\\" + one + "  a\\nb\\\\c\\r\n", "", "hello", one + " x", one + "\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		sums, _, err := decodeSums(bytes.NewReader(b))
		if err != nil {
			return
		}
		var files []flash.ManifestFile
		for name, sum := range sums {
			files = append(files, flash.ManifestFile{Name: name, SHA256: sum})
		}
		again, strange, err := decodeSums(bytes.NewReader(flash.EncodeSums(files)))
		if err != nil || len(strange) > 0 || len(again) != len(sums) {
			t.Fatalf("%q gives %v, and that %v (%v, %v)", b, sums, again, strange, err)
		}
		for name, sum := range sums {
			if again[name] != sum {
				t.Fatalf("%q: %q, then %q", name, sum, again[name])
			}
		}
	})
}

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
		if folder, err := Create(t.Context(), dir, []flash.Output{{Name: "a", Image: image(nil)}}, nil, Options{}); err == nil {
			if err := folder.Abandon(); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(victim); err != nil {
			t.Error(err)
		}
	})
}
