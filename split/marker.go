package split

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
)

// markerName is the file that says: not finished, and this is what the run owns.
const markerName = ".mtkkit-unfinished"

// reservedNames are the folder's own; no output may have one.
var reservedNames = []string{markerName, flash.ManifestName, "sha256sums"}

// bookNames are written by every run without being listed.
var bookNames = []string{flash.ManifestName, flash.SumsName}

// marker is the content of the marker file.
type marker struct {
	About string   `json:"about"`
	Files []string `json:"files"`
}

// writeMarker puts a marker at path, all at once and on the disk, and returns it open
// and locked. The lock dies with the process, so that a second run can tell a running
// one from a killed one.
func writeMarker(path string, files []string) (*os.File, error) {
	b, err := json.MarshalIndent(marker{"mtkkit has not finished here; the next run removes these files", files}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	out, err := os.Create(path + partSuffix)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	_, err = out.Write(append(b, '\n'))
	if serr := out.Sync(); err == nil {
		err = serr
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(path+partSuffix, path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("split: %w", err), os.Remove(path+partSuffix))
	}
	syncDir(filepath.Dir(path))
	held, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	if !tryLock(held) {
		held.Close()
		return nil, busy(path)
	}
	return held, nil
}

// readMarker returns what an unfinished run left behind as its list. It returns nil
// and no error when there is no marker, and a *Refusal when the run is alive or the
// marker cannot be believed.
func readMarker(path string) (*marker, error) {
	if st, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	} else if !st.Mode().IsRegular() {
		return nil, strangeMarker(path)
	}
	in, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	defer in.Close()
	if !tryLock(in) {
		return nil, busy(path)
	}
	b, err := io.ReadAll(io.LimitReader(in, 16<<20))
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	m := new(marker)
	if json.Unmarshal(b, m) != nil {
		return nil, strangeMarker(path)
	}
	for _, n := range m.Files {
		if n != filepath.Base(n) || n == "." || n == ".." {
			return nil, strangeMarker(path)
		}
	}
	return m, nil
}

func busy(path string) *Refusal {
	return &Refusal{Busy, path, "another run is writing here", "wait for it, or choose another place with -o"}
}

func strangeMarker(path string) *Refusal {
	return &Refusal{Exists, path, "is not a marker that mtkkit wrote", "look at the folder, or choose another one"}
}

// removeOwned removes the files of a run from dir: the names, their .part files, and
// the books. Only plain files are removed; the marker stays.
func removeOwned(dir string, names []string) error {
	for _, list := range [][]string{bookNames, names} { // the manifest first: it would call the folder finished
		for _, n := range list {
			if n == markerName {
				continue // a list that names itself
			}
			for _, suffix := range []string{"", partSuffix} {
				path := filepath.Join(dir, n+suffix)
				if st, err := os.Lstat(path); err != nil || !st.Mode().IsRegular() {
					continue
				}
				if err := os.Remove(path); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
