package split

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/mtkkit/mtkkit/flash"
)

// prover is an Image that knows the hash of its bytes before they are read, one range
// behind the other from its start. What a killed run has written of such an image can
// be told from what it has not.
type prover interface {
	// NextSum returns the length and the SHA-256 of the range that begins at off.
	NextSum(off int64) (length int64, sum [sha256.Size]byte)
}

// keep makes ready what a killed run left of the outputs, so that Copy continues with it:
// all of it is called NAME.part again. It returns the names of these.
func (f *Folder) keep() (map[string]bool, error) {
	kept := map[string]bool{}
	if !f.opt.Resume {
		return kept, nil
	}
	for _, o := range f.outputs {
		if _, ok := o.Image.(prover); !ok {
			continue
		}
		whole, part := f.path(o.Name), f.path(o.Name)+partSuffix
		if isPlain(whole) {
			if err := os.Rename(whole, part); err != nil {
				return nil, fmt.Errorf("split: %w", err)
			}
		}
		kept[o.Name] = isPlain(part)
	}
	return kept, nil
}

func isPlain(path string) bool {
	st, err := os.Lstat(path)
	return err == nil && st.Mode().IsRegular()
}

// openOutput opens the file that an output is written to, with what is there of it when
// a run continues.
func (f *Folder) openOutput(name string) (outFile, error) {
	path := f.path(name) + partSuffix
	if !f.kept[name] {
		return f.openFile(path)
	}
	out, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return f.openFile(path)
	}
	return out, err
}

// goOn finds out how much of an image stands in its file already, and makes m write
// only the rest. What follows the proven bytes is cut off.
func (m *mover) goOn(ctx context.Context, size int64) error {
	p, ok := m.src.(prover)
	file, fok := m.dst.(*os.File)
	if !ok || !fok {
		return m.prepare(size)
	}
	from, err := proven(ctx, p, file, size, m.buf)
	if err == nil {
		err = m.dst.Truncate(from)
	}
	if err == nil {
		err = m.prepare(size)
	}
	if err == nil && from > 0 {
		m.src = &resumedImage{m.src, file, from}
		m.dst = &resumedFile{file, from}
	}
	return err
}

// proven returns how many bytes of the file, from its start, are those of the image.
func proven(ctx context.Context, p prover, file *os.File, size int64, buf []byte) (int64, error) {
	st, err := file.Stat()
	if err != nil {
		return 0, err
	}
	for at := int64(0); at < size; {
		n, want := p.NextSum(at)
		if n <= 0 || n > st.Size()-at {
			return at, nil
		}
		h := sha256.New()
		for off := at; off < at+n; {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			b := buf[:min(int64(len(buf)), at+n-off)]
			if _, err := file.ReadAt(b, off); err != nil {
				return at, nil // whatever cannot be read is written again
			}
			h.Write(b)
			off += int64(len(b))
		}
		if [sha256.Size]byte(h.Sum(nil)) != want {
			return at, nil
		}
		at += n
	}
	return size, nil
}

// resumedImage reads its first bytes from the file they are in already.
type resumedImage struct {
	flash.Image
	file *os.File
	from int64
}

func (r *resumedImage) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 || off >= r.from {
		return r.Image.ReadAt(b, off)
	}
	head := b[:min(int64(len(b)), r.from-off)]
	n, err := r.file.ReadAt(head, off)
	if n < len(head) || len(head) == len(b) {
		return n, err
	}
	m, err := r.Image.ReadAt(b[n:], r.from)
	return n + m, err
}

// Check implements flash.Checker.
func (r *resumedImage) Check() error { return flash.Check(r.Image) }

// NextData answers as the image below does: the proven bytes are its own.
func (r *resumedImage) NextData(off int64) (flash.Extent, error) { return flash.NextData(r.Image, off) }

// resumedFile writes nothing to where the right bytes stand.
type resumedFile struct {
	*os.File
	from int64
}

func (r *resumedFile) WriteAt(b []byte, off int64) (int, error) {
	skip := max(0, min(r.from-off, int64(len(b))))
	n, err := r.File.WriteAt(b[skip:], off+skip)
	return int(skip) + n, err
}

// Leave ends a run that failed without removing what it wrote: the marker stays, and a
// run with Resume continues from there. After Finish or Abandon it does nothing.
func (f *Folder) Leave() {
	if f.closed {
		return
	}
	f.closed = true
	if f.lock != nil {
		f.lock.Close()
	}
}
