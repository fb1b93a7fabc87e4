package split

import (
	"errors"
	"fmt"
	"os"

	"github.com/mtkkit/mtkkit/flash"
)

// partFile is an open file as an Image that knows its holes.
type partFile struct {
	file *os.File
	size int64
}

// openPart opens a plain file. Links are not followed: a folder from a stranger must
// not make us read elsewhere.
func openPart(path string) (*partFile, error) {
	st, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a plain file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if now, err := f.Stat(); err != nil || !os.SameFile(st, now) {
		f.Close()
		return nil, errors.Join(fmt.Errorf("%s changed while it was opened", path), err)
	}
	return &partFile{f, st.Size()}, nil
}

func (p *partFile) ReadAt(b []byte, off int64) (int, error) { return p.file.ReadAt(b, off) }
func (p *partFile) Size() int64                             { return p.size }
func (p *partFile) File() *os.File                          { return p.file }
func (p *partFile) Close() error                            { return p.file.Close() }

// NextData asks the file system; one that does not know says that all is data.
func (p *partFile) NextData(off int64) (flash.Extent, error) {
	start, end := seekData(p.file, off, p.size)
	if start >= p.size {
		return flash.Extent{Offset: p.size}, nil
	}
	return flash.Extent{Offset: start, Length: min(end, p.size) - start}, nil
}
