package split

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

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

// bookNames are the files that every run writes and that the marker does not list.
var bookNames = []string{flash.ManifestName, flash.SumsName}

// marker is the content of the marker file.
type marker struct {
	About string   `json:"about"`
	Files []string `json:"files"`
}

// writeMarker writes a marker to path, as a whole and synced, and returns it open and locked.
// The lock ends with the process, so that a second run can distinguish a running one from a
// killed one. It is taken before the file has its name: of two runs that start at the same time,
// one gets the folder and the others a *flash.Refusal.
func writeMarker(path string, files []string) (*os.File, error) {
	b, err := json.MarshalIndent(marker{"mtkkit has not finished here; the next run removes these files", files}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	part := path + partSuffix
	out, err := disk.OpenOwn(part)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	if !disk.TryLock(out) || !sameFile(out, part) { // another run writes here, or has just ended
		out.Close()
		return nil, busy(path)
	}
	if _, err = readMarker(path); err == nil {
		err = disk.Fill(out, path, disk.PublishOptions{KeepOpen: true, SyncDir: syncDir}, func(f *os.File) error {
			_, err := f.Write(append(b, '\n'))
			return err
		})
	} else {
		os.Remove(part)
	}
	if err != nil {
		out.Close()
		if flash.AsRefusal(err) != nil {
			return nil, err
		}
		return nil, fmt.Errorf("split: %w", err)
	}
	return out, nil
}

// sameFile reports whether path names the open file f.
func sameFile(f *os.File, path string) bool {
	a, aerr := f.Stat()
	b, berr := os.Lstat(path)
	return aerr == nil && berr == nil && os.SameFile(a, b)
}

// readMarker returns the marker of an unfinished run. It returns nil and no error if there is no
// marker, and a *flash.Refusal if the run is still running or the marker is invalid.
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
	if !disk.TryLock(in) {
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

func busy(path string) *flash.Refusal {
	return refuse(flash.ReasonBusy, path, "another run is writing here")
}

func strangeMarker(path string) *flash.Refusal {
	return refuse(flash.ReasonMarker, path, "is not a marker that mtkkit wrote")
}

// removeOwned removes the files of a run from dir: the names, their .part files, the manifest
// and the sums. It only removes regular files; the marker stays.
func removeOwned(dir string, names []string) error {
	for _, list := range [][]string{bookNames, names} { // the manifest first: with it, the folder would look finished
		for _, n := range list {
			if n == flash.MarkerName {
				continue // the marker lists itself
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
