package backup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// VerifyOptions says how an archive is verified.
type VerifyOptions struct {
	Workers  int // 0: all processors
	Progress func(flash.Event)
}

// Verification is the result of Archive.Verify.
type Verification struct {
	OK       bool // every byte is as it was written; no Problem is an Error
	Problems flash.Problems
	Members  int
	Bytes    int64 // size of the members
	Unproven int   // number of members without sums: the index is lost, and only the checksums of the frames were checked
}

// Verify unpacks every frame in memory and compares it with the index: content by its sums,
// headers byte by byte. It writes nothing. The error is that of ctx.
func (a *Archive) Verify(ctx context.Context, opt VerifyOptions) (*Verification, error) {
	r := &Verification{Problems: slices.Clone(a.Problems), Members: len(a.index.Members)}
	v := &verifier{a: a, ctx: ctx, opt: opt}
	for i := range a.index.Members {
		m := &a.index.Members[i]
		r.Bytes += m.Size
		if m.SHA256 == "" {
			r.Unproven++
		}
	}
	v.total = r.Bytes
	if err := v.run(); err != nil {
		return nil, err
	}
	if !a.IsZip() {
		v.ends()
	}
	slices.SortStableFunc(v.problems, func(a, b flash.Problem) int { return cmp.Compare(a.Offset, b.Offset) })
	r.Problems = append(r.Problems, v.problems...)
	r.OK = flash.Worst(r.Problems) < flash.Error
	return r, nil
}

// verifier is one call of Verify.
type verifier struct {
	a     *Archive
	ctx   context.Context
	opt   VerifyOptions
	total int64

	mu       sync.Mutex
	done     int64
	problems flash.Problems
}

// piece is a frame to verify; chunk -1 is the frame with the headers of a member.
type piece struct {
	m     *Member
	chunk int
}

func (v *verifier) run() error {
	workers := v.opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if v.a.IsZip() {
		return v.verifyAllZip(v.ctx, min(workers, maxWorkers))
	}
	pieces := make(chan piece, 64)
	var wg sync.WaitGroup
	for range min(workers, maxWorkers) {
		wg.Go(func() {
			var packed, plain []byte
			for p := range pieces {
				if v.ctx.Err() == nil {
					packed, plain = v.verify(p, packed, plain)
				}
			}
		})
	}
	for i := range v.a.index.Members {
		m := &v.a.index.Members[i]
		for c := -1; c < len(m.Chunks) && v.ctx.Err() == nil; c++ {
			pieces <- piece{m, c}
		}
	}
	close(pieces)
	wg.Wait()
	return v.ctx.Err()
}

// verify proves one frame.
func (v *verifier) verify(p piece, packed, plain []byte) (_, _ []byte) {
	var err error
	size := int64(0)
	if p.chunk < 0 {
		if err = v.head(p.m); err == nil {
			err = v.a.trusts(p.m)
		}
		size = p.m.Size - chunksSize(p.m) // holes need no proof
	} else if size = p.m.windows[p.chunk].Length; v.a.trusts(p.m) == nil { // otherwise the headers' turn says so
		packed, plain, err = v.a.unpack(p.m, p.chunk, packed, plain)
	}
	v.step(size)
	v.mu.Lock()
	defer v.mu.Unlock()
	var lost *ChunkError
	switch {
	case errors.As(err, &lost):
		v.problems.AddAt(flash.Error, p.m.Name, lost.Offset, "its range %v (%s) is lost: the frame at 0x%x of the archive is damaged: %v", lost.Extent, flash.Size(lost.Length), lost.At, lost.Err)
	case err != nil:
		v.problems.Add(flash.Error, p.m.Name, "%v", err)
	}
	return packed, plain
}

// step reports that n more bytes are proven.
func (v *verifier) step(n int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done += n
	if v.opt.Progress != nil {
		v.opt.Progress(flash.Event{Op: "verify", Done: v.done, Total: v.total})
	}
}

func chunksSize(m *Member) (n int64) {
	for _, w := range m.windows {
		n += w.Length
	}
	return n
}

// head checks that other tools read the same from a member's headers as the index says.
func (v *verifier) head(m *Member) error {
	if m.contradicted {
		return nil // opening the archive has found it
	}
	b, err := v.a.frame(frame{at: m.at, length: m.Head})
	if err != nil {
		return fmt.Errorf("its headers (frame at 0x%x of the archive) are damaged, so tar does not find it: %w", m.at, err)
	}
	if v.a.index.Created != 0 && !bytes.Equal(b, memberHead(m, v.a.index.Created)) {
		return fmt.Errorf("the index is wrong: its headers (frame at 0x%x of the archive) differ from it", m.at)
	}
	return nil
}

// ends proves the first and the last frame of the tar.
func (v *verifier) ends() {
	a := v.a
	last := a.index.Start
	for i := range a.index.Members {
		m := &a.index.Members[i]
		last = m.at + m.Head
		if n := len(m.Chunks); n > 0 {
			last = m.Chunks[n-1].at + m.Chunks[n-1].Packed
		}
	}
	if a.index.Created == 0 {
		return // the index was rebuilt from the frames
	}
	b, err := a.frame(frame{at: last, length: a.end - last})
	if err != nil || len(b) != 2*tarBlock || !flash.IsZero(b) {
		v.problems.AddAt(flash.Error, "archive", last, "the end of the tar archive is damaged")
	}
}
