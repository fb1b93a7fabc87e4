package parity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/reedsolomon"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// Result is the state of a file, checked against its sidecar.
type Result struct {
	Size     int64          // of the original file, bytes
	Damaged  []flash.Extent // damaged ranges of the file, in whole blocks
	Lost     []flash.Extent // the part of Damaged that cannot be repaired
	Problems flash.Problems // problems of the sidecar and of the file's length
}

// Whole reports whether the file is undamaged.
func (r *Result) Whole() bool { return len(r.Damaged) == 0 }

// TooMuchError reports more damage than the parity can repair.
type TooMuchError struct{ Lost []flash.Extent }

func (e *TooMuchError) Error() string {
	var bytes int64
	var first []string
	for i, x := range e.Lost {
		bytes += x.Length
		if i < 3 {
			first = append(first, x.String())
		}
	}
	if n := len(e.Lost) - len(first); n > 0 {
		first = append(first, fmt.Sprintf("and %d more", n))
	}
	return fmt.Sprintf("parity: more is damaged than the sidecar can repair: %v in %s", flash.Size(bytes), strings.Join(first, ", "))
}

// maxRuns is the largest number of separate damaged ranges.
const maxRuns = 1 << 20

// mender compares a file with its sidecar and repairs it.
type mender struct {
	*sidecar
	in       io.ReaderAt
	report   Result
	progress func(flash.Event)
	op       string
}

// Verify reads a file and its sidecar, and reports the damaged ranges and whether they can be
// repaired.
func Verify(ctx context.Context, path, sidecarPath string, progress func(flash.Event)) (*Result, error) {
	m, done, err := open(path, sidecarPath, progress)
	if err != nil {
		return nil, err
	}
	defer done()
	m.op = "verify"
	if err := m.find(ctx, nil); err != nil {
		return nil, err
	}
	if err := m.mend(ctx, nil); err != nil {
		return nil, err
	}
	if err := m.checkParity(ctx); err != nil {
		return nil, err
	}
	m.report.Problems = append(m.report.Problems, m.problems...)
	return &m.report, nil
}

// Repair writes the original file to out: undamaged blocks are copied, damaged ones are
// computed, and the result is read and proven before it gets its name. If more is damaged than
// can be repaired, the error is a *TooMuchError and nothing is written. The file itself is never
// changed.
func Repair(ctx context.Context, path, sidecarPath, out string, progress func(flash.Event)) (*Result, error) {
	m, done, err := open(path, sidecarPath, progress)
	if err != nil {
		return nil, err
	}
	defer done()
	err = writeNew(out, func(f *os.File) error {
		if err := f.Truncate(m.size); err != nil {
			return err
		}
		m.op = "repair"
		if err := m.find(ctx, f); err != nil {
			return err
		}
		if err := m.mend(ctx, f); err != nil {
			return err
		}
		if len(m.report.Lost) > 0 {
			return &TooMuchError{m.report.Lost}
		}
		return m.prove(ctx, f)
	})
	m.report.Problems = append(m.report.Problems, m.problems...)
	return &m.report, err
}

func open(path, sidecarPath string, progress func(flash.Event)) (m *mender, done func(), err error) {
	s, err := openSidecar(sidecarPath)
	if err != nil {
		return nil, nil, err
	}
	in, err := disk.OpenPlain(path)
	if err != nil {
		s.f.Close()
		return nil, nil, fmt.Errorf("parity: %w", err)
	}
	m = &mender{sidecar: s, in: in, progress: progress, report: Result{Size: s.size}}
	if st, err := in.Stat(); err == nil && st.Size() > s.size {
		m.report.Problems.AddAt(flash.Warning, "file", s.size, "0x%x bytes behind its end do not belong to it", st.Size()-s.size)
	} else if err == nil && st.Size() < s.size {
		m.report.Problems.AddAt(flash.Warning, "file", st.Size(), "is cut: 0x%x bytes are missing", s.size-st.Size())
	}
	return m, func() { in.Close(); s.f.Close() }, nil
}

// find reads the file once, notes the damaged blocks, and copies the others to out, unless out
// is nil.
func (m *mender) find(ctx context.Context, out io.WriterAt) error {
	const step = 16
	buf := make([]byte, step*blockSize)
	for i := int64(0); i < m.blocks(); i += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := int(min(int64(len(buf)), m.size-i*blockSize))
		got, err := m.in.ReadAt(buf[:n], i*blockSize)
		if err != nil && err != io.EOF && got < n {
			got = m.readSingly(buf[:n], i) // so that an unreadable sector of the disk costs only its block
		}
		for k := int64(0); k*blockSize < int64(n); k++ {
			b := buf[k*blockSize : min((k+1)*blockSize, int64(n))]
			if int(k*blockSize)+len(b) > got || !m.holds(i+k, b) {
				if err := m.note(i + k); err != nil {
					return err
				}
			} else if out != nil && !flash.IsZero(b) {
				if _, err := out.WriteAt(b, (i+k)*blockSize); err != nil {
					return err
				}
			}
		}
		m.event(i*blockSize + int64(n))
	}
	return nil
}

