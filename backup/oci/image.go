package oci

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
	"oras.land/oras-go/v2/content"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// image is a file of a backup as an Image. It keeps one chunk, and one blob that is open at the
// end of this chunk: a reader from start to end fetches every blob once.
type image struct {
	ctx   context.Context
	store getter
	file  *indexFile
	keys  []seal.Key // keys of a sealed file

	mu    sync.Mutex
	chunk int64  // number of the chunk in buf; -1 for none
	buf   []byte // bytes of the chunk
	blob  *blob  // the open blob, nil for none
	whole wholeSum
}

// Size returns the length of the file in bytes.
func (m *image) Size() int64 { return m.file.Size }

// ReadAt implements io.ReaderAt.
func (m *image) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("oci: read at negative offset %d", off)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for n < len(p) && off < m.file.Size {
		b, err := m.load(off / chunkSize)
		if err != nil {
			return n, err
		}
		c := copy(p[n:], b[off%chunkSize:])
		n, off = n+c, off+int64(c)
	}
	if off >= m.file.Size {
		m.release()
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// place returns the group of a chunk of the file, and the chunk's index in it. Groups are whole
// chunks, except the last group of a file.
func (m *image) place(chunk int64) (group int, index int64) {
	for group = range m.file.Groups {
		n := int64(len(m.file.Groups[group].Chunks))
		if chunk < n {
			return group, chunk
		}
		chunk -= n
	}
	return group, chunk
}

// load returns the bytes of a chunk, proven by its sum. The last chunk of a file that was read
// completely is proven by the sum of the file, too.
func (m *image) load(chunk int64) ([]byte, error) {
	size := int(min(chunkSize, m.file.Size-chunk*chunkSize))
	group, i := m.place(chunk)
	g := &m.file.Groups[group]
	b, zero := zeros[:size], g.Chunks[i] == zeroSum(size)
	if !zero {
		if m.chunk != chunk {
			if err := m.fetch(chunk, group, i); err != nil {
				return nil, err
			}
		}
		b = m.buf
	}
	return b, m.count(chunk, b, zero)
}

// fetch reads a chunk, which is chunk i of a group, into the buffer.
func (m *image) fetch(chunk int64, group int, i int64) error {
	if m.buf == nil {
		m.buf = *chunkBuffers.Get().(*[]byte)
	}
	if m.blob == nil || m.blob.group != group || m.blob.next > i {
		m.close()
		b, err := m.open(group)
		if err != nil {
			return err
		}
		m.blob = b
	}
	m.chunk = -1
	g := &m.file.Groups[group]
	for m.blob.next <= i {
		at := m.blob.next
		m.buf = m.buf[:min(chunkSize, g.Size-at*chunkSize)]
		if err := m.next(chunk-i+at, g.Chunks[at]); err != nil {
			m.close()
			return fmt.Errorf("at 0x%x: blob %s: %w", (chunk-i+at)*chunkSize, g.Blob, err)
		}
	}
	if g.onlyZeros(m.blob.next) { // the rest is never read: prove it now
		err := m.blob.finish(g)
		m.close()
		if err != nil {
			return fmt.Errorf("blob %s: %w", g.Blob, err)
		}
	}
	m.chunk = chunk
	return nil
}

// next reads the next chunk of the blob. Meanwhile the chunk is added to the sum of the file, if
// it is its turn.
func (m *image) next(chunk int64, want sum) error {
	if chunk != m.whole.next {
		return m.blob.read(m.buf, want, nil)
	}
	err := m.blob.read(m.buf, want, func() { m.whole.write(m.ctx, m.buf) })
	if err != nil && m.whole.next > chunk {
		m.whole.dead = true
	}
	return err
}

// chunkBuffers are shared by all images, because a backup has many files and few are read at a
// time.
var chunkBuffers = sync.Pool{New: func() any { b := make([]byte, chunkSize); return &b }}

// release gives back the buffers of the image, after its end was read.
func (m *image) release() {
	m.close()
	if m.buf != nil {
		b := m.buf[:chunkSize]
		chunkBuffers.Put(&b)
		m.buf, m.chunk = nil, -1
	}
}

func (m *image) close() {
	if m.blob != nil {
		m.blob.close()
		m.blob = nil
	}
}

func (m *image) open(group int) (*blob, error) {
	d := m.file.Groups[group].descriptor()
	rc, err := m.store.get(m.ctx, d)
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", d.Digest, err)
	}
	b := &blob{group: group, body: rc, proof: content.NewVerifyReader(rc, d)}
	frames := io.Reader(b.proof)
	if m.file.Sealed {
		if frames, err = seal.Reader(b.proof, m.keys); err != nil {
			err = b.why(err)
			rc.Close()
			return nil, fmt.Errorf("blob %s: %w", d.Digest, err)
		}
	}
	// Limits the memory of the decoder to a few chunks, whatever a frame says.
	b.dec, err = zstd.NewReader(frames, zstd.WithDecoderMaxWindow(2*chunkSize), zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true))
	if err != nil {
		rc.Close()
		return nil, fmt.Errorf("blob %s: %w", d.Digest, err)
	}
	return b, nil
}

