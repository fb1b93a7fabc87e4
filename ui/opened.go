package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
)

// opening is what the user opens: a path, and the files that belong to it. "" is none.
type opening struct {
	Path, Scatter, Boot1 string
	Pieces               string // paths of the other pieces of a sparse image, one a line
	Key                  string // file with the private key of an encrypted backup
	Passphrase           string // is in no page and in no address
}

// paths returns the path, and those of other pieces.
func (o opening) paths() []string {
	out := []string{o.Path}
	for line := range strings.Lines(o.Pieces) {
		if p := cleanTyped(line); p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// errPassphrase is the error of a file that is encrypted with a passphrase, when none was given.
var errPassphrase = errors.New("it is encrypted: give its passphrase")

// options returns the options of the library.
func (o opening) options() dump.Options {
	keys := sync.OnceValues(func() ([]seal.Key, error) {
		var files []string
		if o.Key != "" {
			files = []string{o.Key}
		}
		list, err := seal.Keys(files)
		return append(list, seal.Asking(func(string, bool) (string, error) {
			if o.Passphrase == "" {
				return "", errPassphrase
			}
			return o.Passphrase, nil
		})), err
	})
	return dump.Options{Table: o.Scatter, Boot1: o.Boot1, Keys: keys}
}

// opened is a dump, a backup or a folder that is open in the window.
type opened struct {
	id int
	opening

	// These belong to dumps.mu.
	content *content           // nil if it is not open now
	err     error              // why it could not be opened
	changed bool               // its files have changed while it was open
	event   flash.Event        // progress of the opening
	cancel  context.CancelFunc // ends the opening; nil if it is not being opened
	watch   chan struct{}      // is closed at the next change
	used    uint64             // when it was used, in uses of all
}

// address is the path of its page.
func (o *opened) address() string { return fmt.Sprintf("/dump/%d", o.id) }

// tell says that something has changed. The caller has locked dumps.mu.
func (o *opened) tell() {
	close(o.watch)
	o.watch = make(chan struct{})
}

// maxOpen is the number of dumps whose files are open at the same time. The one that was not used for
// the longest time is closed first, and opened again when it is needed.
const maxOpen = 6

// dumps are those that the user has opened. The zero value can be used.
type dumps struct {
	first sync.Once                                                      // the dump that the program was started with was opened
	tool  string                                                         // name and version of the program
	note  func(path, title string)                                       // is told what was opened; nil: nobody
	load  func(context.Context, opening, dump.Options) (*content, error) // nil: load

	mu     sync.Mutex
	list   []*opened // all of them, also closed ones; an id is an index plus one
	uses   uint64
	closed bool
	work   sync.WaitGroup // openings, and uses of a content
}

// open returns the entry for what the user opens, and begins to open it if it is not open as it is now
// on the disk.
func (d *dumps) open(o opening) *opened {
	x := d.entry(o)
	c, done := d.use(x)
	old := c != nil && (c.grown() || c.dump != nil && c.dump.Source.Unfinished) // it may be finished now, in other files
	done()
	d.mu.Lock()
	defer d.mu.Unlock()
	if old || x.err != nil {
		d.drop(x)
		d.begin(x)
	}
	return x
}

func (d *dumps) entry(o opening) *opened {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.IndexFunc(d.list, func(x *opened) bool { return x.opening == o }); i >= 0 {
		return d.list[i]
	}
	x := &opened{id: len(d.list) + 1, opening: o, watch: make(chan struct{})}
	d.list = append(d.list, x)
	return x
}

// find returns the entry with an id, nil if there is none.
func (d *dumps) find(id int) *opened {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id < 1 || id > len(d.list) {
		return nil
	}
	return d.list[id-1]
}

// use returns what was opened; done must be called when it is not needed any more. It is nil while it
// is being opened, which use begins, and if it cannot be opened. A content that has changed on the
// disk is opened again.
func (d *dumps) use(x *opened) (c *content, done func()) {
	if c, done = d.hold(x); c == nil {
		return c, done
	}
	if err := c.check(); err == nil {
		return c, done
	}
	done()
	d.mu.Lock()
	if x.content == c {
		d.drop(x)
		x.changed = true
		d.begin(x)
	}
	d.mu.Unlock()
	return nil, func() {}
}

// hold is use for a content that may have changed.
func (d *dumps) hold(x *opened) (c *content, done func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.uses++
	x.used = d.uses
	if x.content == nil || d.closed {
		if x.err == nil {
			d.begin(x)
		}
		return nil, func() {}
	}
	c = x.content
	c.users++
	d.work.Add(1)
	return c, func() {
		d.mu.Lock()
		c.users--
		d.shut(c)
		d.mu.Unlock()
		d.work.Done()
	}
}

// begin opens an entry in the background. The caller has locked d.mu.
func (d *dumps) begin(x *opened) {
	if x.cancel != nil || d.closed {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	x.cancel, x.err, x.event = cancel, nil, flash.Event{}
	open := load
	if d.load != nil {
		open = d.load
	}
	d.work.Go(func() {
		opt := x.options()
		opt.Tool, opt.Progress = d.tool, func(e flash.Event) {
			d.mu.Lock()
			x.event = e
			x.tell()
			d.mu.Unlock()
		}
		c, err := safely(func() (*content, error) { return open(ctx, x.opening, opt) })
		if c != nil {
			c.end = cancel // images of a package are unpacked when they are read
		} else {
			cancel()
		}
		if err == nil && d.note != nil && !oci.IsLayout(x.Path) { // a store is no path
			d.note(x.Path, c.title())
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		x.content, x.err, x.cancel = c, err, nil
		if c != nil {
			c.reopened, x.changed = x.changed, false
		}
		if d.closed {
			d.drop(x)
		}
		d.trim()
		x.tell()
	})
}

// safely calls open. A fault of the program in a strange file does not end the jobs that run.
func safely(open func() (*content, error)) (c *content, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			c, err = nil, fmt.Errorf("a fault of mtkkit: %v\n%s", fault, debug.Stack())
		}
	}()
	return open()
}

// drop ends the use of a content. The caller has locked d.mu.
func (d *dumps) drop(x *opened) {
	if c := x.content; c != nil {
		x.content, c.dropped = nil, true
		d.shut(c)
	}
}

// shut closes the files of a content that was dropped when nobody uses it any more. The caller has
// locked d.mu.
func (d *dumps) shut(c *content) {
	if c.dropped && c.users == 0 {
		_ = c.close() // it was only read
	}
}

// trim closes what was not used for the longest time. The caller has locked d.mu.
func (d *dumps) trim() {
	open := slices.DeleteFunc(slices.Clone(d.list), func(x *opened) bool { return x.content == nil })
	slices.SortFunc(open, func(a, b *opened) int { return cmp.Compare(a.used, b.used) })
	for _, x := range open[:max(len(open)-maxOpen, 0)] {
		d.drop(x)
	}
}

// stop ends the opening of an entry.
func (d *dumps) stop(x *opened) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if x.cancel != nil {
		x.cancel()
	}
}

// patience is how long the end of the program waits for reads that do not end, as on a drive of a
// network that is gone.
const patience = 10 * time.Second

// close closes all files, and removes what was unpacked. It waits for those who still read; the end
// of their requests ends them.
func (d *dumps) close() {
	d.mu.Lock()
	d.closed = true
	for _, x := range d.list {
		if x.cancel != nil {
			x.cancel()
		}
		if x.content != nil && x.content.end != nil {
			x.content.end()
		}
		d.drop(x)
	}
	d.mu.Unlock()
	ended := make(chan struct{})
	go func() { d.work.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
	}
}

// openState is the state of an entry that is not open.
type openState struct {
	Running bool
	Changed bool // it is opened again, because it has changed
	Event   flash.Event
	Err     error
}

// state returns the state of an entry, and a channel that is closed at its next change.
func (d *dumps) state(x *opened) (openState, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return openState{Running: x.cancel != nil, Changed: x.changed, Event: x.event, Err: x.err}, x.watch
}

// withDump finds the opened dump of an address.
func (w *window) withDump(do func(http.ResponseWriter, *http.Request, *opened)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		id, _ := strconv.Atoi(r.PathValue("id"))
		x := w.dumps.find(id)
		if x == nil {
			w.refuse(rw, r, http.StatusNotFound, errors.New(w.language(r).T("refused.dump")))
			return
		}
		do(rw, r, x)
	}
}

// withContent is withDump for pages that show what was opened. While it is being opened, and if it
// cannot be opened, another page says so in their place.
func (w *window) withContent(do func(http.ResponseWriter, *http.Request, *opened, *content)) http.HandlerFunc {
	return w.withDump(func(rw http.ResponseWriter, r *http.Request, x *opened) {
		c, done := w.dumps.use(x)
		defer done()
		if c == nil {
			w.showOpening(rw, r, x)
			return
		}
		do(rw, r, x, c)
	})
}
