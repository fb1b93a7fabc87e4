package erofs

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// Fields of a directory entry.
const (
	offNumber  = 0
	offName    = 8
	offType    = 10
	sizeDirent = 12

	// maxDirectory is the largest directory that is read, in bytes: the 2^20 names that
	// files.Tree accepts, each with the largest length.
	maxDirectory = 1 << 28
)

// Entries implements files.System.
func (f *FS) Entries(dir *files.Inode, yield func(files.Entry) bool) error {
	if !dir.Mode.IsDir() {
		return f.fail(sysOf(dir).at, fmt.Sprintf("inode %d is %s, not a directory", dir.Num, files.Kind(dir.Mode)), nil)
	}
	img, err := f.data(dir)
	if err != nil {
		return err
	}
	size := img.Size()
	if size > maxDirectory {
		f.Add(flash.Error, place(dir), sysOf(dir).at, "has 0x%x bytes, but only 0x%x are read", size, int64(maxDirectory))
		size = maxDirectory
	}
	for off := int64(0); off < size; off += f.block {
		b, err := flash.ReadFull(img, off, int(min(f.block, size-off)))
		if err != nil {
			f.Add(flash.Error, place(dir), flash.NoOffset, "its names from byte 0x%x on cannot be read: %v", off, err)
			return nil
		}
		if !f.entries(dir, off, b, yield) {
			return nil
		}
	}
	return nil
}

func place(dir *files.Inode) string { return fmt.Sprintf("directory inode %d", dir.Num) }

// entries calls yield for the entries of a block. It returns false if yield does. If an
// entry is impossible, a problem reports it, and the rest of the block is lost.
func (f *FS) entries(dir *files.Inode, off int64, b []byte, yield func(files.Entry) bool) bool {
	lost := func(format string, a ...any) bool {
		f.Add(flash.Error, place(dir), flash.NoOffset, "the block at byte 0x%x is damaged (%s); names in it are lost", off, fmt.Sprintf(format, a...))
		return true
	}
	if len(b) < sizeDirent {
		return lost("it has %d bytes", len(b))
	}
	first := int(le.Uint16(b[offName:]))
	if first < sizeDirent || first%sizeDirent != 0 || first > len(b) {
		return lost("its names begin at %d", first)
	}
	for at := 0; at < first; at += sizeDirent {
		e := b[at:]
		start, end := int(le.Uint16(e[offName:])), len(b)
		if at+sizeDirent < first {
			end = int(le.Uint16(e[sizeDirent+offName:]))
		}
		if start < first || end < start || end > len(b) {
			return lost("it has a name from %d to %d", start, end)
		}
		name, _, _ := bytes.Cut(b[start:end], []byte{0})
		switch raw := string(name); {
		case raw == "." || raw == "..":
		case raw == "" || strings.Contains(raw, "/"):
			return lost("it has the impossible name %q", raw)
		case !yield(files.Entry{Name: raw, Num: le.Uint64(e[offNumber:]), Type: entryType(e[offType])}):
			return false
		}
	}
	return true
}

func entryType(b byte) fs.FileMode {
	types := [...]fs.FileMode{fs.ModeIrregular, 0, fs.ModeDir, fs.ModeDevice | fs.ModeCharDevice, fs.ModeDevice,
		fs.ModeNamedPipe, fs.ModeSocket, fs.ModeSymlink}
	if int(b) < len(types) {
		return types[b]
	}
	return fs.ModeIrregular
}
