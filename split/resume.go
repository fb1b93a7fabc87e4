package split

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/mtkkit/mtkkit/flash"
)

// prover is an Image that knows the hashes of its bytes before they are read, as consecutive
// ranges from its start. With them, the bytes of such an image that a killed run has written can
// be found.
type prover interface {
	// NextSum returns the length and the SHA-256 of the range that begins at off.
	NextSum(off int64) (length int64, sum [sha256.Size]byte)
}

// keep prepares the outputs that a killed run left and that its marker proves, so that Copy
// continues with them: each gets the name NAME.part again. It returns their names.
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
		if f.owner.proves(f.dir, o.Name, "") && !isPlain(part) {
			if err := renameFile(whole, part); err != nil {
				return nil, fmt.Errorf("split: %w", err)
			}
		}
		st, err := os.Lstat(part)
		if err == nil && st.Size() > 0 && f.owner.proves(f.dir, o.Name, partSuffix) {
			kept[o.Name] = true
		}
	}
	return kept, nil
}

func isPlain(path string) bool {
	st, err := os.Lstat(path)
	return err == nil && st.Mode().IsRegular()
}

// goOn finds out how much of an image is already in its file, and makes m write only the rest.
// Bytes behind the proven ones are cut off.
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

// proven returns how many bytes from the start of the file are equal to the image.
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
				return at, nil // bytes that cannot be read are written again
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

// resumedImage reads its first bytes from the file that already has them.
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

// NextData answers like the image itself: the proven bytes are equal to its own.
func (r *resumedImage) NextData(off int64) (flash.Extent, error) { return flash.NextData(r.Image, off) }

// resumedFile does not write where the file already has the right bytes.
type resumedFile struct {
	*os.File
	from int64
}

func (r *resumedFile) WriteAt(b []byte, off int64) (int, error) {
	skip := max(0, min(r.from-off, int64(len(b))))
	n, err := r.File.WriteAt(b[skip:], off+skip)
	return int(skip) + n, err
}

// Leave ends a run that failed and keeps what it wrote: the marker stays, and a run with Resume
// continues from there. After Finish or Abandon it does nothing.
func (f *Folder) Leave() {
	if f.closed {
		return
	}
	f.closed = true
	if f.owner != nil {
		f.owner.close()
	}
}
