package split

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// mover brings an image into a file, by the cheapest way that there is: shared
// blocks, a copy by the kernel, or a pass through our own buffers.
type mover struct {
	ctx     context.Context
	src     flash.Image
	dst     outFile
	at      int64 // where in dst the image begins
	dense   bool  // zeros are written, not left as holes
	sum     *sum  // nil: not hashed
	beside  bool  // hash on another goroutine
	look    bool  // zero must be told, hashed or not
	early   bool  // see pass
	noClone *atomic.Bool
	buf     []byte
	meter   *task

	written int64
	zero    bool // holds zeros only; false too when nobody looked
	shared  bool
}

// prepare gives the file its full size before anything is written: what is not
// written is a hole then, and growing a file by appending costs twice the time.
func (m *mover) prepare(size int64) error {
	if f, ok := m.dst.(*os.File); ok && !m.dense {
		_ = disk.AllowHoles(f) // without holes the file is right too, but larger
	}
	return m.dst.Truncate(size)
}

// run moves all of the image, which must be to the end what it was.
func (m *mover) run() error {
	if err := m.move(); err != nil {
		return err
	}
	return flash.Check(m.src)
}

func (m *mover) move() error {
	from, ok := m.fileBeneath()
	ok = ok && (m.sum != nil || !m.look) // the kernel does not say what it copies
	if ok && m.clone(from) {
		m.shared = true
		return m.pass(nil)
	}
	if ok && m.dense && m.sum == nil {
		done, err := m.kernelCopy(from)
		if done || err != nil {
			return err
		}
	}
	return m.pass(m.dst)
}

// read goes through the image and only hashes.
func (m *mover) read() error {
	if err := m.pass(nil); err != nil {
		return err
	}
	return flash.Check(m.src)
}

// pass goes through the image, hashing and, unless dst is nil, writing it.
func (m *mover) pass(dst outFile) error {
	if dst == nil && m.sum == nil {
		return nil
	}
	p := pass{ctx: m.ctx, src: m.src, dst: dst, at: m.at, dense: m.dense, early: m.early}
	if m.sum == nil {
		p.meter = m.meter
	}
	var err error
	if m.beside {
		b := newBeside(m.ctx, m.sum)
		p.sink = b
		err = p.run()
		if cerr := b.close(); err == nil {
			err = cerr
		}
	} else {
		p.sink = &inline{m.ctx, m.buf, m.sum}
		err = p.run()
	}
	m.written, m.zero = p.written, !p.data
	return err
}

// filed is an Image that is a file from its first byte to its last.
type filed interface{ File() *os.File }

// fileRange is a range of an open file.
type fileRange struct {
	file *os.File
	flash.Extent
}

// fileBeneath finds the file whose bytes the image is, when it is one.
func (m *mover) fileBeneath() (fileRange, bool) {
	root, e := flash.Root(m.src)
	if h, ok := root.(filed); ok && h.File() != nil && e.Length > 0 {
		return fileRange{h.File(), e}, true
	}
	return fileRange{}, false
}

// clone makes dst share the blocks of the source. A file that shares keeps the holes
// of its source, and gets no others.
func (m *mover) clone(from fileRange) bool {
	dst, ok := m.dst.(*os.File)
	if !ok || m.noClone.Load() {
		return false
	}
	whole := from.Length / grain * grain // the file system shares whole blocks
	if whole == 0 || from.Offset%grain != 0 || m.at%grain != 0 {
		return false
	}
	if m.dense {
		if d, err := nextData(m.src, 0); err != nil || d.Length != m.src.Size() {
			return false
		}
	}
	if err := cloneRange(dst, m.at, from.file, from.Offset, whole); err != nil {
		if isUnsupported(err) {
			m.noClone.Store(true)
		}
		return false
	}
	tail := m.buf[:from.Length-whole]
	return len(tail) == 0 || flash.ReadInto(m.src, tail, whole) == nil && writeFull(dst, tail, m.at+whole) == nil
}

// kernelChunk is how much the kernel copies between two looks at the context, bytes.
const kernelChunk = 4 << 20

// kernelCopy lets the kernel copy, holes included. It reports false, with nothing
// lost, when the kernel cannot.
func (m *mover) kernelCopy(from fileRange) (done bool, err error) {
	dst, ok := m.dst.(*os.File)
	if !ok {
		return false, nil
	}
	for off := int64(0); off < from.Length; {
		if err := m.ctx.Err(); err != nil {
			return false, err
		}
		n, err := copyRange(dst, m.at+off, from.file, from.Offset+off, int(min(from.Length-off, kernelChunk)))
		switch {
		case err != nil && isUnsupported(err):
			m.meter.add(-off)
			return false, nil
		case err != nil:
			return false, os.NewSyscallError("copy_file_range", err)
		case n == 0:
			return false, io.ErrUnexpectedEOF
		}
		m.meter.add(int64(n))
		if m.early && off/earlyStep != (off+int64(n))/earlyStep {
			startSync(dst)
		}
		off += int64(n)
		m.written = off
	}
	return true, nil
}

// isUnsupported knows the errors by which a kernel says that it does not do this for
// these two files.
func isUnsupported(err error) bool {
	for _, e := range []error{errors.ErrUnsupported, syscall.EXDEV, syscall.EINVAL, syscall.ENOSYS, syscall.EPERM, syscall.EBADF} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
