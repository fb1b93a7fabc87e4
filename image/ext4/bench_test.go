package ext4

import (
	"testing"

	"github.com/mtkkit/mtkkit/image/files/filestest"
)

// Reading every file of a made system partition.
func BenchmarkReadTree(b *testing.B) {
	filestest.BenchmarkTree(b, open(b, make2fs(b, filestest.Folder(b), "64M", "-t", "ext4")))
}
