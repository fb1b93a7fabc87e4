package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// While a folder is opened, its files are opened through it, so that a link in an untrusted folder
// cannot lead to files elsewhere.

// enter makes path the folder that is being opened.
func (s *Source) enter(path string) (err error) {
	s.root, err = disk.OpenFolder(path)
	return err
}

// leave ends enter. Opened files stay open.
func (s *Source) leave() {
	if s.root != nil {
		s.root.Close()
		s.root = nil
	}
}

// within returns the name of a path in the folder that is being opened.
func (s *Source) within(path string) (name string, ok bool) {
	if s.root == nil {
		return "", false
	}
	name, err := filepath.Rel(s.root.Name(), path)
	return name, err == nil && filepath.IsLocal(name)
}

// stat returns the FileInfo of a file in the folder, or of one that the user named.
func (s *Source) stat(path string) (fs.FileInfo, error) {
	if name, ok := s.within(path); ok {
		return disk.StatIn(s.root, name)
	}
	return os.Stat(path)
}

// statBeside returns the FileInfo of a file that is beside one that the user named, and was
// found by its name. A link out of their folder is not followed.
func (s *Source) statBeside(path string) (fs.FileInfo, error) {
	if _, ok := s.within(path); ok {
		return s.stat(path)
	}
	return disk.StatInFolder(filepath.Dir(path), filepath.Base(path))
}

// openSibling is openFile for such a file, or for the file that was named.
func (s *Source) openSibling(ctx context.Context, path, named string) (*File, error) {
	if _, ok := s.within(path); ok || filepath.Clean(path) == filepath.Clean(named) {
		return s.openFile(ctx, path)
	}
	if _, err := s.statBeside(path); err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	return s.openFile(ctx, path)
}

// openAt opens a file in the folder, or one that the user named.
func (s *Source) openAt(path string) (*File, error) {
	name, ok := s.within(path)
	if !ok {
		return OpenFile(path)
	}
	return OpenFileIn(s.root, name)
}

// isFile reports whether an entry of the folder is a regular file. It reports other entries that
// the user may take for a file.
func (s *Source) isFile(e fs.DirEntry) (fs.FileInfo, bool) {
	st, err := disk.StatIn(s.root, e.Name())
	kind, strange := errors.AsType[*disk.KindError](err)
	switch {
	case strange:
		s.outside = append(s.outside, e.Name())
		s.problem(flash.Error, e.Name(), "%s", kind.Text)
	case err == nil && !st.IsDir() && !st.Mode().IsRegular():
		s.problem(flash.Warning, e.Name(), "is not a regular file and is not opened")
	case err != nil && e.Type()&fs.ModeSymlink != 0:
		s.problem(flash.Warning, e.Name(), "is a link to a file that does not exist")
	}
	return st, err == nil && st.Mode().IsRegular()
}

// openDir opens a folder, and no file outside of it. Archives are often unpacked into a folder that has
// nothing but the folder in them; then that one is opened.
func (s *Source) openDir(ctx context.Context, path string, depth int) error {
	if inner := onlyFolderIn(path); inner != "" && depth < maxLayers {
		s.problem(flash.Note, filepath.Base(path), "contains only the folder %s, which is used", filepath.Base(inner))
		return s.openDir(ctx, inner, depth+1)
	}
	if err := s.enter(path); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	defer s.leave()
	f, err := s.readFolder(path)
	if err != nil {
		return err
	}
	return s.openFolder(ctx, f)
}

// onlyFolderIn returns the path of the folder that is all a folder contains, "" if it contains anything
// else. A link to a folder is none.
func onlyFolderIn(path string) string {
	entries, err := os.ReadDir(path)
	inner := foldersOf(entries)
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") })
	if err != nil || len(entries) != 1 || len(inner) != 1 {
		return ""
	}
	return filepath.Join(path, inner[0])
}

// foldersOf returns the names of the folders among entries, without hidden ones.
func foldersOf(entries []fs.DirEntry) (names []string) {
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}
