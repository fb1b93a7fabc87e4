package split

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// Unfinished reports whether a folder was left unfinished by a run, or is still being written.
func Unfinished(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, flash.MarkerName))
	return err == nil
}

// reservedNames are used by the folder itself; no output may have one of them.
var reservedNames = []string{flash.MarkerName, flash.ManifestName, "sha256sums"}

// bookNames are the files that every run writes last. A marker does not list them.
var bookNames = []string{flash.ManifestName, flash.SumsName}

// markerForm is the form of the markers that this program believes.
const markerForm = 2

// markerAbout is the first line of every marker, for a person who finds one.
const markerAbout = "mtkkit has not finished here; the same command completes or repeats it, and removes only files that are listed under made"

// marker is the content of a marker file: a document, and then records, each on a line. A record
// changes the fields that it has.
//
// A marker is believed only if Self is the identity of the marker file itself, and a file only if
// Made has its identity. So a marker that was copied, or that somebody else wrote, proves nothing.
type marker struct {
	About string    `json:"about"`
	Form  int       `json:"form"`
	Run   markerRun `json:"run"`
	Self  string    `json:"self"`          // identity of the marker file (disk.Identity)
	Files []string  `json:"files"`         // names of the files that the run makes
	Old   []oldFile `json:"old,omitempty"` // files of an earlier run, which stay until the new ones are whole

	Made   map[string]string `json:"made,omitempty"`   // identities of the files that the run made; they have the name NAME.part or NAME
	Commit []string          `json:"commit,omitempty"` // all files are whole: these names are to be given to them
	Undone bool              `json:"undone,omitempty"` // Commit is not valid any more

	own map[string]bool // files that this process made, by their present names
}

// markerRun says which run wrote a marker.
type markerRun struct {
	ID      string    `json:"id"` // random
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// oldFile is a file of an earlier run that will be replaced.
type oldFile struct {
	Name     string    `json:"name"`
	Identity string    `json:"identity"`
	Size     int64     `json:"size"` // bytes
	Modified time.Time `json:"modified"`
}

// maxMarker is the size limit of a marker, bytes.
const maxMarker = 16 << 20

// readMarker returns the marker of an unfinished run. It returns nil and no error if there is no
// marker, and a *flash.Refusal if the run is still running or the marker proves nothing. Names are
// checked with check.
func readMarker(path string, check func(string) error) (*marker, error) {
	in, m, err := openMarker(path, check)
	if in != nil {
		in.Close()
	}
	return m, err
}

// openMarker is readMarker, and returns the file, open and locked.
func openMarker(path string, check func(string) error) (*os.File, *marker, error) {
	if st, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, fmt.Errorf("split: %w", err)
	} else if !st.Mode().IsRegular() {
		return nil, nil, strangeMarker(path)
	}
	in, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) { // its run has just ended
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("split: %w", err)
	}
	m, err := lockedMarker(in, path, check)
	if err != nil {
		in.Close()
		return nil, nil, err
	}
	return in, m, nil
}

// lockedMarker locks an open marker and reads it.
func lockedMarker(in *os.File, path string, check func(string) error) (*marker, error) {
	if !disk.TryLock(in) {
		return nil, busy(path)
	}
	b, err := io.ReadAll(io.LimitReader(in, maxMarker))
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	m := decodeMarker(b)
	if m == nil || m.check(check) != nil {
		return nil, strangeMarker(path)
	}
	if self, err := identity(path); err != nil || self == "" || self != m.Self {
		return nil, strangeMarker(path)
	}
	return m, nil
}

// decodeMarker decodes a marker, or returns nil. A run that was killed while it wrote a record
// leaves a part of it at the end, which does not count.
func decodeMarker(b []byte) *marker {
	d := json.NewDecoder(bytes.NewReader(b))
	m := new(marker)
	if d.Decode(m) != nil {
		return nil
	}
	for {
		next := *m
		next.Made = nil
		if d.Decode(&next) != nil {
			return m
		}
		for name, id := range m.Made {
			if _, newer := next.Made[name]; !newer {
				next.note(name, id)
			}
		}
		*m = next
	}
}

