package transfer

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

const good = "4\n3\n0\n0\nerase 2,6,8\nnew 4,0,2,4,5\nzero 2,2,4\n"

func read(t *testing.T, list string) *List {
	t.Helper()
	l, err := Read(strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestImage(t *testing.T) {
	data := imgtest.Noise("system", 3*block)
	want := slices.Concat(data[:2*block], make([]byte, 2*block), data[2*block:], make([]byte, 3*block))
	for _, list := range []string{good, strings.ReplaceAll(good, "\n", "\r\n"), "1\n3\nnew 2,0,2\nnew 2,4,5\nzero 2,2,4\nerase 2,6,8\n"} {
		l := read(t, list)
		img, ps := l.Image(bytes.NewReader(data), "system")
		if len(ps) > 0 || l.Size != 8*block || l.Data != 3*block {
			t.Fatalf("%q: %+v, %v", list, l, ps)
		}
		flashtest.TestImage(t, img, want)
		if h := flash.Holes(img); !slices.Equal(h, []flash.Extent{{Offset: 5 * block, Length: 3 * block}}) {
			t.Errorf("%q: holes %v", list, h)
		}
	}
}

// Data go where the list says, in whatever order it names the blocks.
func TestOrder(t *testing.T) {
	data := imgtest.Noise("vendor", 2*block)
	img, ps := read(t, "2\n2\n0\n0\nnew 2,1,2\nnew 2,0,1\n").Image(bytes.NewReader(data), "vendor")
	got, err := flash.ReadFull(img, 0, 2*block)
	if err != nil || len(ps) > 0 || !bytes.Equal(got, slices.Concat(data[block:], data[:block])) {
		t.Errorf("%v, %v", err, ps)
	}
}

func TestDamage(t *testing.T) {
	l := read(t, good)
	img, ps := l.Image(bytes.NewReader(make([]byte, block+100)), "system")
	if len(ps) != 1 || !strings.Contains(ps[0].Text, "its data end after 4.1 KiB of 12 KiB") || ps[0].Severity != flash.Error {
		t.Errorf("cut: %v", ps)
	}
	if h := flash.Holes(img); h[0] != (flash.Extent{Offset: block + 100, Length: block - 100}) {
		t.Errorf("cut: holes %v", h)
	}
	if _, ps = l.Image(bytes.NewReader(make([]byte, 9*block)), "system"); len(ps) != 1 || ps[0].Severity != flash.Warning {
		t.Errorf("too long: %v", ps)
	}
	img, ps = read(t, "1\n2\nnew 2,0,2\nnew 2,1,2\n").Image(bytes.NewReader(make([]byte, 3*block)), "system")
	if len(ps) != 1 || !strings.Contains(ps[0].Text, "twice") || img.Size() != 2*block {
		t.Errorf("twice: %v", ps)
	}
}

// Blocks that are both zeros and data, in any order, have no certain content.
func TestZerosAndData(t *testing.T) {
	for list, both := range map[string]bool{
		"1\n2\nnew 2,0,2\nzero 2,1,3\n": true, "1\n2\nzero 2,0,9\nnew 2,2,4\n": true, "1\n2\nnew 2,0,2\nzero 2,2,3\n": false,
	} {
		l := read(t, list)
		_, ps := l.Image(bytes.NewReader(make([]byte, l.Data)), "system")
		if said := len(ps) == 1 && ps[0].Severity == flash.Error && strings.Contains(ps[0].Text, "both as zeros and as data"); said != both {
			t.Errorf("%q: %v", list, ps)
		}
	}
}

func TestBadLists(t *testing.T) {
	for list, want := range map[string]string{
		"5\n1\nnew 2,0,1\n":              "not a list",
		"ANDROID!":                       "not a list",
		"1\n1\nnew 2,5,3\n":              "a range from block 5 to 3",
		"1\n1\nnew 2,3,3\n":              "a range from block 3 to 3",
		"1\n1\nnew 2,-1,3\n":             "a range from block -1 to 3",
		"1\n1\nnew 2,0,99999999999999\n": "a range from block 0 to 99999999999999",
		"1\n1\nnew 4,0,1\n":              "the count is not that",
		"1\n1\nnew 3,0,1,2\n":            "the count is not that",
		"1\n1\nnew 0\n":                  "the count is not that",
		"1\n1\nnew x\n":                  "the count is not that",
		"1\n1\n" + strings.Repeat("new 2,0,68719476736\n", 40000): "more data than any phone has",
		"1\n1\nnew 2,0,1\nformat 2,0,1":                           "not a command",
	} {
		_, err := Read(strings.NewReader(list))
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, ErrIncremental) {
			t.Errorf("%q: %v", list, err)
		}
	}
}

func TestIncremental(t *testing.T) {
	for _, c := range []string{"stash abc 2,0,1", "move abc 2,0,1 1 2,3,4", "bsdiff 0 1 a b 2,0,1 1 2,3,4", "imgdiff 0 1", "free abc", "compute_hash_tree 2,0,1"} {
		if _, err := Read(strings.NewReader("4\n1\n0\n0\nnew 2,0,1\n" + c + "\n")); !errors.Is(err, ErrIncremental) {
			t.Errorf("%s: %v", c, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(good), []byte("data"))
	f.Add([]byte("1\n1\nnew 2,0,1\nmove"), []byte{})
	f.Fuzz(func(t *testing.T, list, data []byte) {
		l, err := Read(bytes.NewReader(list))
		if err != nil {
			return
		}
		img, _ := l.Image(bytes.NewReader(data), "x")
		if img.Size() != l.Size || l.Size < 0 {
			t.Fatalf("%d bytes, %d", l.Size, img.Size())
		}
		for _, h := range flash.Holes(img) {
			if h.Offset < 0 || h.End() > l.Size {
				t.Fatalf("hole %v of %d bytes", h, l.Size)
			}
		}
		if n := min(l.Size, 3*block); n > 0 {
			if _, err := flash.ReadFull(img, l.Size-n, int(n)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
