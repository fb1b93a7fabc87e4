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
		f.Add(filestest.Vector(f, name)[:48<<10])
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
	filestest.Scramble(t, [][]byte{filestest.Vector(t, "ext4"), filestest.Vector(t, "ext2"), filestest.Vector(t, "inline")},
		func(img flash.Image) (files.System, error) { return Read(img) })
}
