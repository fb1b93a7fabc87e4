package source

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// sparsePiece says the blocks from..to of an image, and nothing of all others.
func sparsePiece(whole []byte, from, to int) []byte {
	const block = 4096
	n := len(whole) / block
	type chunk struct {
		kind   uint16
		blocks int
		data   []byte
	}
	var chunks []chunk
	for _, c := range []chunk{{0xCAC3, from, nil}, {0xCAC1, to - from, whole[from*block : to*block]}, {0xCAC3, n - to, nil}} {
		if c.blocks > 0 {
			chunks = append(chunks, c)
		}
	}
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xED26FF3A)
	for _, v := range []uint16{1, 0, 28, 12} {
		b = le.AppendUint16(b, v)
	}
	for _, v := range []uint32{block, uint32(n), uint32(len(chunks)), 0} {
		b = le.AppendUint32(b, v)
	}
	for _, c := range chunks {
		b = le.AppendUint32(b, uint32(c.kind))
		b = le.AppendUint32(le.AppendUint32(b, uint32(c.blocks)), uint32(12+len(c.data)))
		b = append(b, c.data...)
	}
	return b
}

func putFile(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// Pieces are one image, whatever way they come: by name in any order, as a folder, as an
// archive, with numbers of two digits.
func TestPieces(t *testing.T) {
	whole := imgtest.Noise("whole", 100*4096)
	cuts := []int{0, 30, 70, 100}
	for _, pattern := range []string{"super.img_sparsechunk.%d", "super.sparse.%d.img", "super_%d.img", "super.img.%02d"} {
		dir := t.TempDir()
		var paths []string
		var archive bytes.Buffer
		z := zip.NewWriter(&archive)
		for i := range 3 {
			b := sparsePiece(whole, cuts[i], cuts[i+1])
			name := fmt.Sprintf(pattern, i)
			paths = append([]string{putFile(t, dir, name, b)}, paths...)
			w, err := z.Create("fw/" + name)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(b)
		}
		z.Close()
		packed := putFile(t, t.TempDir(), "firmware.zip", archive.Bytes())
		for way, open := range map[string]func() (*Source, error){
			"by name": func() (*Source, error) { return OpenPieces(context.Background(), paths, Options{}) },
			"folder":  func() (*Source, error) { return Open(context.Background(), dir, Options{}) },
			"zip":     func() (*Source, error) { return Open(context.Background(), packed, Options{}) },
			"set":     func() (*Source, error) { return OpenSet(context.Background(), paths, Options{}) },
		} {
			s, err := open()
			if err != nil {
				t.Errorf("%s, %s: %v", pattern, way, err)
				continue
			}
			got, err := flash.ReadFull(s.User().Image, 0, len(whole))
			if err != nil || !bytes.Equal(got, whole) || len(s.User().Unread) > 0 || flash.Worst(s.Problems) > flash.Note {
				t.Errorf("%s, %s: %v, unread %v, %v", pattern, way, err, s.User().Unread, s.Problems)
			}
			s.Close()
		}
	}
}

// What a sparse file does not say is missing, whether it is one piece of several or not.
func TestOnePieceOfSeveral(t *testing.T) {
	whole := imgtest.Noise("whole", 100*4096)
	for name, c := range map[string]struct {
		file   string
		from   int
		to     int
		beside []int // another file's blocks
		want   string
	}{
		"the first, by name":         {"super.img_sparsechunk.0", 0, 30, nil, "by its name"},
		"of our own making, by name": {"system.sparse.1.img", 0, 30, nil, "by its name"},
		"a later one":                {"x.img", 30, 60, nil, "and not the first"},
		"the first, by the next":     {"super_1.img", 0, 30, []int{30, 100}, "beside it: super_2.img"},
		"whole, with free blocks":    {"system.img", 0, 30, nil, ""},
		"whole, another beside it":   {"super_1.img", 0, 30, []int{0, 40}, ""},
		"whole":                      {"super.img_sparsechunk.0", 0, 100, nil, ""},
	} {
		dir := t.TempDir()
		path := putFile(t, dir, c.file, sparsePiece(whole, c.from, c.to))
		if c.beside != nil {
			putFile(t, dir, "super_2.img", sparsePiece(whole, c.beside[0], c.beside[1]))
		}
		if got := PieceOf(path); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		s, err := Open(context.Background(), path, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if missing := flash.Total(s.User().Unread); missing != int64(100-c.to+c.from)*4096 {
			t.Errorf("%s: 0x%x bytes are missing", name, missing)
		}
		if (flash.Worst(s.Problems) == flash.Warning) != (c.want != "") {
			t.Errorf("%s: %v", name, s.Problems)
		}
		s.Close()
	}
	// Some pieces of several, without the first.
	dir := t.TempDir()
	a, b := putFile(t, dir, "p.1", sparsePiece(whole, 30, 60)), putFile(t, dir, "p.2", sparsePiece(whole, 60, 100))
	s, err := OpenPieces(context.Background(), []string{a, b}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := flash.Total(s.User().Unread); got != 30*4096 || flash.Worst(s.Problems) != flash.Warning {
		t.Errorf("0x%x bytes are missing, %v", got, s.Problems)
	}
	// A gap in the numbers.
	first := putFile(t, dir, "p.0", sparsePiece(whole, 0, 30))
	gap, err := OpenPieces(context.Background(), []string{b, first}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer gap.Close()
	if got := flash.Total(gap.User().Unread); got != 30*4096 || !strings.Contains(fmt.Sprint(gap.Problems), "piece 1 of the sparse image was not given") {
		t.Errorf("0x%x bytes are missing, %v", got, gap.Problems)
	}
	// What is no piece is refused, and so is one file given twice.
	other := putFile(t, dir, "other", whole)
	for _, paths := range [][]string{{a, other}, {a, a}} {
		if s, err := OpenPieces(context.Background(), paths, Options{}); err == nil {
			s.Close()
			t.Errorf("%v are opened", paths)
		}
	}
}
