package source

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// The names of pieces, as packages have them.
func TestChunkOf(t *testing.T) {
	for name, want := range map[string]string{
		"super.img_sparsechunk.0": "super 0", "super.img_sparsechunk.12": "super 12", "system.img_sparsechunk1": "system 1",
		"SUPER_sparsechunk.3": "super 3", "super.sparse.2.img": "super 2", "system-sparse-1.img": "system 1", "super.1.img": "super 1",
		"super.2.1f2e3d4c.img": "super 2", "system_b.img_sparsechunk.04": "system_b 4", "vendor.img_sparse.7": "vendor 7",
		"super.img": "", "boot2.img": "", "md1img.img": "", "sparse.img": "", "lk_1.img": "", "super.img.001": "", "super.99999.img": "",
	} {
		got := ""
		if stem, n, ok := chunkOf(name); ok {
			got = fmt.Sprint(stem, " ", n)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// chunks cuts an image of noise into n pieces of 20 blocks, named by pattern.
func chunks(n int, pattern string) (files map[string][]byte, whole []byte) {
	whole = imgtest.Noise("whole", n*20*4096)
	files = map[string][]byte{"boot.img": imgtest.Noise("boot", 8<<10), "dtbo.img": imgtest.Noise("dtbo", 4<<10)}
	for i := range n {
		files[fmt.Sprintf(pattern, i)] = sparsePiece(whole, i*20, i*20+20)
	}
	return files, whole
}

// All pieces are one image, whatever their number of digits is and however they are packed.
func TestChunks(t *testing.T) {
	for _, pattern := range []string{"super.img_sparsechunk.%d", "super.img_sparsechunk%d", "super.%d.img", "super.%d.0a1b2c3d.img"} {
		files, whole := chunks(12, pattern)
		for form, path := range map[string]string{
			"folder": writeAll(t, files),
			"zip":    write(t, "fw.zip", zipOfAll(t, "fw/", zip.Deflate, files)),
			"tar":    write(t, "fw.tar", tarOf(t, "", files)),
		} {
			s := open(t, path, Options{})
			if got := rows(s); !slices.Equal(got, []string{"boot", "dtbo", "super"}) || flash.Worst(s.Problems) > flash.Note {
				t.Fatalf("%s, %s: rows %v; %v", pattern, form, got, s.Problems)
			}
			if !bytes.Equal(row(t, s, "super"), whole) || unreadOf(s, "super") != 0 {
				t.Errorf("%s, %s: differs", pattern, form)
			}
		}
	}
}

// A missing piece is named, and its bytes are missing, not zeros.
func TestChunkMissing(t *testing.T) {
	for _, gone := range []int{0, 5} {
		files, whole := chunks(12, "super.img_sparsechunk.%d")
		delete(files, fmt.Sprintf("super.img_sparsechunk.%d", gone))
		s := open(t, writeAll(t, files), Options{})
		if !says(s.Problems, flash.Error, fmt.Sprintf("piece %d of its sparse image is not in the package", gone)) || unreadOf(s, "super") != 20*4096 {
			t.Errorf("%d: %d bytes unread; %v", gone, unreadOf(s, "super"), s.Problems)
		}
		if got := row(t, s, "super"); !bytes.Equal(got[6*20*4096:], whole[6*20*4096:]) {
			t.Errorf("%d: the other pieces differ", gone)
		}
	}
}

// Pieces that contradict each other are named, and make no image.
func TestChunksRefused(t *testing.T) {
	other := imgtest.Noise("other", 250*4096)
	for what, c := range map[string]struct {
		file string
		b    []byte
		want string
	}{
		"doubled":   {"super.img_sparsechunk.03", sparsePiece(imgtest.Noise("whole", 240*4096), 60, 80), "are both piece 3"},
		"same data": {"super.img_sparsechunk.12", sparsePiece(imgtest.Noise("whole", 240*4096), 50, 60), "has 40 KiB that another piece has, too"},
		"of another": {"super.img_sparsechunk.12", sparsePiece(other, 240, 250),
			"super.img_sparsechunk.12 is a piece of an image of 1000 KiB, super.img_sparsechunk.0 of one of 960 KiB"},
		"damaged": {"super.img_sparsechunk.12", []byte(sparseMagic + strings.Repeat("\xFF", 40)), "super.img_sparsechunk.12 cannot be read"},
	} {
		files, _ := chunks(12, "super.img_sparsechunk.%d")
		files[c.file] = c.b
		s := open(t, writeAll(t, files), Options{})
		if !says(s.Problems, flash.Error, c.want) || !slices.Equal(rows(s), []string{"boot", "dtbo"}) {
			t.Errorf("%s: rows %v; %v", what, rows(s), s.Problems)
		}
		delete(files, "boot.img") // then the pieces are all there is
		delete(files, "dtbo.img")
		_, err := Open(context.Background(), writeAll(t, files), Options{TempDir: t.TempDir()})
		if not, ok := errors.AsType[*UnreadableError](err); !ok || !strings.Contains(not.Text, c.want) {
			t.Errorf("%s alone: %v", what, err)
		}
	}
}
