package image

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func unpacked(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readsAHole reads every file of a file system, and reports whether that met a hole.
func readsAHole(img flash.Image) bool {
	tree, err := Files(img)
	if err != nil {
		return true
	}
	met := false
	look := func(err error) { met = met || errors.Is(err, flash.ErrHole) }
	root, err := tree.Find("/")
	if err != nil {
		return errors.Is(err, flash.ErrHole)
	}
	err = tree.Walk("/", root, func(name string, node *files.Inode, err error) error {
		look(err)
		switch {
		case err != nil:
		case node.Mode&fs.ModeSymlink != 0:
			_, err = tree.Target(node)
			look(err)
		case node.Mode.IsRegular():
			content, err := tree.Content(node)
			look(err)
			if err == nil {
				_, err = io.Copy(io.Discard, io.NewSectionReader(content, 0, content.Size()))
				look(err)
			}
		}
		return nil
	})
	look(err)
	return met
}

// A hole of one block is needed exactly when reading all files meets it, wherever it is.
func TestFindHoleUse(t *testing.T) {
	for _, name := range []string{"ext4/testdata/ext4.img.gz", "ext4/testdata/ext2.img.gz"} {
		b := unpacked(t, name)
		needed, free := 0, 0
		const step = 4096
		for at := int64(step); at < int64(len(b)); at += step {
			img := flash.Known(bytes.NewReader(b), []flash.Extent{{Offset: at, Length: step}})
			lack := FindHoleUse(img)
			want := readsAHole(img)
			if !lack.Known || (lack.Needs != "") != want {
				t.Fatalf("%s, 0x%x: %+v, needed %t", name, at, lack, want)
			}
			if want {
				needed++
			} else {
				free++
			}
		}
		if needed == 0 || free == 0 {
			t.Errorf("%s: %d blocks are needed, %d free", name, needed, free)
		}
	}
	b := unpacked(t, "ext4/testdata/ext4.img.gz")
	for name, c := range map[string]struct {
		holes []flash.Extent
		want  HoleUse
	}{
		"none":      {nil, HoleUse{Known: true}},
		"all":       {[]flash.Extent{{Length: int64(len(b))}}, HoleUse{int64(len(b)), "all of it", true}},
		"the start": {[]flash.Extent{{Length: 4096}}, HoleUse{4096, "its first bytes", true}},
	} {
		if got := FindHoleUse(flash.Known(bytes.NewReader(b), c.holes)); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got := FindHoleUse(flash.Known(bytes.NewReader(make([]byte, 1<<20)), []flash.Extent{{Offset: 8192, Length: 4096}}))
	if text, severity := got.Tell(); got.Known || got.Needs != "" || got.Free() || severity != flash.Warning || !strings.Contains(text, "it is not known whether they are used") {
		t.Errorf("unknown content: %+v, %s", got, text)
	}
}

// A compressed file's bytes are held against the holes by reading them.
func TestFindHoleUseErofs(t *testing.T) {
	found, err := fs.Glob(os.DirFS("erofs/testdata"), "*.img.gz")
	if err != nil || len(found) == 0 {
		t.Fatalf("no images: %v", err)
	}
	for _, name := range found {
		b := unpacked(t, "erofs/testdata/"+name)
		for _, at := range []int64{4096, int64(len(b)) / 2 &^ 4095, int64(len(b)-1) &^ 4095} {
			img := flash.Known(bytes.NewReader(b), []flash.Extent{{Offset: at, Length: 4096}})
			if lack := FindHoleUse(img); !lack.Known || (lack.Needs != "") != readsAHole(img) {
				t.Errorf("%s, 0x%x: %+v", name, at, lack)
			}
		}
	}
}

// Don't care is a hole, zeros that a file tells are not; neither is lost by slices and joins.
func TestSparseHoles(t *testing.T) {
	const block = 4096
	whole := slices.Concat(imgtest.Noise("data", 6*block), make([]byte, 5*block), imgtest.Noise("more", block))
	v, err := NewSparseView(bytes.NewReader(whole), block, nil)
	if err != nil {
		t.Fatal(err)
	}
	pieces, err := v.Pieces(2*block + 200)
	if err != nil || len(pieces) < 2 {
		t.Fatalf("%d pieces, %v", len(pieces), err)
	}
	var read []*Sparse
	for _, p := range pieces {
		s, err := ReadSparse(p)
		if err != nil {
			t.Fatal(err)
		}
		if holes := flash.Holes(s); flash.Total(holes) != s.DontCare || s.DontCare == 0 {
			t.Errorf("holes %v, don't care 0x%x", holes, s.DontCare)
		}
		read = append(read, s)
	}
	first := flash.Holes(read[0])[0]
	slice := flash.Slice(read[0], flash.Extent{Offset: first.Offset - block, Length: 2 * block})
	if got := flash.Holes(slice); len(got) != 1 || got[0] != (flash.Extent{Offset: block, Length: block}) {
		t.Errorf("of a slice: %v", got)
	}
	if got := flash.Holes(flash.Join(bytes.NewReader(make([]byte, 100)), slice)); len(got) != 1 || got[0].Offset != block+100 {
		t.Errorf("of a join: %v", got)
	}
	if _, err := flash.ReadFull(flash.Strict(slice, "are not said"), block-2, 4); !errors.Is(err, flash.ErrHole) || !strings.Contains(err.Error(), "are not said") {
		t.Errorf("read: %v", err)
	}
	filled := flash.Filled(flash.Strict(slice, "x"))
	if got, err := flash.ReadFull(filled, 0, 2*block); err != nil || !bytes.Equal(got, append(whole[first.Offset-block:first.Offset], make([]byte, block)...)) {
		t.Errorf("filled: %v", err)
	}
	all, _, err := JoinSparse(read)
	if err != nil || len(flash.Holes(all)) != 0 {
		t.Errorf("joined: %v, %v", flash.Holes(all), err)
	}
	most, _, err := JoinSparse(read[:len(read)-1])
	if len(read) > 2 && (err != nil || len(flash.Holes(most)) == 0) {
		t.Errorf("one is missing: %v, %v", flash.Holes(most), err)
	}
}

// Of a super image, what its table gives to no logical partition is free.
func TestFindHoleUseSuper(t *testing.T) {
	phone := imgtest.SmallMT6893()
	img := phone.Image("super")
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		at, n int64
		needs string
		known bool
	}{
		"behind all partitions":   {int64(len(b)) - 8192, 8192, "", true},
		"the first table":         {0x3000, 4096, "", true}, // its backup says the same
		"all of its tables":       {0x3000, 0x100000 - 0x3000, "the table of its logical partitions", true},
		"a file system's tables":  {0x101000, 4096, " in system", true},
		"its geometry and before": {0, 8192, "its first bytes", true},
	} {
		l := FindHoleUse(flash.Known(bytes.NewReader(b), []flash.Extent{{Offset: c.at, Length: c.n}}))
		if l.Known != c.known || (c.needs == "") != (l.Needs == "") || !strings.HasSuffix(l.Needs, c.needs) {
			t.Errorf("%s: %+v", name, l)
		}
	}
}
