package adb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// Sizes of reading, bytes. The first window is large enough for a table. Windows grow while reading
// is sequential, until the time to start a command does not matter.
const (
	firstWindow = 64 << 10
	lastWindow  = 256 << 20
	blockSize   = 256 << 10
	blocks      = 16      // read ahead
	largest     = 1 << 20 // largest block size of dd
)

// stream is a range of a node that is being received.
type stream struct {
	shell *shell
	conn  *conn
	node  string
	marks [3]string     // go as it arrives; ok and no as they are printed
	quiet time.Duration // the longest time without bytes

	// Only for the receiver.
	begun bool
	clean returns
	head  []byte // bytes before the first mark
	held  []byte // bytes after the first mark that are not yet passed on; the last mark may be among them
	left  int64  // bytes of the range that are not yet passed on

	filled chan block
	quit   chan struct{}
	data   []byte // rest of the block that is being read
}

// block is received data, or (without data) how the range ended.
type block struct {
	data []byte
	err  error
}

// errFailed is the end of a range that dd could not read completely.
var errFailed = errors.New("dd failed")

// openStream starts reading e of a node. Offset and length must be multiples of 512.
func (s *shell) openStream(ctx context.Context, tool, node string, e flash.Extent) (*stream, error) {
	bs, tag := blockOf(e), newTag()
	st := &stream{shell: s, node: node, left: e.Length, quiet: s.silence, clean: returns{n: s.returns},
		marks:  [3]string{tag + "-go" + s.feed(), tag + "-ok\n", tag + "-no\n"},
		filled: make(chan block, blocks), quit: make(chan struct{})}
	command := fmt.Sprintf("echo %s-go; %s if=%s bs=%d skip=%d count=%d 2>/dev/null && echo %s-ok || echo %s-no",
		tag, tool, node, bs, e.Offset/bs, e.Length/bs, tag, tag)
	c, err := s.open(ctx, s.root(command), s.answer)
	if err != nil {
		return nil, err
	}
	st.conn = c
	go st.receive(ctx)
	return st, nil
}

// blockOf returns the largest block size that divides e: dd is slow with small blocks.
func blockOf(e flash.Extent) int64 {
	bs := int64(largest)
	for bs > 1 && (e.Offset%bs != 0 || e.Length%bs != 0) {
		bs /= 2
	}
	return bs
}

// receive receives the range until it ends or the stream is closed.
func (st *stream) receive(ctx context.Context) {
	defer close(st.filled)
	raw := make([]byte, blockSize)
	for {
		n, err := 0, st.conn.SetDeadline(time.Now().Add(st.quiet))
		if err == nil {
			n, err = st.conn.Read(raw)
		}
		end := st.take(raw[:n])
		switch {
		case end != nil:
		case err == io.EOF:
			end = st.cut(cutOff(string(st.head)))
		case err != nil:
			end = cause(ctx, lost(err))
		}
		if end != nil {
			st.give(block{err: end})
			return
		}
	}
}

// take handles received bytes; its error is how the range ended. Bytes that may belong to the last
// line, or to noise after it, are held back.
func (st *stream) take(raw []byte) error {
	if !st.begun {
		st.head = append(st.head, raw...)
		_, rest, found := bytes.Cut(st.head, []byte(st.marks[0]))
		switch {
		case !found && len(st.head) > maxNoise:
			return fmt.Errorf("adb: %w: the phone prints %.80q instead of %s", ErrMangled, st.head, st.node)
		case !found:
			return nil
		}
		st.begun, st.head, raw = true, nil, rest
	}
	var bad error
	st.held, bad = st.clean.strip(st.held, raw)
	size := len(st.marks[1])
	if int64(len(st.held)-size) >= st.left { // the whole range and its last line have arrived
		return st.cut(fmt.Errorf("adb: %w: %s returns more bytes than requested", ErrMangled, st.node))
	}
	if bad != nil { // the change may be in the noise
		return st.cut(bad)
	}
	if n := len(st.held) - size - maxNoise; n > 0 {
		rest := append(make([]byte, 0, blockSize+size+maxNoise), st.held[n:]...)
		if !st.give(st.next(n)) {
			return errUnwanted
		}
		st.held = rest
	}
	return nil
}

// next returns the next n bytes of the range.
func (st *stream) next(n int) block {
	st.left -= int64(n)
	return block{data: st.held[:n:n]}
}

// cut ends the range at its last mark; bytes after the mark are noise. Without a mark the range
// ends with the error otherwise, and the held bytes are discarded.
func (st *stream) cut(otherwise error) error {
	ok, no := []byte(st.marks[1]), []byte(st.marks[2])
	at, end := bytes.LastIndex(st.held, ok), io.ErrUnexpectedEOF // dd succeeded with fewer bytes: the node ends here
	if i := bytes.LastIndex(st.held, no); i > at {
		at, end = i, errFailed
	}
	if int64(len(st.held)-len(ok)) >= st.left && bytes.HasPrefix(st.held[st.left:], ok) { // the mark is at the expected offset
		at, end = int(st.left), io.EOF
	}
	if at < 0 || int64(at) > st.left {
		return otherwise
	}
	if at > 0 && !st.give(st.next(at)) {
		return errUnwanted
	}
	return end
}

// errUnwanted is the end of a range that is not read any more.
var errUnwanted = errors.New("adb: not read any more")

// give passes a block on. It returns false if the stream was closed.
func (st *stream) give(b block) bool {
	select {
	case st.filled <- b:
		return true
	case <-st.quit:
		return false
	}
}

// read fills p as far as the range goes. The error is how the range ended.
func (st *stream) read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(st.data) == 0 {
			b, ok := <-st.filled
			if !ok {
				return n, ErrLost
			}
			if b.err != nil {
				return n, b.err
			}
			st.data = b.data
		}
		m := copy(p[n:], st.data)
		n, st.data = n+m, st.data[m:]
	}
	return n, nil
}

// finish waits for the last line of a range whose bytes were all read.
func (st *stream) finish() error {
	b, ok := <-st.filled
	switch {
	case !ok:
		return ErrLost
	case b.err == io.EOF:
		return nil
	case b.err == nil:
		return fmt.Errorf("adb: %w: %s returns more bytes than requested", ErrMangled, st.node)
	}
	return b.err
}

// close ends the command: adbd stops it when its stream is closed.
func (st *stream) close() {
	close(st.quit)
	st.conn.Close()
}
