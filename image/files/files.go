package files

import (
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// System is a file system by inode numbers, as a format package reads it. Its methods
// can be called from several goroutines. Damage that leaves a result is added to
// Problems; other damage is the error.
type System interface {
	// Root returns the number of the root directory.
	Root() uint64
	// Inode reads one inode.
	Inode(num uint64) (*Inode, error)
	// Entries calls yield for each name in a directory, in stored order and without "."
	// and "..", until yield returns false.
	Entries(dir *Inode, yield func(Entry) bool) error
	// Content returns the bytes of a regular file.
	Content(file *Inode) (flash.Image, error)
	// Target returns the path in a symbolic link.
	Target(link *Inode) (string, error)
	// Problems returns the damage found so far.
	Problems() []flash.Problem
}

// Inode is a file of any kind.
type Inode struct {
	Num          uint64
	Mode         fs.FileMode
	Size         int64 // bytes of a file, of a link's target, or of a directory as stored
	UID, GID     uint32
	Links        uint32
	Major, Minor uint32 // of a device
	ModTime      time.Time
	Encrypted    bool // content, and names in a directory, are encrypted

	Sys any // data of the format package
}

// Entry is one name in a directory.
type Entry struct {
	Name string // never empty, never with a slash; an encrypted name is shown as base64url
	Num  uint64
	Type fs.FileMode // the type bits, fs.ModeIrregular if the directory does not contain them
}

// ErrEncrypted is wrapped by the error for content that is encrypted with a key that
// only the phone has.
var ErrEncrypted = errors.New("encrypted by the phone (fscrypt); the key is not in the dump")

// maxProblems is the largest number of problems that are listed for one file system.
const maxProblems = 50

// Damage collects the problems of one file system, each once, up to a limit. The zero
// value can be used.
type Damage struct {
	mu    sync.Mutex
	seen  map[flash.Problem]bool
	list  []flash.Problem
	extra int
}

// Add adds a problem, unless it is in the list.
func (d *Damage) Add(s flash.Severity, place string, off int64, format string, a ...any) {
	p := flash.NewProblem(s, place, off, format, a...)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.seen[p]:
	case len(d.list) == maxProblems:
		d.extra++
	default:
		if d.seen == nil {
			d.seen = map[flash.Problem]bool{}
		}
		d.seen[p] = true
		d.list = append(d.list, p)
	}
}

// Problems returns a copy of the list. If the list is full, its last problem reports
// this.
func (d *Damage) Problems() []flash.Problem {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := append([]flash.Problem{}, d.list...)
	if d.extra > 0 {
		out = append(out, flash.NewProblem(flash.Worst(out), "file system", flash.NoOffset, "has more problems of this kind than are listed"))
	}
	return out
}
