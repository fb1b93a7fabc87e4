package adb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// Sizes of reading, bytes. The first window is what a table needs; they grow while
// reading goes straight on, up to one that makes the start of a command not count.
const (
	firstWindow = 64 << 10
	lastWindow  = 256 << 20
	blockSize   = 256 << 10
	blocks      = 16      // read ahead
	largest     = 1 << 20 // block of dd
)

// serial makes each command's last line its own, so that no data can be taken for it.
var serial atomic.Uint64

// stream is a range of a node on its way.
type stream struct {
	shell *shell
	conn  *conn
	node  string
	last  [2]string     // the lines that say that dd was content, and that it was not
	left  int64         // bytes of the range not yet seen
	quiet time.Duration // that long nothing may come

	filled chan block
	quit   chan struct{}
	data   []byte // of the block being taken
}

// block is data that came, or (no data) how it ended.
type block struct {
	data []byte
	err  error
}

// errFailed is the end of a range of which dd did not give all.
var errFailed = errors.New("dd failed")

// openStream starts reading e of a node. Its ends are multiples of 512.
func (s *shell) openStream(ctx context.Context, tool, node string, e flash.Extent) (*stream, error) {
	bs := blockOf(e)
	tag := fmt.Sprintf("mtkkit-%d", serial.Add(1))
	st := &stream{shell: s, node: node, left: e.Length, quiet: s.silence, last: [2]string{tag + "-ok\n", tag + "-no\n"},
		filled: make(chan block, blocks), quit: make(chan struct{})}
	command := fmt.Sprintf("%s if=%s bs=%d skip=%d count=%d 2>/dev/null && echo %s-ok || echo %s-no",
		tool, node, bs, e.Offset/bs, e.Length/bs, tag, tag)
	c, err := s.open(ctx, s.root(command), s.answer)
	if err != nil {
		return nil, err
	}
	st.conn = c
	go st.receive(ctx)
	return st, nil
}

// blockOf is the largest block that e is made of: dd is slow with small ones.
func blockOf(e flash.Extent) int64 {
	bs := int64(largest)
	for bs > 1 && (e.Offset%bs != 0 || e.Length%bs != 0) {
		bs /= 2
	}
	return bs
}

// receive takes in the range and its last line. What may be part of that line is held
// back until the phone has said all.
func (st *stream) receive(ctx context.Context) {
	defer close(st.filled)
	var (
		clean = returns{n: st.shell.returns}
		raw   = make([]byte, blockSize)
		held  []byte
		size  = len(st.last[0])
	)
	for {
		st.conn.SetDeadline(time.Now().Add(st.quiet))
		n, err := st.conn.Read(raw)
		var bad error
		if held, bad = clean.strip(held, raw[:n]); bad != nil {
			st.give(block{err: bad})
			return
		}
		if extra := int64(len(held)-size) - st.left; extra > 0 {
			st.give(block{err: fmt.Errorf("adb: %w: %s gives more than was asked for", ErrMangled, st.node)})
			return
		}
		if n := len(held) - size; n > 0 {
			st.left -= int64(n)
			if !st.give(block{data: held[:n:n]}) {
				return
			}
			held = append(make([]byte, 0, blockSize+size), held[n:]...)
		}
		if err == io.EOF {
			st.give(block{err: st.verdict(held)})
			return
		}
		if err != nil {
			st.give(block{err: cause(ctx, lost(err))})
			return
		}
	}
}

// verdict reads the last line.
func (st *stream) verdict(line []byte) error {
	switch {
	case string(line) == st.last[0] && st.left == 0:
		return io.EOF
	case string(line) == st.last[0]:
		return io.ErrUnexpectedEOF // dd is content with less: the node ends here
	case string(line) == st.last[1]:
		return errFailed
	}
	return ErrLost // the phone did not live to say it
}

// give hands a block on, unless nobody wants it any more.
func (st *stream) give(b block) bool {
	select {
	case st.filled <- b:
		return true
	case <-st.quit:
		return false
	}
}

// read fills p as far as it goes. The error says how the range ended.
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

// close stops the command: adbd ends it when its stream goes.
func (st *stream) close() {
	close(st.quit)
	st.conn.Close()
}
