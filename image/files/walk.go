package files

import (
	"errors"
	"path"
)

// Visit is called for each file of a walk with its path, its inode (nil if it cannot be
// read) and its error. If Visit returns an error, the walk ends.
type Visit func(name string, node *Inode, err error) error

// ErrLoop is passed to Visit for a directory that contains itself or has two paths.
var ErrLoop = errors.New("the directory was listed before; this is a loop")

var errTooDeep = errors.New("directories are nested deeper than any system allows")

// maxDepth is the largest depth of nested directories. A path that Linux accepts is not
// deeper.
const maxDepth = 2048

// Walk visits all files below a directory: the directory itself first, then depth first
// and by name. Every directory is entered once.
func (t *Tree) Walk(name string, dir *Inode, visit Visit) error {
	w := walker{t, visit, map[uint64]bool{}}
	return w.node(name, dir, 0)
}

type walker struct {
	*Tree
	visit   Visit
	entered map[uint64]bool
}

func (w *walker) node(name string, node *Inode, depth int) error {
	switch {
	case node.Mode.IsDir() && w.entered[node.Num]:
		return w.visit(name, node, ErrLoop)
	case depth > maxDepth:
		return w.visit(name, node, errTooDeep)
	}
	if err := w.visit(name, node, nil); err != nil || !node.Mode.IsDir() {
		return err
	}
	w.entered[node.Num] = true
	list, err := w.List(node)
	if err != nil {
		if err := w.visit(name, node, err); err != nil {
			return err
		}
	}
	for _, e := range list {
		at := path.Join(name, e.Name)
		child, err := w.Inode(e.Num)
		if err != nil {
			err = w.visit(at, nil, err)
		} else {
			err = w.node(at, child, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
