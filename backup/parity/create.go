package parity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/klauspost/reedsolomon"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// Suffix is the ending of a sidecar's name, behind the name of its file.
const Suffix = ".par"

const partSuffix = disk.PartSuffix

// Options says how a sidecar is made.
type Options struct {
	Percent  int // parity blocks for each 100 blocks of the file, 1 to 50
	Progress func(flash.Event)
}

// Write writes the sidecar of a file of size bytes to out, a new file. The file is read once. The
// memory does not depend on its size.
func Write(ctx context.Context, in io.ReaderAt, size int64, out *os.File, opt Options) error {
	if opt.Percent < 1 || opt.Percent > maxParity {
		return fmt.Errorf("parity: %d percent is not possible, only 1 to %d", opt.Percent, maxParity)
	}
	if size <= 0 || size > maxSize {
		return fmt.Errorf("parity: a file of %d bytes cannot be protected", size)
	}
	_ = disk.AllowHoles(out)
	e := &encoder{header: header{parity: opt.Percent, size: size}, in: in, out: out, progress: opt.Progress}
	return e.run(ctx)
}

// IsSidecar reports whether a file begins like a sidecar.
func IsSidecar(path string) bool {
	f, err := disk.OpenPlain(path)
	if err != nil {
		return false
	}
	defer f.Close()
	b := make([]byte, len(magic))
	_, err = io.ReadFull(f, b)
	return err == nil && string(b) == magic
}

// writeNew writes a file as PATH.part, syncs it and renames it. After an error no file is left.
// The part of a killed run is replaced.
func writeNew(path string, fill func(*os.File) error) error {
	if _, err := os.Lstat(path); err == nil {
		return flash.Refuse("parity", flash.ReasonExists, path, "already exists")
	}
	part := path + partSuffix
	if st, err := os.Lstat(part); err == nil && !st.Mode().IsRegular() {
		return flash.Refuse("parity", flash.ReasonExists, part, "already exists")
	}
	out, err := disk.OpenOwn(part)
	if err != nil {
		return fmt.Errorf("parity: %w", err)
	}
	if !disk.TryLock(out) {
		out.Close()
		return fmt.Errorf("parity: %s: another run is writing here", part)
	}
	return disk.Fill(out, path, disk.PublishOptions{}, func(out *os.File) error {
		_ = disk.AllowHoles(out)
		return fill(out)
	})
}

// encoder makes one sidecar.
type encoder struct {
	header
	in       io.ReaderAt
	out      *os.File
	progress func(flash.Event)

	rs     reedsolomon.Encoder
	run64  []byte   // consecutive blocks of the file
	parity [][]byte // of the same number of stripes
	done   int64
}

// stripesAtOnce returns how many stripes are encoded together: the file is then read in pieces
// of some MiB, and their parity needs at most 32 MiB.
func (h *header) stripesAtOnce() int64 {
	return min(64, int64(32<<20/blockSize/h.parity), h.stripes())
}

func (e *encoder) run(ctx context.Context) (err error) {
	if e.rs, err = reedsolomon.New(dataShards, e.header.parity, reedsolomon.WithMaxGoroutines(runtime.GOMAXPROCS(0))); err != nil {
		return fmt.Errorf("parity: %w", err)
	}
	width := e.stripesAtOnce()
	e.run64 = make([]byte, width*blockSize)
	e.parity = make([][]byte, e.header.parity)
	for j := range e.parity {
		e.parity[j] = make([]byte, width*blockSize)
	}
	if err := e.out.Truncate(e.total()); err != nil {
		return err
	}
	for s := int64(0); s < e.stripes(); s += width {
		if err := e.encode(ctx, s, min(width, e.stripes()-s)); err != nil {
			return fmt.Errorf("parity: %w", err)
		}
	}
	return e.finish()
}

// encode makes the parity of n stripes from s on. The blocks d of these stripes are consecutive
// in the file.
func (e *encoder) encode(ctx context.Context, s, n int64) error {
	parity := make([][]byte, len(e.parity))
	for j := range parity {
		parity[j] = e.parity[j][:n*blockSize]
		clear(parity[j])
	}
	for d := range int64(dataShards) {
		if err := ctx.Err(); err != nil {
			return err
		}
		first := d*e.stripes() + s
		count := min(n, e.blocks()-first)
		if count <= 0 {
			break
		}
		run := e.run64[:n*blockSize]
		got := min(count*blockSize, e.size-first*blockSize)
		if m, err := e.in.ReadAt(run[:got], first*blockSize); int64(m) < got {
			return fmt.Errorf("%d of %d bytes read at 0x%x: %w", m, got, first*blockSize, cause(err))
		}
		clear(run[got:])
		if err := e.writeSums(first, run[:got]); err != nil {
			return err
		}
		if !flash.IsZero(run) { // zeros do not change the parity
			if err := e.rs.EncodeIdx(run, int(d), parity); err != nil {
				return err
			}
		}
		e.done += got
		if e.progress != nil {
			e.progress(flash.Event{Op: "parity", Done: e.done, Total: e.size})
		}
	}
	for j := range parity {
		at := e.parityBlock(s, j)
		if err := e.writeSums(e.blocks()+at, parity[j]); err != nil {
			return err
		}
		if _, err := e.out.WriteAt(parity[j], e.parityAt()+at*blockSize); err != nil {
			return err
		}
	}
	return nil
}

func cause(err error) error {
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// writeSums writes the sums of consecutive blocks to their offsets. The pages get their own sums
// at the end.
func (e *encoder) writeSums(first int64, b []byte) error {
	n := (len(b) + blockSize - 1) / blockSize
	sums := make([]byte, n*sha256.Size)
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), n)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				s := sha256.Sum256(b[i*blockSize : min((i+1)*blockSize, len(b))])
				copy(sums[i*sha256.Size:], s[:])
			}
		})
	}
	wg.Wait()
	for i := first; len(sums) > 0; {
		k := min(sumsInPage-i%sumsInPage, int64(len(sums)/sha256.Size))
		at := e.sumsAt() + i/sumsInPage*pageSize + i%sumsInPage*sha256.Size
		if _, err := e.out.WriteAt(sums[:k*sha256.Size], at); err != nil {
			return err
		}
		i, sums = i+k, sums[k*sha256.Size:]
	}
	return nil
}

// finish completes the pages of sums, and writes their second copy and the headers.
func (e *encoder) finish() error {
	page := make([]byte, pageSize)
	root := sha256.New()
	left := e.sums()
	for i := range e.pages() {
		if _, err := e.out.ReadAt(page, e.sumsAt()+i*pageSize); err != nil {
			return err
		}
		root.Write(page[:min(left, sumsInPage)*sha256.Size])
		left -= sumsInPage
		s := pageSum(page, i)
		copy(page[pageSize-sha256.Size:], s[:])
		for _, at := range []int64{e.sumsAt(), e.sumsAgainAt()} {
			if _, err := e.out.WriteAt(page, at+i*pageSize); err != nil {
				return err
			}
		}
	}
	e.root = [sha256.Size]byte(root.Sum(nil))
	h := e.header.encode()
	for _, at := range []int64{0, e.headerAt(), e.lastHeaderAt()} {
		if _, err := e.out.WriteAt(h, at); err != nil {
			return err
		}
	}
	return nil
}

// pageSum is the sum of a page of sums and its number, so that a page at a wrong offset is
// recognised.
func pageSum(page []byte, number int64) [sha256.Size]byte {
	h := sha256.New()
	h.Write(page[:pageSize-sha256.Size])
	fmt.Fprintf(h, "%d", number)
	return [sha256.Size]byte(h.Sum(nil))
}
