package files

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	maxLinks   = 40      // symbolic links on one path, as Linux has it
	maxEntries = 1 << 20 // names of one directory
	maxPath    = 64 << 10
)

// Tree is a file system by paths. Paths have slashes and begin at its root, with or
// without a leading slash.
type Tree struct {
	System

	// Mount is the path where the phone mounts it, for example "/system": absolute
	// links to this path stay inside. "" is the root.
	Mount string
}

// ErrOutside is wrapped if a link leads to another file system.
var ErrOutside = errors.New("leads out of this file system")

// ErrNoDirectory is wrapped if an element of a path is not a directory.
var ErrNoDirectory = errors.New("not a directory")

// Find returns the file at a path, after following all links. The error is an
// *fs.PathError.
func (t *Tree) Find(name string) (*Inode, error) { return t.find(name, true) }

// FindLink returns the file at a path; if it is a link, the link itself.
func (t *Tree) FindLink(name string) (*Inode, error) { return t.find(name, false) }

// find walks along a path. It puts a link's target before the rest of the path.
func (t *Tree) find(name string, follow bool) (*Inode, error) {
	fail := func(at string, err error) error { return &fs.PathError{Op: "find", Path: at, Err: err} }
	root, err := t.Inode(t.Root())
	if err != nil {
		return nil, err
	}
	stack := []*Inode{root} // the directories on the path, for ".."
	left := split(name)
	done, links := "/", 0
	for len(left) > 0 {
		part := left[0]
		left = left[1:]
		dir := stack[len(stack)-1]
		if !dir.Mode.IsDir() {
			return nil, fail(done, ErrNoDirectory)
		}
		if part == ".." {
			stack, done = stack[:max(len(stack)-1, 1)], path.Dir(done)
			continue
		}
		e, err := t.child(dir, part)
		if err != nil {
			return nil, fail(path.Join(done, part), err)
		}
		node, err := t.Inode(e.Num)
		if err != nil {
			return nil, fail(path.Join(done, part), err)
		}
		if node.Mode&fs.ModeSymlink == 0 || len(left) == 0 && !follow {
			stack, done = append(stack, node), path.Join(done, part)
			continue
		}
		if links++; links > maxLinks {
			return nil, fail(name, fmt.Errorf("more than %d links follow each other; this is a loop", maxLinks))
		}
		target, err := t.Target(node)
		if err != nil {
			return nil, fail(path.Join(done, part), err)
		}
		inside, absolute := t.inside(target)
		if inside == "" {
			return nil, fail(path.Join(done, part), fmt.Errorf("the link %w: %q", ErrOutside, target))
		}
		if absolute {
			stack, done = stack[:1], "/"
		}
		if left = append(split(inside), left...); len(left) > maxPath {
			return nil, fail(name, errors.New("the links make an endless path"))
		}
	}
	return stack[len(stack)-1], nil
}

// inside turns a link's target into a path of this tree, "" if it leads to another file
// system.
func (t *Tree) inside(target string) (name string, absolute bool) {
	if !strings.HasPrefix(target, "/") {
		return target, false
	}
	if t.Mount == "" {
		return target, true
	}
	rest, ok := strings.CutPrefix(path.Clean(target)+"/", t.Mount+"/")
	if !ok {
		return "", true
	}
	return "/" + rest, true
}

func split(name string) []string {
	return slices.DeleteFunc(strings.Split(name, "/"), func(s string) bool { return s == "" || s == "." })
}

// child finds a name in a directory.
func (t *Tree) child(dir *Inode, name string) (Entry, error) {
	var found *Entry
	err := t.Entries(dir, func(e Entry) bool {
		if e.Name == name {
			found = &e
		}
		return found == nil
	})
	switch {
	case found != nil:
		return *found, nil
	case err != nil:
		return Entry{}, err
	}
	return Entry{}, fs.ErrNotExist
}

// List returns the entries of a directory, sorted by name.
func (t *Tree) List(dir *Inode) ([]Entry, error) {
	if !dir.Mode.IsDir() {
		return nil, ErrNoDirectory
	}
	var list []Entry
	full := false
	err := t.Entries(dir, func(e Entry) bool {
		if full = len(list) == maxEntries; full {
			return false
		}
		list = append(list, e)
		return true
	})
	if full {
		err = fmt.Errorf("files: the directory has more than %d names", maxEntries)
	}
	slices.SortFunc(list, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}

// Open returns the bytes of the regular file at a path.
func (t *Tree) Open(name string) (flash.Image, error) {
	node, err := t.Find(name)
	if err != nil {
		return nil, err
	}
	if !node.Mode.IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("%s, not a regular file", Kind(node.Mode))}
	}
	return t.Content(node)
}

// Kind returns the kind of a file, as text.
func Kind(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return "a regular file"
	case m.IsDir():
		return "a directory"
	case m&fs.ModeSymlink != 0:
		return "a link"
	case m&fs.ModeCharDevice != 0:
		return "a character device"
	case m&fs.ModeDevice != 0:
		return "a block device"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a file of an unknown kind"
}
