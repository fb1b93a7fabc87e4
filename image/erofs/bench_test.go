package erofs

import (
	"os"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/image/files/filestest"
)

// Reading every file of a made system partition, by how it is compressed, or of the image
// that MTKKIT_BENCH_IMAGE names.
func BenchmarkReadTree(b *testing.B) {
	if image := os.Getenv("MTKKIT_BENCH_IMAGE"); image != "" {
		filestest.BenchmarkTree(b, open(b, image))
		return
	}
	for _, args := range []string{"plain", "-zlz4hc", "-zlz4hc -C65536", "-zlzma", "-zzstd"} {
		b.Run(args, func(b *testing.B) {
			image := makeEROFS(b, filestest.Folder(b), strings.Fields(strings.TrimPrefix(args, "plain"))...)
			filestest.BenchmarkTree(b, open(b, image))
		})
	}
}
