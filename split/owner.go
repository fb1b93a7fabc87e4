package split

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// These are variables, so that tests can stop a run before each step that changes a name, and can
// take the identities away.
var (
	identity   = disk.Identity
	makeFile   = createFile
	renameFile = os.Rename
	removeFile = os.Remove
)

// owner is the marker of this run, held open and locked. The lock ends with the process, so that a
// second run can distinguish a running one from a killed one. The zero value owns nothing.
type owner struct {
	marker
	path   string
	file   *os.File
	end    int64 // size of the marker, bytes
	noSync bool
	mu     sync.Mutex
}

// claim writes a marker to path, as a whole and synced. The lock is taken before the file has its
// name: of two runs that start at the same time, one gets the folder and the others a
// *flash.Refusal. What a killed run made is listed in the new marker, too, until it is removed.
func claim(path string, m marker, noSync bool, check func(string) error) (*owner, error) {
	part := path + partSuffix
	out, err := disk.OpenOwn(part)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	o := &owner{path: path, file: out, noSync: noSync}
	if !disk.TryLock(out) || !sameFile(out, part) { // another run writes here, or has just ended
		err = busy(path)
	} else if err = isMarkerPart(out); err == nil {
		if err = o.inherit(&m, check); err == nil {
			err = o.write(m)
		} else {
			os.Remove(part)
		}
	}
	if err != nil {
		out.Close()
		if flash.AsRefusal(err) != nil {
			return nil, err
		}
		return nil, fmt.Errorf("split: %w", err)
	}
	return o, nil
}

// isMarkerPart refuses a file that has the name of a marker that is being written, and is none.
func isMarkerPart(f *os.File) error {
	b, err := io.ReadAll(io.LimitReader(f, maxMarker))
	if err != nil || len(b) == 0 {
		return err
	}
	self, err := identity(f.Name())
	if m := decodeMarker(b); err != nil || m == nil || m.Self != self {
		return strangeMarker(f.Name())
	}
	return nil
}

// inherit adds to m what the marker of a killed run proves.
func (o *owner) inherit(m *marker, check func(string) error) error {
	left, err := readMarker(o.path, check)
	if err != nil || left == nil {
		return err
	}
	if left.committed() && len(left.Old) > 0 {
		return half(filepath.Dir(o.path))
	}
	m.Files = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(m.Files), left.Files...))))
	for n, id := range left.Made {
		m.note(n, id)
	}
	return nil
}

// write gives the marker its content and its name.
func (o *owner) write(m marker) error {
	self, err := identity(o.file.Name())
	if err != nil {
		return err
	}
	m.About, m.Form, m.Self = markerAbout, markerForm, self
	m.Run = markerRun{ID: rand.Text(), PID: os.Getpid(), Started: time.Now().UTC().Truncate(time.Second)}
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	b = append(b, '\n')
	o.marker, o.end = m, int64(len(b))
	return disk.Fill(o.file, o.path, disk.PublishOptions{KeepOpen: true, SyncDir: syncDir}, func(f *os.File) error {
		_, err := f.WriteAt(b, 0)
		return err
	})
}

// add adds a record to the marker.
func (o *owner) add(record any) error {
	b, err := json.Marshal(record)
	if err != nil {
		return err
	}
	n, err := o.file.WriteAt(append(b, '\n'), o.end)
	o.end += int64(n)
	if err == nil && !o.noSync {
		err = o.file.Sync()
	}
	return err
}

// create makes the empty files NAME.part, and records that they are of this run.
func (o *owner) create(names ...string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(names) == 0 {
		return nil
	}
	made := map[string]string{}
	if o.own == nil {
		o.own = map[string]bool{}
	}
	for _, n := range names {
		path := filepath.Join(filepath.Dir(o.path), n+partSuffix)
		f, err := makeFile(path)
		if errors.Is(err, fs.ErrExist) {
			return refuse(flash.ReasonInTheWay, path, "is in the way and was not written by mtkkit")
		}
		if err != nil {
			return err
		}
		o.own[n+partSuffix] = true
		err = f.Close()
		if err == nil {
			made[n], err = identity(path)
		}
		if err != nil {
			return err
		}
		o.note(n, made[n])
	}
	return o.add(struct {
		Made map[string]string `json:"made"`
	}{made})
}

// commit records that all files are whole. From here on a killed run is completed.
func (o *owner) commit(names []string) error {
	end := o.end
	err := o.add(struct {
		Commit []string `json:"commit"`
		Undone bool     `json:"undone"`
	}{names, false})
	if err != nil && o.file.Truncate(end) == nil && o.file.Sync() == nil { // the record is taken back
		o.end = end
		return err
	}
	o.Commit, o.Undone = names, false
	return err
}

// undo records that the commit does not count.
func (o *owner) undo() error {
	o.Undone = true
	return o.add(struct {
		Undone bool `json:"undone"`
	}{true})
}

// close ends the lock. The marker stays.
func (o *owner) close() { o.file.Close() }

// done ends the lock and removes the marker. Another run may already have removed it.
func (o *owner) done() error {
	o.close() // Windows cannot remove an open file
	return removeMarker(o.path)
}

// removeMarker removes the marker of a run that has ended.
func removeMarker(path string) error {
	if err := removeFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("split: %w", err)
	}
	return nil
}

// sameFile reports whether path names the open file f.
func sameFile(f *os.File, path string) bool {
	a, aerr := f.Stat()
	b, berr := os.Lstat(path)
	return aerr == nil && berr == nil && os.SameFile(a, b)
}

// half is the refusal for a folder whose files were being replaced, and some are gone since.
func half(dir string) *flash.Refusal {
	return refuse(flash.ReasonMarker, dir, "a run was stopped while it replaced the files here, and files that it made are gone or changed since: it cannot be completed")
}
