package ext4

import (
	"bytes"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/files/filestest"
)

// Whatever the bytes say, every file ends: the walk is bounded by the inodes, each file
// by what is mapped.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"ext4", "ext2", "inline"} {
		f.Add(vector(f, name)[:48<<10])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fs, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		filestest.Exercise(t, &files.Tree{System: fs})
	})
}

func TestScrambled(t *testing.T) {
	filestest.Scramble(t, [][]byte{vector(t, "ext4"), vector(t, "ext2"), vector(t, "inline")},
		func(img flash.Image) (files.System, error) { return Read(img) })
}
