package acquire

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// What an earlier run has read is on the disk, and a disk can be wrong. The journal has a
// hash of every chunk, so before a dump is built on, each is read back and compared:
//
//	journal ─► chunks ─► a worker for each processor: ReadAt, SHA-256 ─► those that differ

// maxProvers bounds memory: each has a buffer of one chunk.
const maxProvers = 8

// proveOp is what progress calls it.
const proveOp = "prove"

// unlike returns those of the chunks that a file does not hold as they were read, in order
// of address. What cannot be read is not there. Done is told of the bytes that are looked at.
func unlike(ctx context.Context, file io.ReaderAt, list []chunk, done func(int64)) (out []chunk, err error) {
	list = slices.SortedFunc(slices.Values(list), func(a, b chunk) int { return cmp.Compare(a.Offset, b.Offset) })
	work := make(chan chunk)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range min(runtime.GOMAXPROCS(0), maxProvers, len(list)) {
		wg.Go(func() {
			b := make([]byte, chunkSize)
			for c := range work {
				same := holds(ctx, file, c, b)
				mu.Lock()
				if !same {
					out = append(out, c)
				}
				done(c.Length)
				mu.Unlock()
			}
		})
	}
	for _, c := range list {
		if ctx.Err() != nil {
			break
		}
		work <- c
	}
	close(work)
	wg.Wait()
	if err := ctx.Err(); err != nil { // what was given up proves nothing
		return nil, err
	}
	slices.SortFunc(out, func(a, b chunk) int { return cmp.Compare(a.Offset, b.Offset) })
	return out, nil
}

// holds reports whether a file holds a chunk; b lends room for one.
func holds(ctx context.Context, file io.ReaderAt, c chunk, b []byte) bool {
	if c.Length == chunkSize {
		return flash.ReadInto(file, b[:chunkSize], c.Offset) == nil && sumOf(b) == c.sum
	}
	h := sha256.New() // a longer one is of no run of ours, but may be right all the same
	for off := c.Offset; off < c.End(); {
		p := b[:min(c.End()-off, chunkSize)]
		if flash.ReadInto(file, p, off) != nil || ctx.Err() != nil {
			return false
		}
		h.Write(p)
		off += int64(len(p))
	}
	return [sha256.Size]byte(h.Sum(nil)) == c.sum
}

// prove compares what earlier runs have read with what is on the disk, once. What differs
// is to be read again; it is noted, for a disk that loses bytes may lose more.
func (d *Dump) prove(ctx context.Context) error {
	if d.proved {
		return nil
	}
	var total, done int64
	for _, r := range d.regions {
		total += bytesOf(r.chunks)
	}
	for _, r := range d.regions {
		lost, err := unlike(ctx, r.data, r.chunks, func(n int64) {
			done += n
			if d.job.Progress != nil {
				d.job.Progress(flash.Event{Op: proveOp, Done: done, Total: total, Detail: FileName(r.region)})
			}
		})
		if err == nil {
			err = d.readAgain(r, lost)
		}
		if err != nil {
			return err
		}
	}
	d.proved = true
	return nil
}

func bytesOf(list []chunk) (n int64) {
	for _, c := range list {
		n += c.Length
	}
	return n
}

// readAgain takes back chunks that are not on the disk as they were read.
func (d *Dump) readAgain(r *region, lost []chunk) error {
	if len(lost) == 0 {
		return nil
	}
	var gone []flash.Extent
	for _, c := range lost {
		gone = append(gone, c.Extent)
		r.drop(c.Extent)
	}
	gone = flash.Union(gone)
	d.problem(flash.Note, r, flash.Extent{Offset: gone[0].Offset, Length: flash.Total(gone)},
		"were not on the disk any more as they were read (%d places, this is the first): they were taken back, to be read again", len(gone))
	if err := r.sync(); err != nil {
		return err
	}
	return r.drawMap()
}

// Proof is what the journals of a dump folder say of its files.
type Proof struct {
	Bytes    int64          // that have a hash
	Problems flash.Problems // an error for each region of which the disk holds something else
}

// Prove compares the files of a dump folder, be it finished or not, with the hashes that
// were taken while they were read. Nothing is changed.
func Prove(ctx context.Context, dir string, progress func(flash.Event)) (*Proof, error) {
	m, err := readRecord(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("acquire: %w", err)
	}
	defer root.Close()
	p := new(Proof)
	for _, s := range m.Sources {
		j, _, err := loadJournal(filepath.Join(dir, regionsDir, s.Name), s.Region, s.Size)
		if err != nil {
			p.Problems.Add(flash.Error, string(s.Region), "%v", err)
			continue
		}
		if j == nil {
			continue
		}
		p.Bytes += bytesOf(j.chunks)
		if err := p.region(ctx, root, j, s.Name, progress); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// region compares one region.
func (p *Proof) region(ctx context.Context, root *os.Root, j *journal, name string, progress func(flash.Event)) error {
	f, err := disk.OpenIn(root, filepath.Join(regionsDir, name+partSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		f, err = disk.OpenIn(root, filepath.Join(regionsDir, name))
	}
	if err != nil {
		p.Problems.Add(flash.Error, string(j.region), "%v", err)
		return nil
	}
	defer f.Close()
	var done int64
	lost, err := unlike(ctx, f, j.chunks, func(n int64) {
		done += n
		if progress != nil {
			progress(flash.Event{Op: proveOp, Done: done, Total: bytesOf(j.chunks), Detail: name})
		}
	})
	if err != nil {
		return err
	}
	var gone []flash.Extent
	for _, c := range lost {
		gone = append(gone, c.Extent)
	}
	if gone = flash.Union(gone); len(gone) > 0 {
		p.Problems.AddAt(flash.Error, string(j.region), gone[0].Offset, "0x%x bytes (%s) are not what was read from the phone, by the hashes of its journal (%d places, this is the first)",
			flash.Total(gone), flash.Size(flash.Total(gone)), len(gone))
	}
	return nil
}
