package source

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/image/stream"
	"github.com/mtkkit/mtkkit/scatter"
)

// A package has images of some GB, of which a command often needs one. So they are unpacked when
// they are read, and not when the package is opened. What recognises an image reads its head.
const keptHead = 64 << 10 // bytes of an image that are kept in memory

// openFunc returns a file of a package from its start.
type openFunc func() (io.ReadCloser, error)

// lazy is an image that is unpacked into a temporary file when bytes behind its head are read.
type lazy struct {
	name string
	size int64
	head []byte
	open openFunc
	s    *Source
	ctx  context.Context // of the opening of the Source; its end stops the unpacking

	once  sync.Once
	whole flash.Image
	err   error
	done  atomic.Bool // whole is there
}

// UnpackError reports a compressed image of a package that cannot be unpacked. The other images can be
// used.
type UnpackError struct {
	File string
	Err  error
}

func (e *UnpackError) Error() string { return "source: unpacking " + e.File + ": " + e.Err.Error() }

// Is reports that the error is damage of the package.
func (e *UnpackError) Is(target error) bool { return target == flash.ErrDamaged }

// Unwrap returns the reason.
func (e *UnpackError) Unwrap() error { return e.Err }

// Size returns the size of the unpacked image in bytes.
func (l *lazy) Size() int64 { return l.size }

// ReadAt implements io.ReaderAt.
func (l *lazy) ReadAt(b []byte, off int64) (int, error) {
	if off >= 0 && off+int64(len(b)) <= int64(len(l.head)) {
		return copy(b, l.head[off:]), nil
	}
	if err := l.unpack(); err != nil {
		return 0, err
	}
	return l.whole.ReadAt(b, off)
}

// NextData implements flash.DataFinder.
func (l *lazy) NextData(off int64) (flash.Extent, error) {
	if err := l.unpack(); err != nil {
		return flash.Extent{Offset: l.size}, err
	}
	return flash.NextData(l.whole, off)
}

// Holes implements flash.HoleFinder: what a sparse file leaves out is known as soon as it is
// unpacked, thus after the first call of NextData.
func (l *lazy) Holes(e flash.Extent) []flash.Extent {
	if !l.done.Load() {
		return nil
	}
	if f, ok := l.whole.(flash.HoleFinder); ok {
		return f.Holes(e)
	}
	return nil
}

func (l *lazy) unpack() error {
	l.once.Do(func() {
		l.whole, l.err = l.spool(l.ctx)
		l.done.Store(l.err == nil)
		var changed *disk.ChangedError
		switch {
		case l.err == nil:
		case errors.As(l.err, new(*streamError)) && !errors.As(l.err, &changed):
			l.err = &UnpackError{l.name, l.err}
		default: // the user ended it, the disk is full
			l.err = fmt.Errorf("source: unpacking %s: %w", l.name, l.err)
		}
	})
	return l.err
}

func (l *lazy) spool(ctx context.Context) (flash.Image, error) {
	r, err := l.open()
	if err != nil {
		return nil, &streamError{err}
	}
	defer r.Close()
	t, err := newTemporary(l.s.opt.TempDir)
	if err != nil {
		return nil, err
	}
	n, err := copySparse(ctx, t.f, io.LimitReader(r, l.size+1), maxUnpacked, func(done int64) {
		l.s.opt.progress(flash.Event{Op: "unpack", Name: l.name, Done: done})
	})
	if err == nil {
		err = t.f.Truncate(n)
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	t.state = disk.Sized(n)
	l.s.later.add(t)
	switch {
	case n > l.size:
		return nil, &streamError{fmt.Errorf("it has more than the %d bytes that its header states", l.size)}
	case n < l.size:
		return nil, &streamError{fmt.Errorf("it has %d bytes, and its header states %d", n, l.size)}
	}
	return t, nil
}

// tellLater says how much will be unpacked when it is needed.
func (s *Source) tellLater(name string) {
	if p := s.packedImages; p.size >= worthAWord {
		s.problem(flash.Note, name, "%d of its images are compressed: each is unpacked into a temporary file in %s when it is needed, %s in all",
			p.files, cmp.Or(s.opt.TempDir, os.TempDir()), flash.Size(p.size))
	}
}

// closers are files that were opened after the Source was.
type closers struct {
	mu   sync.Mutex
	list []io.Closer
}

func (c *closers) add(f io.Closer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, f)
}

