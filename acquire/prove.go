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

// The data of earlier runs are on the disk, and a disk can lose bytes. The journal has a hash of
// every chunk, so before a run adds to a dump, each chunk is read back and compared:
//
//	journal ─► chunks ─► a worker for each processor: ReadAt, SHA-256 ─► those that differ

// maxProvers limits the number of workers and so the memory: each has a buffer of one chunk.
const maxProvers = 8

// proveOp is the name of this work in progress events.
const proveOp = "prove"

// unlike returns the chunks whose bytes in the file differ from their hashes, in order of offset. A
// chunk that cannot be read counts as different. It calls done with the number of bytes after each
// compared chunk.
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
	if err := ctx.Err(); err != nil { // not all chunks were compared
		return nil, err
	}
	slices.SortFunc(out, func(a, b chunk) int { return cmp.Compare(a.Offset, b.Offset) })
	return out, nil
}

// holds reports whether a file has the bytes of a chunk; b is a buffer of chunkSize bytes.
func holds(ctx context.Context, file io.ReaderAt, c chunk, b []byte) bool {
	if c.Length == chunkSize {
		return flash.ReadInto(file, b[:chunkSize], c.Offset) == nil && sumOf(b) == c.sum
	}
	h := sha256.New() // this version writes no longer chunks, but one in a journal may be valid
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

// prove compares the data of earlier runs with the disk, once for each Dump. Chunks that differ are
// read again, and a note is added, because a disk that loses bytes may lose more.
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

// readAgain removes from the journal the chunks that differ on the disk.
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
		"changed on the disk after they were read (%d ranges, this is the first): they will be read again", len(gone))
	if err := r.sync(); err != nil {
		return err
	}
	return r.drawMap()
}

// Proof is the result of comparing the files of a dump folder with its journals.
type Proof struct {
	Bytes    int64          // bytes that have a hash
	Problems flash.Problems // an error for each region whose bytes differ
}

// Prove compares the files of a dump folder, finished or not, with the hashes that were computed
// during reading. It changes nothing.
func Prove(ctx context.Context, dir string, progress func(flash.Event)) (*Proof, error) {
	m, err := readRecord(dir)
	if err != nil {
		return nil, err
	}
	root, err := disk.OpenFolder(dir)
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
		p.Problems.AddAt(flash.Error, string(j.region), gone[0].Offset, "0x%x bytes (%s) differ from what was read from the phone, by the hashes of the journal (%d ranges, this is the first)",
			flash.Total(gone), flash.Size(flash.Total(gone)), len(gone))
	}
	return nil
}
