package stream

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
	"github.com/pierrec/lz4/v4"

	"github.com/mtkkit/mtkkit/flash"
)

// The first bytes of compressed streams.
const (
	Zstd      = "\x28\xB5\x2F\xFD" // RFC 8878 §3.1.1
	Skippable = "\x50\x2A\x4D\x18" // RFC 8878 §3.1.2; pzstd begins with one
	Gzip      = "\x1F\x8B\x08"     // RFC 1952
	XZ        = "\xFD7zXZ\x00"     // xz-file-format.txt §2.1.1
	LZ4       = "\x04\x22\x4D\x18" // lz4_Frame_format.md
	LZ4Legacy = "\x02\x21\x4C\x18" // as lz4 -l
	Bzip2     = "BZh"
)

// ErrDictionary is wrapped by the error of a stream that needs a larger dictionary than is allowed.
var ErrDictionary = errors.New("the dictionary is too large")

// Limits of the memory that a stream may need, bytes. The first is what zstd itself accepts
// without an option (--long=27); xz -9 needs a quarter of the second.
const (
	MaxWindow     = 128 << 20
	maxDictionary = 256 << 20
)

// kinds has the decoder for each kind of stream.
var kinds = []struct {
	magic string
	open  func(r *bufio.Reader, dictionary int) (io.ReadCloser, error)
}{
	{Zstd, openZstd},
	{Skippable, openZstd},
	{Gzip, func(r *bufio.Reader, _ int) (io.ReadCloser, error) { return gzip.NewReader(r) }},
	{XZ, openXZ},
	{LZ4, openLZ4},
	{LZ4Legacy, openLZ4},
	{Bzip2, func(r *bufio.Reader, _ int) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }},
}

// Sniff reports whether a file with these first bytes is a compressed stream.
func Sniff(head []byte) bool {
	for _, k := range kinds {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return true
		}
	}
	return false
}

// Open returns the content of a compressed stream. The error wraps flash.ErrNotThis if the first
// bytes are not those of a stream.
func Open(r *bufio.Reader) (io.ReadCloser, error) { return OpenWithin(r, maxDictionary) }

// OpenWithin is Open for a caller that allows a smaller dictionary, in bytes. The error, of the call or of
// a read, wraps ErrDictionary for an xz stream with a larger one, and zstd has its own for its window.
func OpenWithin(r *bufio.Reader, dictionary int) (io.ReadCloser, error) {
	head, err := r.Peek(len(XZ)) // the longest
	if err != nil && err != io.EOF {
		return nil, err
	}
	for _, k := range kinds {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.open(r, dictionary)
		}
	}
	return nil, fmt.Errorf("stream: %w", flash.ErrNotThis)
}

func openZstd(r *bufio.Reader, _ int) (io.ReadCloser, error) {
	dec, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxWindow(MaxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return dec.IOReadCloser(), nil
}

func openXZ(r *bufio.Reader, dictionary int) (io.ReadCloser, error) {
	d, err := xz.NewReader(r, uint32(dictionary))
	s := &xzStream{d, dictionary}
	return io.NopCloser(s), s.meaning(err)
}

type xzStream struct {
	r          *xz.Reader
	dictionary int // bytes
}

func (s *xzStream) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	return n, s.meaning(err)
}

// meaning says what two errors of the library mean for a file.
func (s *xzStream) meaning(err error) error {
	switch {
	case errors.Is(err, xz.ErrMemlimit):
		return fmt.Errorf("xz: %w: it asks for more than %s", ErrDictionary, flash.Size(s.dictionary))
	case errors.Is(err, xz.ErrBuf):
		return io.ErrUnexpectedEOF
	}
	return err
}

// openLZ4 checks how the stream ends: the library accepts a stream that breaks off between two
// blocks, or before the checksum, as complete. A frame ends with a block of length 0 and, if the
// flags in its header say so, a checksum; a legacy frame has no end mark. With several frames,
// the last one is assumed to have the flags of the first.
func openLZ4(r *bufio.Reader, _ int) (io.ReadCloser, error) {
	const hasChecksum = 0x04
	head, err := r.Peek(len(LZ4) + 1)
	if err != nil {
		return nil, err
	}
	if string(head[:len(LZ4)]) == LZ4Legacy {
		return io.NopCloser(lz4.NewReader(r)), nil
	}
	s := &lz4Stream{tail: &tail{r: r}, end: 4}
	if head[len(LZ4)]&hasChecksum != 0 {
		s.end = 8
	}
	s.r = lz4.NewReader(s.tail)
	return io.NopCloser(s), nil
}

type lz4Stream struct {
	r    *lz4.Reader
	tail *tail
	end  int // distance of the block of length 0 from the end, bytes
}

func (s *lz4Stream) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if at := len(s.tail.last) - s.end; err == io.EOF && string(s.tail.last[at:at+4]) != "\x00\x00\x00\x00" {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// tail keeps the last 8 bytes that were read.
type tail struct {
	r    io.Reader
	last [8]byte
}

func (t *tail) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	seen := append(t.last[:], p[max(0, n-len(t.last)):n]...)
	copy(t.last[:], seen[len(seen)-len(t.last):])
	return n, err
}
