package ext4

import (
	"os"
	"testing"

	"github.com/mtkkit/mtkkit/image/files/filestest"
)

// Reading every file of a made system partition, or of the image that MTKKIT_BENCH_IMAGE
// names.
func BenchmarkReadTree(b *testing.B) {
	if image := os.Getenv("MTKKIT_BENCH_IMAGE"); image != "" {
		filestest.BenchmarkTree(b, open(b, image))
		return
	}
	filestest.BenchmarkTree(b, open(b, make2fs(b, filestest.Folder(b), "64M", "-t", "ext4")))
}
