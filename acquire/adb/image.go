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

// image is a node of the phone as a flash.Image. Reading is fastest in order; a jump
// starts another command on the phone.
type image struct {
	ctx   context.Context // of the Phone: an Image's reads have none of their own
	shell *shell
	tool  string // the dd that is used
	node  string
	size  int64

	mu     sync.Mutex // one ReadAt at a time; guards all below
	stream *stream    // nil when none is under way
	from   int64      // where it began
	pos    int64      // where it stands
	window int64      // how long it was
}

// Size returns the node's size in bytes.
func (i *image) Size() int64 { return i.size }

// ReadAt implements io.ReaderAt. A *ReadError is about the range: reading elsewhere goes
// on. Others are of the line, and reading may go on when the phone is there again.
//
// It reads ahead: the phone is asked for windows that grow while reading goes straight on.
func (i *image) ReadAt(p []byte, off int64) (int, error) { return i.readAt(p, off, i.read) }

// ReadExactAt is ReadAt for ranges near which reading ahead does harm. Some phones leave the
// bus, or start anew, when one place of their flash is read: then a window that holds the
// range costs all that is behind it, and one that merely runs on into it costs the phone.
// The phone is asked for this range, in whole blocks of 512 bytes, and for nothing around
// it; no window is under way before it or behind it, and dd has ended when it returns. What
// the phone's own kernel reads ahead is out of reach.
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

// exact fills p by a command of its own.
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

// read fills p from off on, in as many windows as it takes.
func (i *image) read(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		if i.stream == nil || at < i.pos || at-i.pos > largest { // a short way forward is sooner read than asked for
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
		case err == io.EOF: // the window is through
			i.drop()
		default:
			i.drop()
			i.window = 0
			return n, i.explain(i.from, i.pos, err)
		}
	}
	return n, nil
}

// finest is the smallest block dd is asked for.
const finest = 512

// start begins the window that holds at: a larger one when reading goes straight on.
// Windows are made of whole blocks, and of large ones where they can be.
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

// drop ends the window under way.
func (i *image) drop() {
	if i.stream != nil {
		i.stream.close()
		i.stream = nil
	}
}

// explain turns the early end of a range, of which came what is before at, into an error of
// the range or of the line.
func (i *image) explain(from, at int64, err error) error {
	if errors.Is(err, ErrMangled) {
		return &MangledError{Node: i.node, Extent: flash.Extent{Offset: from, Length: at - from}, Err: err}
	}
	if errors.Is(err, errFailed) || err == io.ErrUnexpectedEOF {
		return &ReadError{Node: i.node, Offset: at, Text: i.reason(at)}
	}
	return fmt.Errorf("adb: %s at 0x%x: %w", i.node, at, err)
}

// reason asks dd for its own words: its errors are kept out of the data.
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

// close ends the window under way; later reads start anew.
func (i *image) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.drop()
}
