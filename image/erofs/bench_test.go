package erofs

import (
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/image/files/filestest"
)

// Reading every file of a made system partition, by how it is compressed.
func BenchmarkReadTree(b *testing.B) {
	for _, args := range []string{"plain", "-zlz4hc", "-zlz4hc -C65536", "-zlzma", "-zzstd"} {
		b.Run(args, func(b *testing.B) {
			image := makeEROFS(b, filestest.Folder(b), strings.Fields(strings.TrimPrefix(args, "plain"))...)
			filestest.BenchmarkTree(b, open(b, image))
		})
	}
}