// note records the identity of a file.
func (m *marker) note(name, id string) {
	if m.Made == nil {
		m.Made = map[string]string{}
	}
	m.Made[name] = id
}

// check returns an error if no run of this program writes such a marker.
func (m *marker) check(name func(string) error) error {
	if m.Form != markerForm || m.Run.ID == "" || m.Run.PID <= 0 || m.Run.Started.IsZero() {
		return errors.New("not the form of a marker")
	}
	listed := map[string]bool{}
	for _, n := range bookNames {
		listed[n] = true
	}
	for _, n := range m.Files {
		if err := name(n); err != nil {
			return err
		}
		listed[n] = true
	}
	for n := range m.Made {
		if !listed[n] {
			return fmt.Errorf("%q is not a file of the run", n)
		}
	}
	for _, n := range m.Commit {
		if !listed[n] {
			return fmt.Errorf("%q is not a file of the run", n)
		}
	}
	for _, o := range m.Old {
		if err := name(o.Name); err != nil {
			return err
		}
	}
	return nil
}

// checkName is the check of names in the marker of a folder.
func checkName(name string) error {
	if slices.Contains(reservedNames, strings.ToLower(name)) && !slices.Contains(bookNames, name) {
		return fmt.Errorf("split: %q is reserved", name)
	}
	return flash.CheckFileName(name)
}

// checkBase is the check of names in the marker of a single file, whose name the user chose.
func checkBase(name string) error {
	if name != filepath.Base(name) || name == "." || name == ".." || strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("split: %q is not a file name", name)
	}
	return nil
}

// committed reports whether the files of the run are whole and only lack their names.
func (m *marker) committed() bool { return m != nil && len(m.Commit) > 0 && !m.Undone }

// proves reports whether the file name+suffix in dir was made by the run of the marker. A run may
// be killed before it records a file: it is empty then.
func (m *marker) proves(dir, name, suffix string) bool {
	if m == nil {
		return false
	}
	path := filepath.Join(dir, name+suffix)
	st, err := os.Lstat(path)
	if err != nil || !st.Mode().IsRegular() {
		return false
	}
	if id, made := m.Made[name]; made {
		if id == "" { // the file system has no identities
			return m.own[name+suffix]
		}
		if got, err := identity(path); err == nil && got == id {
			return true
		}
	}
	return suffix == partSuffix && st.Size() == 0 && (slices.Contains(m.Files, name) || slices.Contains(bookNames, name))
}

// provesAny reports whether the file with this whole name in dir was made by the run.
func (m *marker) provesAny(dir, file string) bool {
	name, isPart := strings.CutSuffix(file, partSuffix)
	return m.proves(dir, file, "") || isPart && m.proves(dir, name, partSuffix)
}

// names returns the names of all files that the run may have made, the manifest first: with it, the
// folder would look finished.
func (m *marker) names() []string {
	if m == nil {
		return nil
	}
	return append(slices.Clone(bookNames), slices.DeleteFunc(slices.Clone(m.Files), func(n string) bool { return slices.Contains(bookNames, n) })...)
}

// clear removes the files that the run made, but not those in keep.
func (m *marker) clear(dir string, keep map[string]bool) error {
	for _, n := range m.names() {
		if keep[n] {
			continue
		}
		for _, suffix := range []string{"", partSuffix} {
			if !m.proves(dir, n, suffix) {
				continue
			}
			if err := removeFile(filepath.Join(dir, n+suffix)); err != nil {
				return err
			}
		}
	}
	return nil
}

func busy(path string) *flash.Refusal {
	return refuse(flash.ReasonBusy, path, "another run is writing here")
}

func strangeMarker(path string) *flash.Refusal {
	return refuse(flash.ReasonMarker, path, "is not the marker of a run of mtkkit here: it was copied, or another program wrote it; nothing that it lists was touched")
}