// readSingly reads blocks one by one. An unreadable block is left as it is, and will fail its sum.
func (m *mender) readSingly(b []byte, first int64) int {
	for at := 0; at < len(b); at += blockSize {
		part := b[at:min(at+blockSize, len(b))]
		if n, _ := m.in.ReadAt(part, first*blockSize+int64(at)); n < len(part) {
			clear(part)
		}
	}
	return len(b)
}

func (m *mender) event(done int64) {
	if m.progress != nil {
		m.progress(flash.Event{Op: m.op, Done: done, Total: m.size})
	}
}

// note records a damaged block.
func (m *mender) note(block int64) error {
	m.report.Damaged = join(m.report.Damaged, block, m.length(block))
	if len(m.report.Damaged) > maxRuns {
		return errors.New("parity: more than a million ranges are damaged: this is not the sidecar of this file")
	}
	return nil
}

// join adds a block to runs of blocks. Blocks come in ascending order.
func join(runs []flash.Extent, block int64, n int) []flash.Extent {
	e := flash.Extent{Offset: block * blockSize, Length: int64(n)}
	if k := len(runs); k > 0 && runs[k-1].End() == e.Offset {
		runs[k-1].Length += e.Length
		return runs
	}
	return append(runs, e)
}

// isDamaged reports whether a block is damaged.
func (m *mender) isDamaged(block int64) bool {
	_, found := slices.BinarySearchFunc(m.report.Damaged, block*blockSize, func(e flash.Extent, at int64) int {
		switch {
		case e.End() <= at:
			return -1
		case e.Offset > at:
			return 1
		}
		return 0
	})
	return found
}

// mend computes the damaged blocks, stripe by stripe, and writes them to out. Blocks that cannot
// be computed are lost.
func (m *mender) mend(ctx context.Context, out io.WriterAt) error {
	if m.report.Whole() {
		return nil
	}
	rs, err := reedsolomon.New(dataShards, m.parity)
	if err != nil {
		return fmt.Errorf("parity: %w", err)
	}
	var lost []int64
	for s := range m.stripes() {
		if err := ctx.Err(); err != nil {
			return err
		}
		var bad []int64
		for b := s; b < m.blocks(); b += m.stripes() {
			if m.isDamaged(b) {
				bad = append(bad, b)
			}
		}
		if len(bad) == 0 {
			continue
		}
		made, err := m.stripe(rs, s, bad)
		if err != nil {
			return err
		}
		if !made.ok {
			lost = append(lost, bad...)
			continue
		}
		for _, b := range bad {
			if out == nil {
				break
			}
			if _, err := out.WriteAt(made.shards[b/m.stripes()][:m.length(b)], b*blockSize); err != nil {
				return err
			}
		}
	}
	slices.Sort(lost)
	for _, b := range lost {
		m.report.Lost = join(m.report.Lost, b, m.length(b))
	}
	return nil
}

// mended is a stripe with repaired blocks.
type mended struct {
	ok     bool
	shards [][]byte
}

// stripe computes the bad blocks of one stripe.
func (m *mender) stripe(rs reedsolomon.Encoder, s int64, bad []int64) (mended, error) {
	shards := make([][]byte, dataShards+m.parity)
	missing := 0
	for d := range int64(dataShards) {
		b := d*m.stripes() + s
		if slices.Contains(bad, b) {
			missing++
			continue
		}
		shards[d] = make([]byte, blockSize)
		if b >= m.blocks() {
			continue // filled with zeros behind the end of the file
		}
		part := shards[d][:m.length(b)]
		if n, _ := m.in.ReadAt(part, b*blockSize); n < len(part) || !m.holds(b, part) {
			return mended{}, fmt.Errorf("parity: the block at 0x%x changed while it was read", b*blockSize)
		}
	}
	for j := range m.parity {
		if shards[dataShards+j] = m.readParity(s, j); shards[dataShards+j] == nil {
			missing++
		}
	}
	if missing > m.parity {
		return mended{}, nil
	}
	if err := rs.ReconstructData(shards); err != nil {
		return mended{}, fmt.Errorf("parity: %w", err)
	}
	for _, b := range bad {
		if _, known := m.sum(b); known && !m.holds(b, shards[b/m.stripes()][:m.length(b)]) {
			return mended{}, nil
		}
	}
	return mended{true, shards}, nil
}

// prove reads the new file and compares every block with its sum.
func (m *mender) prove(ctx context.Context, f io.ReaderAt) error {
	b := make([]byte, blockSize)
	m.op = "verify"
	for i := range m.blocks() {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := b[:m.length(i)]
		n, err := f.ReadAt(part, i*blockSize)
		if n < len(part) {
			return fmt.Errorf("parity: the bytes that were written at 0x%x cannot be read back: %w", i*blockSize, err)
		}
		if _, known := m.sum(i); known && !m.holds(i, part) {
			return fmt.Errorf("parity: the bytes that were written at 0x%x differ when they are read back", i*blockSize)
		}
		m.event(min((i+1)*blockSize, m.size))
	}
	return nil
}
