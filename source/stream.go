package source

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/stream"
)

// isChecksum reports whether a decoder returned all data and then found a wrong checksum.
func isChecksum(err error) bool {
	for _, wrong := range []error{gzip.ErrChecksum, zip.ErrChecksum, zstd.ErrCRCMismatch, lz4.ErrInvalidFrameChecksum, backup.ErrChanged} {
		if errors.Is(err, wrong) {
			return true
		}
	}
	return false
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
	if !stream.Sniff(head) {
		return s.spool(ctx, r, name)
	}
	d, err := stream.Open(r)
	if err != nil {
		return nil, &UnreadableError{name, fmt.Sprintf("it is compressed and damaged from its first bytes on (%v)", err)}
	}
	defer d.Close()
	s.Unpacked = true
	return s.spool(ctx, d, name)
}