// verify reads all of the file, and also the blobs of zeros, which other reads skip.
func (m *image) verify(ctx context.Context, done func(int64)) error {
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.release()
	}()
	var at int64
	for i := range m.file.Groups {
		g := &m.file.Groups[i]
		for off := at; off < at+g.Size; off += chunkSize {
			if err := ctx.Err(); err != nil {
				return err
			}
			m.mu.Lock()
			_, err := m.load(off / chunkSize)
			m.mu.Unlock()
			if err != nil {
				return err
			}
			done(min(chunkSize, at+g.Size-off))
		}
		if at += g.Size; !g.onlyZeros(0) {
			continue
		}
		b, err := m.open(i)
		if err != nil {
			return err
		}
		err = b.finish(g)
		b.close()
		if err != nil {
			return fmt.Errorf("blob %s: %w", g.Blob, err)
		}
	}
	return m.Check()
}

// onlyZeros reports whether all chunks of a group from one on are zeros.
func (g *indexGroup) onlyZeros(from int64) bool {
	for i := from; i < int64(len(g.Chunks)); i++ {
		if g.Chunks[i] != zeroSum(int(min(chunkSize, g.Size-i*chunkSize))) {
			return false
		}
	}
	return true
}

// errOtherBytes means that content differs from the index.
var errOtherBytes = errors.New("its bytes differ from those that were pushed")

// blob is an open blob, read from its start.
type blob struct {
	group int
	next  int64 // index of the next chunk
	body  io.Closer
	proof *content.VerifyReader
	dec   *zstd.Decoder
}

func (b *blob) close() {
	b.dec.Close()
	b.body.Close()
}

// read reads the next chunk. While its sum is computed, it calls also, unless that is nil.
func (b *blob) read(p []byte, want sum, also func()) error {
	_, err := io.ReadFull(b.dec, p)
	if err == nil {
		var both sync.WaitGroup
		if also != nil {
			both.Go(also)
		}
		if sha256.Sum256(p) != want {
			err = errOtherBytes
		}
		both.Wait()
	}
	if err != nil {
		return b.why(err)
	}
	b.next++
	return nil
}

// finish reads the rest of the blob, which is all zeros, and proves the blob's digest and its end.
func (b *blob) finish(g *indexGroup) error {
	part := make([]byte, 64<<10)
	for left := g.Size - b.next*chunkSize; left > 0; {
		n, err := io.ReadFull(b.dec, part[:min(left, int64(len(part)))])
		if err == nil && !flash.IsZero(part[:n]) {
			err = errOtherBytes
		}
		if err != nil {
			return b.why(err)
		}
		left -= int64(n)
	}
	switch n, err := b.dec.Read(make([]byte, 1)); {
	case n != 0 || err == nil:
		return b.why(errors.New("contains more than its group"))
	case err != io.EOF:
		return b.why(err)
	}
	b.dec.Close()
	if err := b.proof.Verify(); err != nil {
		return b.why(err)
	}
	return nil
}

// why distinguishes a blob that differs from its digest from one that was wrong from the start.
// The decoder reads ahead on a goroutine of its own, which must end before another one reads the
// blob.
func (b *blob) why(err error) error {
	if b.dec != nil {
		b.dec.Close()
	}
	_, rerr := io.Copy(io.Discard, b.proof)
	if rerr == nil {
		rerr = b.proof.Verify()
	}
	if errors.Is(rerr, content.ErrMismatchedDigest) || errors.Is(rerr, content.ErrTrailingData) || errors.Is(rerr, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return err
}

// ErrDamaged means that a store returns other bytes for a blob than those that were pushed.
var ErrDamaged = errors.New("damaged: its bytes do not match its digest")

// zeroSums has the sums of chunks of zeros, by length.
var zeroSums sync.Map

func zeroSum(n int) sum {
	if s, ok := zeroSums.Load(n); ok {
		return s.(sum)
	}
	s := sum(sha256.Sum256(zeros[:n]))
	zeroSums.Store(n, s)
	return s
}

// NextData implements flash.DataFinder: chunks of zeros are recognised by their sums.
func (m *image) NextData(off int64) (flash.Extent, error) {
	size := m.file.Size
	isData := func(c int64) bool {
		g, i := m.place(c)
		return m.file.Groups[g].Chunks[i] != zeroSum(int(min(chunkSize, size-c*chunkSize)))
	}
	if off >= size {
		return flash.Extent{Offset: size}, nil
	}
	from, all := off/chunkSize, chunks(size)
	c := from
	for c < all && !isData(c) {
		c++
	}
	m.knowZeros(from, c)
	if c == all {
		return flash.Extent{Offset: size}, nil
	}
	start := max(off, c*chunkSize)
	for c < all && isData(c) {
		c++
	}
	return flash.Extent{Offset: start, Length: min(c*chunkSize, size) - start}, nil
}

// knowZeros counts chunks of zeros that a reader need not read, if they continue the sum.
func (m *image) knowZeros(from, to int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w := &m.whole; from <= w.next && w.next < to {
		w.skip(to, min(to*chunkSize, m.file.Size)-w.next*chunkSize)
	}
}

// NextSum returns the sum of the chunk that begins at off, so that package split can resume a
// pull that was killed.
func (m *image) NextSum(off int64) (int64, [sha256.Size]byte) {
	if off%chunkSize != 0 || off >= m.file.Size {
		return 0, sum{}
	}
	g, i := m.place(off / chunkSize)
	return min(chunkSize, m.file.Size-off), m.file.Groups[g].Chunks[i]
}