func (c *closers) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, f := range c.list {
		errs = append(errs, f.Close())
	}
	c.list = nil
	return errors.Join(errs...)
}

// unpackLater returns the image in a compressed file. Size is that of what open returns, -1 if it
// is unknown. It returns nil if the size of the image cannot be known without unpacking it.
func (s *Source) unpackLater(ctx context.Context, name string, size int64, open openFunc) (flash.Image, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head, err := readHead(r)
	if err != nil {
		return nil, &streamError{err}
	}
	if stream.Sniff(head) && packedName.MatchString(name) { // compressed and then packed
		outer := open
		open = func() (io.ReadCloser, error) { return unpacking(outer) }
		if size = contentSize(head); size < 0 {
			return nil, nil
		}
		inner, err := open()
		if err != nil {
			return nil, err
		}
		defer inner.Close()
		if head, err = readHead(inner); err != nil {
			return nil, err
		}
	}
	if size < 0 || bytes.HasPrefix(head, []byte(sparseMagic)) { // which ranges a sparse image leaves out, only all of it says
		return nil, nil
	}
	if size > maxUnpacked {
		return nil, &UnreadableError{name, fmt.Sprintf("unpacks to more than %s, and no phone has that much", flash.Size(maxUnpacked))}
	}
	l := &lazy{name: name, size: size, head: head, open: open, s: s, ctx: ctx}
	l.head = l.head[:min(int64(len(l.head)), l.size)]
	s.packedImages.files++
	s.packedImages.size += size
	return l, nil
}

// isPartition reports whether a compressed file of an archive is a single partition, by its name and its
// first bytes. So it need not be unpacked to learn that it is no whole dump.
func isPartition(m *member) bool {
	name := partitionOf(m.name)
	if m.stream == nil || !imageName.MatchString(m.name) || !scatter.Known(name) || regionNamed(m.name, flash.EMMC) != "" {
		return false
	}
	r, err := m.stream()
	if err != nil {
		return false // opening it says why
	}
	defer r.Close()
	head, err := readHead(r)
	const mbr = 510 // of its signature
	if err != nil {
		return true // it is damaged; what is made of its first bytes would be another image
	}
	return len(head) > mbr+2 && string(head[mbr:mbr+2]) != "\x55\xAA" && !gpt.Sniff(bytes.NewReader(head)) && !stream.Sniff(head)
}

func readHead(r io.Reader) ([]byte, error) {
	head := make([]byte, keptHead)
	n, err := io.ReadFull(r, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:n], err
}

// unpacking opens a compressed file, and its content.
func unpacking(open openFunc) (io.ReadCloser, error) {
	outer, err := open()
	if err != nil {
		return nil, err
	}
	in, err := stream.Open(bufio.NewReader(outer))
	if err != nil {
		return nil, errors.Join(err, outer.Close())
	}
	return &nested{in, outer}, nil
}

// nested closes a stream and the file below it.
type nested struct {
	io.ReadCloser
	outer io.Closer
}

func (n *nested) Close() error { return errors.Join(n.ReadCloser.Close(), n.outer.Close()) }

// contentSize returns the size of the content of a compressed file, as its header has it, in
// bytes; -1 if the header does not say.
func contentSize(head []byte) int64 {
	var h zstd.Header
	switch {
	case bytes.HasPrefix(head, []byte(stream.LZ4)) && len(head) >= 14 && head[4]&0x08 != 0: // lz4_Frame_format.md: C.Size
		return int64(min(binary.LittleEndian.Uint64(head[6:]), maxUnpacked))
	case bytes.HasPrefix(head, []byte(stream.Zstd)) && h.Decode(head) == nil && h.HasFCS:
		return int64(min(h.FrameContentSize, maxUnpacked))
	}
	return -1
}
