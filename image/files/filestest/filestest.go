// Package filestest compares a file system in an image with the folder on the disk that
// it was made from. It is for tests only:
//
//	dir := filestest.Folder(t)          // every kind of file, made for the test
//	mke2fs -d dir image
//	filestest.Compare(t, tree, dir)     // names, modes, links, devices, all bytes, holes
//
// It also runs the test suites for images and for io/fs.
package filestest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/image/files"
)

// Vector unpacks an image of the package's testdata.
func Vector(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open("testdata/" + name + ".img.gz")
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

// Folder makes a folder with every kind of file that is difficult for a reader, always
// with the same content.
func Folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, b []byte) {
		t.Helper()
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("build.prop", []byte("ro.build.display.id=demo\n"))
	put("empty", nil)
	for _, n := range []int{1, 59, 60, 61, 150, 1023, 1024, 1025, 4095, 4096, 4097, 8192, 65537} {
		put(fmt.Sprintf("sizes/%d", n), text(n))
	}
	put("random", noise(70_000))
	put("text", text(1_200_000))
	put("mixed", slices.Concat(text(50_000), noise(20_000), make([]byte, 60_000), text(7_777), noise(3)))
	put("zeros", make([]byte, 300_000))
	put(strings.Repeat("deep/", 60)+"leaf", []byte("leaf"))
	put(strings.Repeat("n", 254), []byte("long name")) // mkfs.erofs 1.5 does not accept 255
	put("ünï©ode ☎", []byte("name"))
	for i := range 600 {
		put(fmt.Sprintf("many/a file with quite a long name, number %d", i), []byte(fmt.Sprint(i)))
	}
	sparse(t, filepath.Join(dir, "sparse"))
	links(t, dir)
	for name, mode := range map[string]fs.FileMode{"build.prop": 0o600, "empty": 0o4755 | fs.ModeSetuid, "sizes": 0o750, "many": 0o1777 | fs.ModeSticky} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sparse makes a file of 9 MB with data only at both ends and in the middle.
func sparse(t testing.TB, name string) {
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, at := range []int64{0, 5_000_000, 5_008_192, 8_999_999} {
		if _, err := f.WriteAt([]byte("X"), at); err != nil {
			t.Fatal(err)
		}
	}
}

func links(t testing.TB, dir string) {
	for name, target := range map[string]string{
		"link": "build.prop", "absolute": "/sizes/60", "to-directory": "sizes", "chain": "link", "up": "../../build.prop",
		"l59": strings.Repeat("x", 59), "l60": strings.Repeat("x", 60), "long": strings.Repeat("y/", 400) + "z",
		"self": "self", "ping": "pong", "pong": "ping", "dangling": "nowhere/at/all",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// text returns n bytes that can be compressed.
func text(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d of a file that compresses well enough\n", i*i)
	}
	return b.Bytes()[:n]
}

// noise returns n bytes that cannot be compressed.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

// Compare reports every difference between a tree and the folder it was made from.
func Compare(t testing.TB, tree *files.Tree, dir string) {
	t.Helper()
	seen := map[string]bool{}
	root, err := tree.Find("/")
	if err != nil {
		t.Fatal(err)
	}
	err = tree.Walk("/", root, func(name string, node *files.Inode, err error) error {
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return nil
		}
		if name == "/lost+found" { // made by mke2fs
			return nil
		}
		seen[name] = true
		if err := compareFile(tree, node, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		if at := filepath.Join("/", filepath.ToSlash(rel)); !seen[at] {
			t.Errorf("%s was not listed", at)
		}
		return err
	})
	for _, p := range tree.Problems() {
		if p.Severity > flash.Note {
			t.Errorf("a sound file system has a problem: %v", p)
		}
	}
}

func compareFile(tree *files.Tree, node *files.Inode, name string) error {
	want, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if node.Mode != want.Mode() {
		return fmt.Errorf("mode %v, want %v", node.Mode, want.Mode())
	}
	switch {
	case node.Mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(name)
		if got, err2 := tree.Target(node); err != nil || err2 != nil || got != target {
			return fmt.Errorf("leads to %q, want %q (%v)", got, target, err2)
		}
	case node.Mode.IsRegular():
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return compareBytes(tree, node, b)
	}
	return nil
}

func compareBytes(tree *files.Tree, node *files.Inode, want []byte) error {
	img, err := tree.Content(node)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(io.NewSectionReader(img, 0, img.Size()))
	switch {
	case err != nil:
		return err
	case int64(len(want)) != node.Size:
		return fmt.Errorf("size %d, want %d", node.Size, len(want))
	case !bytes.Equal(got, want):
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		return fmt.Errorf("byte 0x%x of %d differs", at, len(want))
	}
	return nil
}

// Images runs the test suite for images on some files of a tree.
func Images(t *testing.T, tree *files.Tree, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		img, err := tree.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { flashtest.TestImage(t, img, want) })
	}
}

