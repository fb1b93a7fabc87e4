package source

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/flash"
)

// The first bytes of compressed streams.
const (
	zstdMagic      = "\x28\xB5\x2F\xFD" // RFC 8878 §3.1.1
	skippableMagic = "\x50\x2A\x4D\x18" // RFC 8878 §3.1.2; pzstd begins with one
	gzipMagic      = "\x1F\x8B\x08"     // RFC 1952
	xzMagic        = "\xFD7zXZ\x00"     // xz-file-format.txt §2.1.1
	lz4Magic       = "\x04\x22\x4D\x18" // lz4_Frame_format.md
	lz4LegacyMagic = "\x02\x21\x4C\x18" // as lz4 -l
	bzip2Magic     = "BZh"
)

// Limits of the memory that a stream may need, bytes. The first is what zstd itself accepts
// without an option (--long=27); xz -9 needs a quarter of the second.
const (
	maxWindow     = 128 << 20
	maxDictionary = 256 << 20
)

// streams has the decoder for each kind of compression.
var streams = []struct {
	magic string
	open  func(*bufio.Reader) (io.ReadCloser, error)
}{
	{zstdMagic, zstdReader},
	{skippableMagic, zstdReader},
	{gzipMagic, func(r *bufio.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }},
	{xzMagic, xzReader},
	{lz4Magic, lz4Reader},
	{lz4LegacyMagic, lz4Reader},
	{bzip2Magic, func(r *bufio.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }},
}

func zstdReader(r *bufio.Reader) (io.ReadCloser, error) {
	dec, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return dec.IOReadCloser(), nil
}

func xzReader(r *bufio.Reader) (io.ReadCloser, error) {
	head, _ := r.Peek(xzHeaders)
	if size := xzDictionary(head); size > maxDictionary {
		return nil, fmt.Errorf("xz: asks for a dictionary of %s, at most %s are given", flash.Size(size), flash.Size(maxDictionary))
	}
	d, err := xz.NewReader(r)
	return io.NopCloser(d), err
}

// xzHeaders is the length of the stream header and the longest block header.
const xzHeaders = 12 + 1024

// xzDictionary returns the size of the dictionary that the first block needs, in bytes, before
// memory is allocated; 0 if it is unknown (xz-file-format.txt §3.1).
func xzDictionary(head []byte) int64 {
	const (
		block      = 12 // header size, flags, two sizes if the flags say so, filters
		hasPacked  = 0x40
		hasContent = 0x80
		lzma2      = 0x21
	)
	if len(head) < block+2 {
		return 0
	}
	flags, rest := head[block+1], head[block+2:]
	for _, f := range []byte{hasPacked, hasContent} {
		if flags&f != 0 {
			_, n := binary.Uvarint(rest)
			rest = rest[max(n, 0):]
		}
	}
	if len(rest) < 3 || rest[0] != lzma2 || rest[1] != 1 {
		return 0
	}
	size, _ := lzma.DecodeDictCap(rest[2])
	return size
}

// lz4Reader checks how the stream ends: the library accepts a stream that breaks off between two
// blocks, or before the checksum, as complete. A frame ends with a block of length 0 and, if the
// flags in its header say so, a checksum; a legacy frame has no end mark. With several frames,
// the last one is assumed to have the flags of the first.
func lz4Reader(r *bufio.Reader) (io.ReadCloser, error) {
	const hasChecksum = 0x04
	head, err := r.Peek(len(lz4Magic) + 1)
	if err != nil {
		return nil, err
	}
	if string(head[:len(lz4Magic)]) == lz4LegacyMagic {
		return io.NopCloser(lz4.NewReader(r)), nil
	}
	s := &lz4Stream{tail: &tail{r: r}, end: 4}
	if head[len(lz4Magic)]&hasChecksum != 0 {
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

// isChecksum reports whether a decoder returned all data and then found a wrong checksum.
func isChecksum(err error) bool {
	return errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, backup.ErrChanged)
}

// openStream unpacks a compressed file that can only be read from its start.
func (s *Source) openStream(ctx context.Context, in flash.Image, name string) (flash.Image, error) {
	return s.openPipe(ctx, io.NewSectionReader(in, 0, in.Size()), name)
}

// openPipe copies a pipe into a temporary file, and unpacks it if it is compressed.
func (s *Source) openPipe(ctx context.Context, in io.Reader, name string) (flash.Image, error) {
	r := bufio.NewReaderSize(in, 1<<20)
	head, err := r.Peek(headSize)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("source: %s: %w", name, err)
	}
	if why := notADump(head); why != "" {
		return nil, &UnreadableError{name, why}
	}
	for _, k := range streams {
		if !bytes.HasPrefix(head, []byte(k.magic)) {
			continue
		}
		d, err := k.open(r)
		if err != nil {
			return nil, &UnreadableError{name, fmt.Sprintf("it is compressed and damaged from its first bytes on (%v)", err)}
		}
		defer d.Close()
		s.Unpacked = true
		return s.spool(ctx, d, name)
	}
	return s.spool(ctx, r, name)
}
