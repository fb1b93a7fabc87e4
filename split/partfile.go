package split

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// partFile is an open file as an Image with known holes.
type partFile struct {
	file  *os.File
	state disk.State
}

// openPart opens a regular file by its path in a folder. It does not follow links, because an
// untrusted folder must not lead to files elsewhere.
func openPart(dir, name string) (*partFile, error) {
	root, err := disk.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name = filepath.FromSlash(name)
	st, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", filepath.Join(dir, name))
	}
	f, err := disk.OpenIn(root, name)
	if err != nil {
		return nil, err
	}
	state, err := disk.StateOf(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &partFile{f, state}, nil
}

func (p *partFile) ReadAt(b []byte, off int64) (int, error) { return p.file.ReadAt(b, off) }
func (p *partFile) Size() int64                             { return p.state.Size() }
func (p *partFile) File() *os.File                          { return p.file }
func (p *partFile) Close() error                            { return p.file.Close() }

// Check implements flash.Checker.
func (p *partFile) Check() error { return p.state.Check(p.file) }

// NextData asks the file system; without an answer all is data. A file that has changed has no
// reliable holes: this is an error.
func (p *partFile) NextData(off int64) (flash.Extent, error) {
	start, end, err := p.state.NextData(p.file, off)
	if err != nil {
		return flash.Extent{Offset: p.Size()}, err
	}
	return flash.Extent{Offset: start, Length: end - start}, nil
}