// Plain removes the mode bits that tools lose when they extract files.
func Plain(t testing.TB, dir string) {
	t.Helper()
	for _, name := range []string{"empty", "many"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// maxVisits limits an exercise: a walk over hostile bytes may visit each inode many
// times.
const maxVisits = 500

var errEnough = errors.New("enough")

// Exercise reads everything in a tree, as the target of a fuzzer. It fails only on a
// panic, a hang, or an image that breaks its own rules.
func Exercise(t testing.TB, tree *files.Tree) {
	root, err := tree.Find("/")
	if err != nil {
		return
	}
	visits := 0
	tree.Walk("/", root, func(name string, node *files.Inode, err error) error {
		if visits++; visits > maxVisits {
			return errEnough
		}
		if node == nil {
			return nil
		}
		if target, err := tree.Target(node); err == nil {
			if target == "" {
				t.Errorf("%s is a link to nowhere", name)
			}
			tree.Find(name)
		}
		if img, err := tree.Content(node); err == nil {
			exerciseImage(t, name, node, img)
		}
		return nil
	})
	for _, p := range tree.Problems() {
		if p.Text == "" || p.Place == "" {
			t.Errorf("a problem without text or place: %+v", p)
		}
	}
}

// exerciseImage reads both ends and the first data of a file.
func exerciseImage(t testing.TB, name string, node *files.Inode, img flash.Image) {
	if img.Size() != node.Size {
		t.Errorf("%s has %d bytes, but its inode has %d", name, img.Size(), node.Size)
	}
	b := make([]byte, 10_000)
	for _, off := range []int64{0, node.Size/2 - 1, node.Size - 5000} {
		n, err := img.ReadAt(b, max(off, 0))
		if n < len(b) && err == nil {
			t.Errorf("%s: %d of %d bytes at 0x%x without an error", name, n, len(b), off)
		}
	}
	for off, n := int64(0), 0; off < node.Size && n < 100; n++ {
		d, err := flash.NextData(img, off)
		if err != nil {
			return
		}
		if d.Offset < off || d.End() > node.Size || d.Length == 0 && d.Offset != node.Size {
			t.Errorf("%s: data at %v after 0x%x of 0x%x", name, d, off, node.Size)
			return
		}
		off = d.End()
	}
}

// Scramble exercises many copies of sound images with some changed bytes. More of them
// are near the start, where the fields are that limit the rest.
func Scramble(t testing.TB, images [][]byte, open func(flash.Image) (files.System, error)) {
	t.Helper()
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 1))
		b := bytes.Clone(images[r.IntN(len(images))])
		for range 1 + r.IntN(20) {
			at := r.IntN(len(b))
			if r.IntN(2) == 0 {
				at = r.IntN(len(b)/4) &^ 3
			}
			b[at] = byte(r.Uint32())
		}
		if sys, err := open(bytes.NewReader(b)); err == nil {
			Exercise(t, &files.Tree{System: sys})
		}
	}
}

// BenchmarkTree reads every file of a tree.
func BenchmarkTree(b *testing.B, tree *files.Tree) {
	root, err := tree.Find("/")
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 1<<20)
	for b.Loop() {
		total := int64(0)
		err := tree.Walk("/", root, func(name string, node *files.Inode, err error) error {
			if err != nil || !node.Mode.IsRegular() {
				return err
			}
			img, err := tree.Content(node)
			if err != nil {
				return err
			}
			n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{io.NewSectionReader(img, 0, img.Size())}, buf)
			total += n
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(total)
	}
}
