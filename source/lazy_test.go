package source

import (
	"archive/zip"
	"context"
	"errors"
	"os"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// The end of the context stops the unpacking of an image, and that is no damage of the package.
func TestUnpackingEnds(t *testing.T) {
	small := imgtest.Noise("small", 4<<10)
	path := write(t, "fw.zip", zipOf(t, zipped{"boot.img", zip.Deflate, make([]byte, 8<<20)}, zipped{"dtbo.img", zip.Deflate, small}, zipped{"lk.img", zip.Deflate, small}))
	ctx, end := context.WithCancel(context.Background())
	tmp := t.TempDir()
	s, err := Open(ctx, path, Options{TempDir: tmp})
	if err != nil {
		t.Fatal(err)
	}
	end()
	_, err = s.User().Image.ReadAt(make([]byte, 512), 4<<20)
	if !errors.Is(err, context.Canceled) || errors.Is(err, flash.ErrDamaged) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A folder for temporary files that is gone is no damage, either.
func TestUnpackingWithoutRoom(t *testing.T) {
	small := imgtest.Noise("small", 4<<10)
	path := write(t, "fw.zip", zipOf(t, zipped{"boot.img", zip.Deflate, make([]byte, 8<<20)}, zipped{"dtbo.img", zip.Deflate, small}, zipped{"lk.img", zip.Deflate, small}))
	s, err := Open(context.Background(), path, Options{TempDir: t.TempDir() + "/gone"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.User().Image.ReadAt(make([]byte, 512), 4<<20)
	if !errors.Is(err, os.ErrNotExist) || errors.Is(err, flash.ErrDamaged) {
		t.Error(err)
	}
}
