package files

import (
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// System is a file system by inode numbers, as a format package reads it. Its methods
// are safe for several goroutines. Damage that leaves something to return is among its
// problems, other damage is the error.
type System interface {
	// Root returns the number of the root directory.
	Root() uint64
	// Inode reads one inode.
	Inode(num uint64) (*Inode, error)
	// Entries calls yield for each name in a directory, in the order in which they
	// are stored and without "." and "..", until yield says false.
	Entries(dir *Inode, yield func(Entry) bool) error
	// Content returns the bytes of a regular file.
	Content(file *Inode) (flash.Image, error)
	// Target returns where a symbolic link leads.
	Target(link *Inode) (string, error)
	// Problems returns what was found damaged so far.
	Problems() []flash.Problem
}

// Inode is a file of any kind.
type Inode struct {
	Num          uint64
	Mode         fs.FileMode
	Size         int64 // bytes of a file, of a link's target, of a directory as stored
	UID, GID     uint32
	Links        uint32
	Major, Minor uint32 // of a device
	ModTime      time.Time
	Encrypted    bool // content, and names in a directory, are ciphertext

	Sys any // what the format package keeps of it
}

// Entry is one name in a directory.
type Entry struct {
	Name string // never empty, never with a slash; ciphertext is shown as base64url
	Num  uint64
	Type fs.FileMode // the type bits, fs.ModeIrregular when the directory does not tell
}

// ErrEncrypted is wrapped when content is ciphertext to which only the phone has the
// key.
var ErrEncrypted = errors.New("encrypted by the phone (fscrypt), the key is not in the dump")

// maxProblems is how many problems of one file system are told one by one.
const maxProblems = 50

// Damage collects the problems of one file system, each once and not without end. The
// zero value is ready.
type Damage struct {
	mu    sync.Mutex
	seen  map[flash.Problem]bool
	list  []flash.Problem
	extra int
}

// Add notes a problem.
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

// Problems returns a copy of the list. When it is full, its last problem says so.
func (d *Damage) Problems() []flash.Problem {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := append([]flash.Problem{}, d.list...)
	if d.extra > 0 {
		out = append(out, flash.NewProblem(flash.Worst(out), "file system", flash.NoOffset, "has more such problems than are told here"))
	}
	return out
}
