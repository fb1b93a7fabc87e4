package ui

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// maxEntries is how many entries of a folder are shown.
const maxEntries = 5000

// folderList is a folder from which a person chooses a file.
type folderList struct {
	Path    string        // absolute
	Parent  string        // absolute; "" for the root of a file system
	Entries []folderEntry // folders first, then by name without case
	Rest    int           // entries that come after maxEntries
}

// folderEntry is a file or folder. A link is what it leads to.
type folderEntry struct {
	Name, Path string
	Dir        bool
	Size       int64     // bytes; 0 unless Kind is kindFile
	ModTime    time.Time // zero if it is unknown
	Kind       entryKind

	found fs.DirEntry
}

// entryKind tells what can be done with an entry: a folder can be listed and a file be opened.
type entryKind string

const (
	kindFolder entryKind = "folder"
	kindFile   entryKind = "file"
	kindDevice entryKind = "device"
	kindPipe   entryKind = "pipe"
	kindSocket entryKind = "socket"
	kindBroken entryKind = "broken link"
	kindOther  entryKind = "other"
)

// listFolder lists a folder, with hidden entries if hidden is true. It opens no file. An error
// says in plain words why the folder cannot be listed; errors.Is knows fs.ErrNotExist,
// fs.ErrPermission and syscall.ENOTDIR.
func listFolder(path string, hidden bool) (*folderList, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, folderError(path, err)
	}
	found, err := readFolder(abs)
	if err != nil {
		return nil, folderError(abs, err)
	}
	list := &folderList{Path: abs}
	if parent := filepath.Dir(abs); parent != abs {
		list.Parent = parent
	}
	for _, d := range found {
		if hidden || !isHidden(d) {
			list.Entries = append(list.Entries, newEntry(abs, d))
		}
	}
	slices.SortFunc(list.Entries, compareEntries)
	if rest := len(list.Entries) - maxEntries; rest > 0 {
		list.Entries, list.Rest = list.Entries[:maxEntries:maxEntries], rest
	}
	for i := range list.Entries {
		list.Entries[i].measure()
	}
	return list, nil
}

// readFolder reads names and kinds. The dot keeps a pipe of the folder's name from being opened,
// which would wait for a writer.
func readFolder(path string) ([]fs.DirEntry, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return nil, syscall.ENOTDIR
	}
	return os.ReadDir(path + string(filepath.Separator) + ".")
}

// newEntry returns an entry without its size and time, which take a question to the disk each.
// Only links are followed at once: they are sorted by what they lead to. The mount points of
// Windows count as irregular.
func newEntry(dir string, d fs.DirEntry) folderEntry {
	e := folderEntry{Name: d.Name(), Path: filepath.Join(dir, d.Name()), Kind: entryKindOf(d.Type()), found: d}
	if d.Type()&(fs.ModeSymlink|fs.ModeIrregular) != 0 {
		e.Kind = kindBroken
		if st, err := os.Stat(e.Path); err == nil {
			e.Kind, e.found = entryKindOf(st.Mode()), fs.FileInfoToDirEntry(st)
		}
	}
	e.Dir = e.Kind == kindFolder
	return e
}

func entryKindOf(m fs.FileMode) entryKind {
	switch {
	case m.IsDir():
		return kindFolder
	case m.IsRegular():
		return kindFile
	case m&fs.ModeDevice != 0:
		return kindDevice
	case m&fs.ModeNamedPipe != 0:
		return kindPipe
	case m&fs.ModeSocket != 0:
		return kindSocket
	}
	return kindOther
}

// measure fills in size and time. A file that has just been removed has none.
func (e *folderEntry) measure() {
	st, err := e.found.Info()
	if err != nil {
		return
	}
	e.ModTime = st.ModTime()
	if e.Kind == kindFile {
		e.Size = st.Size()
	}
}

func compareEntries(a, b folderEntry) int {
	if a.Dir != b.Dir {
		if a.Dir {
			return -1
		}
		return 1
	}
	return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Name, b.Name))
}

func folderError(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err // the path is in front already
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such folder (%w)", path, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: you have no right to list this folder (%w)", path, err)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%s: this is a file and not a folder (%w)", path, err)
	}
	return fmt.Errorf("%s: the folder cannot be listed: %w", path, err)
}
