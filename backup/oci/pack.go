package oci

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// packer hashes groups and makes blobs from them. It needs memory for a few chunks, whatever the
// size of the image.
type packer struct {
	enc     *zstd.Encoder
	workers int
	bufs    sync.Pool // *[]byte of chunkSize

	mu    sync.Mutex
	zeros map[int]zeroChunk // by length
}

// zeroChunk is the packed form of a chunk of zeros.
type zeroChunk struct {
	sum   sum
	frame []byte
}

// zeros is a chunk of zeros.
var zeros [chunkSize]byte

// DefaultLevel is the default level of zstd(1).
const DefaultLevel = 3

func newPacker(level, workers int) (*packer, error) {
	if level == 0 {
		level = DefaultLevel
	}
	if workers <= 0 {
		workers = min(runtime.GOMAXPROCS(0), 8)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(level)),
		zstd.WithEncoderConcurrency(workers), zstd.WithWindowSize(chunkSize), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	p := &packer{enc: enc, workers: workers, zeros: map[int]zeroChunk{}}
	p.bufs.New = func() any { b := make([]byte, chunkSize); return &b }
	return p, nil
}

// zero returns the packed form of a chunk of n zeros.
func (p *packer) zero(n int) zeroChunk {
	p.mu.Lock()
	defer p.mu.Unlock()
	z, ok := p.zeros[n]
	if !ok {
		z = zeroChunk{sha256.Sum256(zeros[:n]), p.enc.EncodeAll(zeros[:n], nil)}
		if len(p.zeros) < 64 {
			p.zeros[n] = z
		}
	}
	return z
}

// read fills b from the image. If all of it is known to be zeros, it reads nothing and returns
// true.
func read(img flash.Image, b []byte, off int64) (zero bool, err error) {
	d, err := flash.NextData(img, off)
	if err == nil && (d.Length == 0 || d.Offset >= off+int64(len(b))) {
		return true, nil
	}
	if err := flash.ReadInto(img, b, off); err != nil {
		return false, err
	}
	return flash.IsZero(b), nil
}

// hash returns the sums of a group's chunks, and adds its bytes to the sum of the file. The
// chunks are hashed in parallel, because the file's own sum cannot use two cores.
func (p *packer) hash(ctx context.Context, img flash.Image, e flash.Extent, whole hash.Hash, done func(int64)) (sums []sum, zero bool, err error) {
	buf := p.bufs.Get().(*[]byte)
	defer p.bufs.Put(buf)
	sums, zero = make([]sum, chunks(e.Length)), true
	for i := range sums {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		off := e.Offset + int64(i)*chunkSize
		b := (*buf)[:min(chunkSize, e.End()-off)]
		empty, err := read(img, b, off)
		if err != nil {
			return nil, false, err
		}
		if empty {
			sums[i] = p.zero(len(b)).sum
			whole.Write(zeros[:len(b)])
		} else {
			zero = false
			var wg sync.WaitGroup
			wg.Go(func() { sums[i] = sha256.Sum256(b) })
			whole.Write(b)
			wg.Wait()
		}
		done(int64(len(b)))
	}
	return sums, zero, nil
}

// errChanged means that the source changed while it was read.
var errChanged = errors.New("the bytes changed while they were read")

// pack writes a group's blob into a file, with several chunks at a time. It checks the packed
// bytes against sums. With a lock, the blob is sealed before it is written.
func (p *packer) pack(ctx context.Context, img flash.Image, e flash.Extent, sums []sum, to *os.File, by *lock) (ocispec.Descriptor, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type frame struct {
		b   []byte
		err error
	}
	queue := make(chan chan frame, p.workers-1)
	go func() {
		defer close(queue)
		for i := range sums {
			c := make(chan frame, 1)
			select {
			case queue <- c:
			case <-ctx.Done():
				return
			}
			off := e.Offset + int64(i)*chunkSize
			go func() {
				b, err := p.frame(img, off, int(min(chunkSize, e.End()-off)), sums[i])
				c <- frame{b, err}
			}()
		}
	}()
	blob := &counted{to: to, sum: sha256.New()}
	mediaType, out := MediaTypeGroup, io.WriteCloser(blob)
	if by != nil {
		var err error
		if out, err = seal.Writer(blob, by.to); err != nil {
			return ocispec.Descriptor{}, err
		}
		mediaType += sealedType
	}
	for c := range queue {
		f := <-c
		if f.err != nil {
			return ocispec.Descriptor{}, f.err
		}
		if _, err := out.Write(f.b); err != nil {
			return ocispec.Descriptor{}, err
		}
	}
	if err := out.Close(); err != nil {
		return ocispec.Descriptor{}, err
	}
	return ocispec.Descriptor{MediaType: mediaType, Digest: digest.NewDigest(digest.SHA256, blob.sum), Size: blob.size}, ctx.Err()
}

// counted hashes and counts what is written to a file. Close leaves the file open.
type counted struct {
	to   *os.File
	sum  hash.Hash
	size int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.sum.Write(b[:n])
	c.size += int64(n)
	return n, err
}

func (c *counted) Close() error { return nil }

// frame makes the zstd frame of one chunk.
func (p *packer) frame(img flash.Image, off int64, n int, want sum) ([]byte, error) {
	buf := p.bufs.Get().(*[]byte)
	defer p.bufs.Put(buf)
	b := (*buf)[:n]
	zero, err := read(img, b, off)
	if err != nil {
		return nil, err
	}
	z := zeroChunk{}
	if zero {
		z = p.zero(n)
	} else {
		z.sum = sha256.Sum256(b)
		z.frame = p.enc.EncodeAll(b, make([]byte, 0, n/2))
	}
	if z.sum != want {
		return nil, fmt.Errorf("at 0x%x: %w", off, errChanged)
	}
	return z.frame, nil
}
