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

// mover copies an image into a file in the cheapest way that is possible: shared blocks, a copy
// by the kernel, or a pass through its own buffers.
type mover struct {
	ctx     context.Context
	src     flash.Image
	dst     outFile
	at      int64 // offset of the image in dst
	dense   bool  // write zeros instead of holes
	sum     *sum  // nil: not hashed
	beside  bool  // hash on another goroutine
	look    bool  // find out zero even if nothing is hashed
	early   bool  // see pass
	noClone *atomic.Bool
	buf     []byte
	meter   *task

	written int64
	zero    bool // all bytes are zeros; also false if this was not checked
	shared  bool
}

// prepare sets the full size of the file before anything is written: ranges that are not written
// become holes, and growing a file by appending takes twice the time.
func (m *mover) prepare(size int64) error {
	if f, ok := m.dst.(*os.File); ok && !m.dense {
		_ = disk.AllowHoles(f) // without holes the file is correct, but larger
	}
	return m.dst.Truncate(size)
}

// run copies all of the image, and checks at the end that it has not changed.
func (m *mover) run() error {
	if err := m.move(); err != nil {
		return err
	}
	return flash.Check(m.src)
}

func (m *mover) move() error {
	from, ok := m.fileBeneath()
	ok = ok && (m.sum != nil || !m.look) // the kernel does not show what it copies
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

// read hashes the image and writes nothing.
func (m *mover) read() error {
	if err := m.pass(nil); err != nil {
		return err
	}
	return flash.Check(m.src)
}

// pass hashes the image and, unless dst is nil, writes it.
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

// filed is an Image that is a whole file.
type filed interface{ File() *os.File }

// fileRange is a range of an open file.
type fileRange struct {
	file *os.File
	flash.Extent
}

// fileBeneath returns the file range that contains the image's bytes, if there is one.
func (m *mover) fileBeneath() (fileRange, bool) {
	root, e := flash.Root(m.src)
	if h, ok := root.(filed); ok && h.File() != nil && e.Length > 0 {
		return fileRange{h.File(), e}, true
	}
	return fileRange{}, false
}

// clone makes dst share the blocks of the source. Such a file has the holes of its source and no
// others.
func (m *mover) clone(from fileRange) bool {
	dst, ok := m.dst.(*os.File)
	if !ok || m.noClone.Load() {
		return false
	}
	whole := from.Length / grain * grain // the file system only shares whole blocks
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

// kernelChunk is the number of bytes that the kernel copies before ctx is checked again.
const kernelChunk = 4 << 20

// kernelCopy lets the kernel copy, holes included. It returns false if the kernel cannot; then
// nothing was changed.
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

// isUnsupported reports whether err means that the kernel cannot do this for these two files.
func isUnsupported(err error) bool {
	for _, e := range []error{errors.ErrUnsupported, syscall.EXDEV, syscall.EINVAL, syscall.ENOSYS, syscall.EPERM, syscall.EBADF} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
