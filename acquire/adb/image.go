package adb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// image is a node of the phone as a flash.Image. Reading in order is fastest; a jump starts another
// command on the phone.
type image struct {
	ctx   context.Context // the Phone's: reads of an Image have no context
	shell *shell
	tool  string // the dd command
	node  string
	size  int64

	mu     sync.Mutex // one ReadAt at a time; guards all below
	stream *stream    // nil if none is running
	from   int64      // the offset where it began
	pos    int64      // the current offset
	window int64      // its length
}

// Size returns the node's size in bytes.
func (i *image) Size() int64 { return i.size }

// ReadAt implements io.ReaderAt. A *ReadError concerns only this range; other ranges can still be
// read. Other errors concern the connection; reading may continue when the phone is connected
// again.
//
// It reads ahead, in windows that grow while reading is sequential.
func (i *image) ReadAt(p []byte, off int64) (int, error) { return i.readAt(p, off, i.read) }

// ReadExactAt is like ReadAt but does not read ahead. Some phones disconnect or restart when a
// certain range of their flash is read, so a window that reaches this range would lose the phone.
// ReadExactAt reads only this range, in whole blocks of 512 bytes; no other window is running, and
// dd has ended when it returns. It cannot prevent the phone's kernel from reading ahead.
func (i *image) ReadExactAt(p []byte, off int64) (int, error) { return i.readAt(p, off, i.exact) }

// readAt calls read for the part of p that the node has.
func (i *image) readAt(p []byte, off int64, read func([]byte, int64) (int, error)) (int, error) {
	switch {
	case off < 0:
		return 0, fmt.Errorf("adb: %s: read at negative offset %d", i.node, off)
	case off >= i.size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	short := int64(len(p)) > i.size-off
	if short {
		p = p[:i.size-off]
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	n, err := read(p, off)
	if err == nil && short {
		err = io.EOF
	}
	return n, err
}

// exact fills p with a separate command.
func (i *image) exact(p []byte, off int64) (int, error) {
	i.drop()
	i.window = 0
	begin := off / finest * finest
	end := min((off+int64(len(p))+finest-1)/finest*finest, i.size)
	st, err := i.shell.openStream(i.ctx, i.tool, i.node, flash.Extent{Offset: begin, Length: end - begin})
	if err != nil {
		return 0, fmt.Errorf("adb: %s at 0x%x: %w", i.node, off, err)
	}
	defer st.close()
	b := make([]byte, end-begin)
	n, err := st.read(b)
	if err == nil {
		err = st.finish()
	}
	came := copy(p, b[min(off-begin, int64(n)):n])
	if err != nil {
		return came, i.explain(begin, begin+int64(n), err)
	}
	return came, nil
}

// read fills p from off, with as many windows as necessary.
func (i *image) read(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		if i.stream == nil || at < i.pos || at-i.pos > largest { // reading a short distance forward is faster than a new command
			if err := i.start(at, int64(len(p)-n)); err != nil {
				return n, fmt.Errorf("adb: %s at 0x%x: %w", i.node, at, err)
			}
		}
		to := p[n:]
		if i.pos < at {
			to = make([]byte, at-i.pos)
		}
		m, err := i.stream.read(to)
		if i.pos += int64(m); i.pos > at {
			n = int(i.pos - off)
		}
		switch {
		case err == nil:
		case err == io.EOF: // the window has ended
			i.drop()
		default:
			i.drop()
			i.window = 0
			return n, i.explain(i.from, i.pos, err)
		}
	}
	return n, nil
}

// finest is the smallest block size of dd, bytes.
const finest = 512

// start begins the window that contains at. It is larger when reading is sequential. Windows
// consist of whole blocks, and of large blocks if possible.
func (i *image) start(at, want int64) error {
	length := int64(firstWindow)
	if i.pos == at && i.window > 0 {
		length = min(4*i.window, lastWindow)
	}
	begin := at / finest * finest
	length = max(length, (at-begin+want+finest-1)/finest*finest)
	if length > largest && begin%largest == 0 {
		length = (length + largest - 1) / largest * largest
	}
	i.drop()
	e := flash.Extent{Offset: begin, Length: min(length, i.size-begin)}
	st, err := i.shell.openStream(i.ctx, i.tool, i.node, e)
	if err != nil {
		return err
	}
	i.stream, i.from, i.pos, i.window = st, begin, begin, e.Length
	return nil
}

// drop ends the running window.
func (i *image) drop() {
	if i.stream != nil {
		i.stream.close()
		i.stream = nil
	}
}

// explain makes an error from the early end of a range: of the range or of the connection. The
// bytes before at have arrived.
func (i *image) explain(from, at int64, err error) error {
	if errors.Is(err, ErrMangled) {
		return &MangledError{Node: i.node, Extent: flash.Extent{Offset: from, Length: at - from}, Err: err}
	}
	if errors.Is(err, errFailed) || err == io.ErrUnexpectedEOF {
		return &ReadError{Node: i.node, Offset: at, Text: i.reason(at)}
	}
	return fmt.Errorf("adb: %s at 0x%x: %w", i.node, at, err)
}

// reason runs dd again to get its error message, which reads discard.
func (i *image) reason(at int64) string {
	out, err := i.shell.marked(i.ctx, fmt.Sprintf("%s if=%s of=/dev/null bs=%d skip=%d count=1 2>&1", i.tool, i.node, finest, at/finest))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, ":") && !strings.Contains(line, "records") && !strings.HasPrefix(line, linkerWarns) {
			return firstLine(line)
		}
	}
	return ""
}

// close ends the running window; later reads start another one.
func (i *image) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.drop()
}
