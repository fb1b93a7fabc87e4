package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// While a folder is opened its files are opened through it: an untrusted folder must
// not make us read elsewhere, by a link in it.

// enter makes a folder the one that is opened.
func (s *Source) enter(path string) (err error) {
	s.root, err = os.OpenRoot(path)
	return err
}

// leave ends that. What was opened stays open.
func (s *Source) leave() {
	if s.root != nil {
		s.root.Close()
		s.root = nil
	}
}

// within returns the name that a path has in the folder that is being opened.
func (s *Source) within(path string) (name string, ok bool) {
	if s.root == nil {
		return "", false
	}
	name, err := filepath.Rel(s.root.Name(), path)
	return name, err == nil && filepath.IsLocal(name)
}

// stat tells of a file of the folder, or of one that the user named.
func (s *Source) stat(path string) (fs.FileInfo, error) {
	if name, ok := s.within(path); ok {
		return disk.StatIn(s.root, name)
	}
	return os.Stat(path)
}

// statBeside tells of a file that lies beside one that the user named, and was found by its
// name: no link leads out of their folder.
func (s *Source) statBeside(path string) (fs.FileInfo, error) {
	if _, ok := s.within(path); ok {
		return s.stat(path)
	}
	return disk.StatInFolder(filepath.Dir(path), filepath.Base(path))
}

// openSibling is openFile for such a file, or for the one that was named.
func (s *Source) openSibling(ctx context.Context, path, named string) (*File, error) {
	if _, ok := s.within(path); ok || filepath.Clean(path) == filepath.Clean(named) {
		return s.openFile(ctx, path)
	}
	if _, err := s.statBeside(path); err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	return s.openFile(ctx, path)
}

// openAt opens a file of the folder, or one that the user named.
func (s *Source) openAt(path string) (*File, error) {
	name, ok := s.within(path)
	if !ok {
		return OpenFile(path)
	}
	return OpenFileIn(s.root, name)
}

// isFile reports whether an entry of the folder is a file, and names what is none and may
// be meant for one.
func (s *Source) isFile(e fs.DirEntry) (fs.FileInfo, bool) {
	st, err := disk.StatIn(s.root, e.Name())
	kind, strange := errors.AsType[*disk.KindError](err)
	switch {
	case strange:
		s.outside = append(s.outside, e.Name())
		s.problem(flash.Error, e.Name(), "%s", kind.Text)
	case err == nil && !st.IsDir() && !st.Mode().IsRegular():
		s.problem(flash.Warning, e.Name(), "is no file, and is not opened")
	case err != nil && e.Type()&fs.ModeSymlink != 0:
		s.problem(flash.Warning, e.Name(), "is a link to nothing")
	}
	return st, err == nil && st.Mode().IsRegular()
}
