package flash_test

import (
	"bytes"
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
		sums, err := flash.DecodeSums(bytes.NewReader(b))
		if err != nil {
			return
		}
		var files []flash.ManifestFile
		for name, sum := range sums.Of {
			files = append(files, flash.ManifestFile{Name: name, SHA256: sum})
		}
		again, err := flash.DecodeSums(bytes.NewReader(flash.EncodeSums(files)))
		if err != nil || len(again.Strange) > 0 || len(again.Of) != len(sums.Of) {
			t.Fatalf("%q gives %v, and that %v (%v)", b, sums, again, err)
		}
		for name, sum := range sums.Of {
			if again.Of[name] != sum {
				t.Fatalf("%q: %q, then %q", name, sum, again.Of[name])
			}
		}
	})
}
