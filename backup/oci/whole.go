package oci

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"

	"github.com/mtkkit/mtkkit/flash"
)

// The sum of a chunk proves the bytes of the chunk. Only the SHA-256 of the whole file proves that
// the index gives the file its own chunks, all of them and in order. So every reader of a file
// computes this sum beside the chunks, and the last chunk of a file with another sum is an error.

// ErrContradiction means that the documents of a backup contradict each other: somebody, or
// something, has changed them since the push.
var ErrContradiction = errors.New("the backup contradicts itself")

// SumError reports a file whose chunks are as the index lists them, but do not have the SHA-256
// of the file: the index gives it chunks of another file, or in another order.
type SumError struct {
	File      string
	Got, Want string // SHA-256 in hex
}

func (e *SumError) Error() string { return e.File + ": " + e.text() }

func (e *SumError) text() string {
	return fmt.Sprintf("its bytes have the sha-256 %s, not %s: the backup's index gives it other bytes than its own", e.Got, e.Want)
}

// Unwrap returns ErrContradiction.
func (e *SumError) Unwrap() error { return ErrContradiction }

// wholeSum is the SHA-256 of a file whose chunks are read, or are known to be zeros. Chunks that
// come before their turn are not counted: the sum waits for the next one. So it is complete only
// if all of the file was read, at least once.
type wholeSum struct {
	h     hash.Hash // nil: nothing but zeros so far
	next  int64     // number of the next chunk
	zeros int64     // bytes of zeros that are not hashed yet
	dead  bool      // bytes that do not belong there were hashed, or the work was interrupted
	done  bool
	err   error // the result
}

// write hashes the bytes of the next chunk.
func (w *wholeSum) write(ctx context.Context, b []byte) {
	w.flush(ctx)
	w.h.Write(b)
	w.next++
}

// skip counts the next chunks up to one, n bytes that are zeros.
func (w *wholeSum) skip(to, n int64) { w.next, w.zeros = to, w.zeros+n }

// flush hashes the zeros. Those at the start of a file cost almost nothing.
func (w *wholeSum) flush(ctx context.Context) {
	if w.h == nil {
		w.h = sha256.New()
		w.zeros -= flash.SkipZeros(w.h, w.zeros)
	}
	for w.zeros > 0 && !w.dead {
		n := min(w.zeros, chunkSize)
		w.h.Write(zeros[:n])
		w.zeros -= n
		w.dead = ctx.Err() != nil
	}
}

// compare ends the sum and compares it with that of the file.
func (w *wholeSum) compare(ctx context.Context, f *indexFile) error {
	if w.done || w.dead {
		return w.err
	}
	if w.flush(ctx); w.dead {
		return ctx.Err()
	}
	w.done = true
	if got := sum(w.h.Sum(nil)); got != f.SHA256 {
		w.err = &SumError{f.Name, got.String(), f.SHA256.String()}
	}
	return w.err
}

// count adds a chunk of the file that is at hand to the sum, if it is its turn. After the last
// one the result is the error.
func (m *image) count(chunk int64, b []byte, zero bool) error {
	w := &m.whole
	switch {
	case chunk != w.next:
	case zero:
		w.skip(chunk+1, int64(len(b)))
	default:
		w.write(m.ctx, b)
	}
	if chunk == chunks(m.file.Size)-1 && w.next > chunk {
		return w.compare(m.ctx, m.file)
	}
	return nil
}

// Check implements flash.Checker: if all of the file was read, or is known to be zeros, it has
// its SHA-256. A file that was read in part cannot be compared.
func (m *image) Check() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.whole.next < chunks(m.file.Size) {
		return nil
	}
	return m.whole.compare(m.ctx, m.file)
}

// contradicts returns an error if the sums in the index show, without a byte of the file, that it
// cannot have its SHA-256.
func (f *indexFile) contradicts() *SumError {
	got := sum(sha256.Sum256(nil))
	switch {
	case chunks(f.Size) > 1:
		return nil
	case f.Size > 0:
		got = f.Groups[0].Chunks[0]
	}
	if got != f.SHA256 {
		return &SumError{f.Name, got.String(), f.SHA256.String()}
	}
	return nil
}
