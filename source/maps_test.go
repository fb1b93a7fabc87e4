package source

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/flash"
)

// What a map has behind the end of the file is missing, whatever way leads to the map.
func TestMapBehindTheEnd(t *testing.T) {
	const more = 3 << 20
	size := mt6765.Device().Image(flash.EMMCUser).Size()
	behind := []flash.Extent{{Offset: size, Length: more}}
	rescueMap := mapfile.Make(size+more, []flash.Extent{{Length: size}}, nil).Encode()
	for name, c := range map[string]struct {
		rescueMap []byte
		path      func(t *testing.T, dir string) string // puts the map, and returns what is opened
		want      []flash.Extent
	}{
		"not tried":           {rescueMap, nil, behind},
		"bad":                 {mapfile.Make(size+more, []flash.Extent{{Length: size}}, behind).Encode(), nil, behind},
		"read and lost since": {mapfile.Make(size+more, []flash.Extent{{Length: size + more}}, nil).Encode(), nil, behind},
		"as long as the file": {mapfile.Make(size, []flash.Extent{{Length: size}}, nil).Encode(), nil, nil},
		"a folder": {rescueMap, func(t *testing.T, dir string) string {
			return dir
		}, behind},
		"a link": {rescueMap, func(t *testing.T, dir string) string {
			to := filepath.Join(t.TempDir(), "phone")
			linked(t, filepath.Join(dir, "ROM_1"), to)
			return to
		}, behind},
		"several files": {rescueMap, func(t *testing.T, dir string) string {
			return filepath.Join(dir, "ROM_1") + "," + filepath.Join(dir, "BOOT_1")
		}, behind},
		"packed since": {rescueMap, func(t *testing.T, dir string) string {
			return packed(t, filepath.Join(dir, "ROM_1"))
		}, behind},
		"numbered parts": {rescueMap, func(t *testing.T, dir string) string {
			return numberedParts(t, filepath.Join(dir, "ROM_1"))
		}, behind},
		"a folder of numbered parts": {rescueMap, func(t *testing.T, dir string) string {
			numberedParts(t, filepath.Join(dir, "ROM_1"))
			return dir
		}, behind},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := mt6765.WriteDump(dir); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "ROM_1")
			put(t, path+".map", c.rescueMap)
			if c.path != nil {
				path = c.path(t, dir)
			}
			s := openSet(t, path)
			if got := s.User(); got == nil || !slices.Equal(got.Beyond, c.want) || len(got.Unread) > 0 {
				t.Errorf("%+v, want %v behind the end", got, c.want)
			}
		})
	}
}

// packed compresses a file, and returns the new name.
func packed(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), os.Remove(path)); err != nil {
		t.Fatal(err)
	}
	put(t, path+".gz", out.Bytes())
	return path + ".gz"
}

// numberedParts cuts a file in two, and returns the name of the first.
func numberedParts(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, path+".001", b[:len(b)/2])
	put(t, path+".002", b[len(b)/2:])
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	return path + ".001"
}

// openSet opens one path, or several with commas between.
func openSet(t *testing.T, paths string) *Source {
	t.Helper()
	s, err := OpenSet(t.Context(), strings.Split(paths, ","), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// A map that says nothing of the size, or is none, is told of.
func TestMapThatSaysLittle(t *testing.T) {
	size := mt6765.Device().Image(flash.EMMCUser).Size()
	for name, c := range map[string]struct{ text, says string }{
		"empty":   {"", "ROM_1.map: cannot be read as a map"},
		"garbage": {"a picture", "ROM_1.map: cannot be read as a map"},
		"zeros":   {string(make([]byte, 100)), "ROM_1.map: cannot be read as a map"},
		"no size": {fmt.Sprintf("0x%x ? 1\n0 0x%x +\n0x%x 0x%x ?\n", size, size, size, math.MaxInt64-size), "does not say how much there is to read"},
	} {
		for _, whole := range []bool{false, true} {
			dir := userOnly(t)
			put(t, filepath.Join(dir, "ROM_1.map"), []byte(c.text))
			path := filepath.Join(dir, "ROM_1")
			if whole {
				path = dir
			}
			s := open(t, path, Options{})
			if got := s.User(); !says(s.Problems, flash.Warning, c.says) || len(got.Unread)+len(got.Beyond) > 0 {
				t.Errorf("%s: %v, %+v", name, s.Problems, got)
			}
		}
	}
}

// In a file of several regions, what lies behind its end is of the last.
func TestMapOfSeveralRegions(t *testing.T) {
	dir := t.TempDir()
	if err := mt6765.WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, name := range []string{"BOOT_1", "BOOT_2", "ROM_1"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	for _, in := range []string{"", "linear"} {
		at := t.TempDir()
		put(t, filepath.Join(at, "linear"), all)
		put(t, filepath.Join(at, "linear.map"), mapfile.Make(int64(len(all))+512, []flash.Extent{{Length: int64(len(all))}}, nil).Encode())
		s := open(t, filepath.Join(at, in), Options{})
		for _, p := range s.Parts {
			if want := p.Region.IsUser(); want != (flash.Total(p.Beyond) == 512) || !want && len(p.Beyond) > 0 || len(p.Unread) > 0 {
				t.Errorf("%s of %d: unread %v, beyond %v", p.Region, len(s.Parts), p.Unread, p.Beyond)
			}
		}
	}
}
