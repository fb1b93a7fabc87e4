package split

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// The benchmarks move 256 MiB in three files from the page cache to the test's
// folder. TMPDIR chooses the file system. b.SetBytes counts the size of the image,
// holes included. NoSync, as the disk would be measured otherwise.

func BenchmarkCopy(b *testing.B) {
	const size = 256 << 20
	for _, c := range []struct {
		name string
		fill func() []byte
		opt  Options
	}{
		{"dense/hash", func() []byte { return noise(1, size) }, Options{}},
		{"dense/nohash", func() []byte { return noise(1, size) }, Options{NoHash: true}},
		{"dense/noholes", func() []byte { return noise(1, size) }, Options{NoHash: true, NoHoles: true}},
		{"half/hash", func() []byte { return patchwork(1, size) }, Options{}},
		{"half/nohash", func() []byte { return patchwork(1, size) }, Options{NoHash: true}},
		{"zeros/hash", func() []byte { return make([]byte, size) }, Options{}},
		{"zeros/nohash", func() []byte { return make([]byte, size) }, Options{NoHash: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "ROM_1")
			if err := os.WriteFile(path, c.fill(), 0o666); err != nil {
				b.Fatal(err)
			}
			c.opt.NoSync = true
			benchSplit(b, path, size, c.opt)
		})
	}
	b.Run("sparse64g/nohash", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "ROM_1")
		if err := os.WriteFile(path, noise(1, 8<<20), 0o666); err != nil {
			b.Fatal(err)
		}
		if err := os.Truncate(path, 64<<30); err != nil {
			b.Skip(err)
		}
		benchSplit(b, path, 64<<30, Options{NoHash: true, NoSync: true})
	})
}

func benchSplit(b *testing.B, path string, size int64, opt Options) {
	p, err := openPart(filepath.Split(path))
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	var outputs []flash.Output
	for i, cut := range []flash.Extent{{Offset: 0, Length: size / 2}, {Offset: size / 2, Length: size / 4}, {Offset: size / 4 * 3, Length: size / 4}} {
		outputs = append(outputs, flash.Output{Name: fmt.Sprint(i, ".img"), Image: flash.Slice(p, cut)})
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		f, err := Create(b.Context(), filepath.Join(filepath.Dir(path), "p"), outputs, nil, opt)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Copy(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := f.Abandon(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBlock is the pass alone, without a file system: what a block costs, and
// that it allocates nothing.
func BenchmarkBlock(b *testing.B) {
	for name, data := range map[string][]byte{"data": noise(1, 8<<20), "half": patchwork(1, 8<<20), "zeros": make([]byte, 8<<20)} {
		for _, hashed := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/hash=%v", name, hashed), func(b *testing.B) {
				m := mover{ctx: b.Context(), src: image(data), dst: nowhere{}, buf: make([]byte, blockSize)}
				if hashed {
					m.sum = newSum(nil)
				}
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					if err := m.pass(m.dst); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// nowhere is a file that forgets.
type nowhere struct{}

func (nowhere) WriteAt(p []byte, _ int64) (int, error) { return io.Discard.Write(p) }
func (nowhere) Truncate(int64) error                   { return nil }
func (nowhere) Sync() error                            { return nil }
func (nowhere) Close() error                           { return nil }
