package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
)

// Options says how an archive is written. The zero value is fast and uses all processors.
type Options struct {
	Level    int       // of zstd, 1 to 19; 0: 1
	Workers  int       // processors that compress; 0: all
	Created  time.Time // the date of every member
	Total    int64     // bytes of all outputs, for progress; 0: unknown
	Progress func(flash.Event)
}

// Result describes one output that was packed.
type Result struct {
	Name      string
	Size      int64  // bytes
	SHA256    string // lower-case hex; "" if Omitted
	Zero      bool   // all bytes are zeros
	Omitted   bool   // not in the archive, because the output is Zero and may be omitted
	DataBytes int64  // bytes that are not in holes
	Packed    int64  // bytes in the archive
}

// Packer writes outputs into an archive, with any number of Copy calls, and completes it.
type Packer interface {
	Copy(ctx context.Context, outputs []flash.Output) ([]Result, error)
	Finish() error
}

// maxWorkers limits the memory: a worker needs about 16 MiB.
const maxWorkers = 16

// Writer writes an archive to a stream. After an error it cannot be used.
type Writer struct {
	out     io.Writer
	opt     Options
	enc     *zstd.Encoder // for frames between members
	index   Index
	pairs   []seekPair
	done    int64 // bytes of members done, for progress
	started bool
	err     error
}

// NewWriter starts an archive. It writes nothing before the first Copy.
func NewWriter(out io.Writer, opt Options) (*Writer, error) {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	opt.Workers = min(opt.Workers, maxWorkers)
	enc, err := newEncoder(opt.Level)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	created := opt.Created.Unix()
	if opt.Created.IsZero() {
		created = 1 // tar warns about earlier dates
	}
	return &Writer{out: out, opt: opt, enc: enc, index: Index{Schema: indexSchema, Created: created}}, nil
}

// windowOf returns the window of a frame, bytes. At the fastest level a larger one saves almost
// nothing (0.4773 instead of 0.4776 of the content at 4 MiB), but makes the search slower by a
// tenth to a fifth.
func windowOf(level zstd.EncoderLevel) int {
	if level == zstd.SpeedFastest {
		return 512 << 10
	}
	return chunkSize
}

// newEncoder makes an encoder for EncodeAll on one goroutine.
func newEncoder(level int) (*zstd.Encoder, error) {
	speed := zstd.EncoderLevelFromZstd(max(level, 1))
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(speed), zstd.WithWindowSize(windowOf(speed)), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(true), zstd.WithLowerEncoderMem(true))
}

// Finish ends the archive: it writes the end of the tar, the index twice, and the seek table.
func (w *Writer) Finish() error {
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.frame(w.enc.EncodeAll(make([]byte, 2*tarBlock), nil), 2*tarBlock); err != nil {
		return err
	}
	index, err := w.index.encode(w.enc)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	copies := appendSkippable(nil, skipMagic, index)
	for range 2 {
		if err := w.frame(copies, 0); err != nil {
			return err
		}
	}
	if err := w.write(encodeSeekTable(w.pairs)); err != nil {
		return err
	}
	w.err = errors.New("backup: the archive is already finished")
	return nil
}

// begin writes the global header, once.
func (w *Writer) begin() error {
	if w.started || w.err != nil {
		return w.err
	}
	w.started = true
	head := globalHeader(w.index.Created)
	packed := w.enc.EncodeAll(head, nil)
	w.index.Start = int64(len(packed))
	return w.frame(packed, len(head))
}

// frame writes a frame and its line of the seek table.
func (w *Writer) frame(packed []byte, plain int) error {
	w.pairs = append(w.pairs, seekPair{uint32(len(packed)), uint32(plain)})
	return w.write(packed)
}

func (w *Writer) write(b []byte) error {
	if w.err != nil {
		return w.err
	}
	n, err := w.out.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = fmt.Errorf("backup: %w", err)
	}
	return w.err
}

func (w *Writer) progress(name string, done, total, add int64) {
	w.done += add
	if w.opt.Progress != nil {
		w.opt.Progress(flash.Event{Op: "backup", Name: name, Done: done, Total: total})
		w.opt.Progress(flash.Event{Op: "backup", Done: w.done, Total: w.opt.Total})
	}
}
