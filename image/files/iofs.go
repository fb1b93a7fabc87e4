package files

import (
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// FS shows the tree as an io/fs.FS, with fs.ReadDirFS, fs.StatFS and fs.ReadLinkFS.
func (t *Tree) FS() fs.FS { return view{t} }

type view struct{ t *Tree }

func (v view) find(op, name string, how func(string) (*Inode, error)) (*Inode, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	node, err := how(name)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return node, nil
}

// Open implements fs.FS.
func (v view) Open(name string) (fs.File, error) {
	node, err := v.find("open", name, v.t.Find)
	if err != nil {
		return nil, err
	}
	f := &file{info: info{path.Base(name), node}, tree: v.t}
	if node.Mode.IsRegular() {
		img, err := v.t.Content(node)
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		f.SectionReader = io.NewSectionReader(img, 0, img.Size())
	}
	if node.Mode.IsDir() {
		return &directory{file: f}, nil
	}
	return f, nil
}

// ReadDir implements fs.ReadDirFS.
func (v view) ReadDir(name string) ([]fs.DirEntry, error) {
	node, err := v.find("readdir", name, v.t.Find)
	if err != nil {
		return nil, err
	}
	list, err := v.t.List(node)
	if err != nil {
		err = &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	return v.t.dirEntries(list), err
}

// Stat implements fs.StatFS.
func (v view) Stat(name string) (fs.FileInfo, error) {
	node, err := v.find("stat", name, v.t.Find)
	if err != nil {
		return nil, err
	}
	return info{path.Base(name), node}, nil
}

// Lstat implements fs.ReadLinkFS.
func (v view) Lstat(name string) (fs.FileInfo, error) {
	node, err := v.find("lstat", name, v.t.FindLink)
	if err != nil {
		return nil, err
	}
	return info{path.Base(name), node}, nil
}

// ReadLink implements fs.ReadLinkFS.
func (v view) ReadLink(name string) (string, error) {
	node, err := v.find("readlink", name, v.t.FindLink)
	if err != nil {
		return "", err
	}
	if node.Mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return v.t.Target(node)
}

func (t *Tree) dirEntries(list []Entry) []fs.DirEntry {
	out := make([]fs.DirEntry, len(list))
	for i, e := range list {
		out[i] = dirEntry{t, e}
	}
	return out
}

// dirEntry reads the inode only when it is asked for.
type dirEntry struct {
	t *Tree
	e Entry
}

func (d dirEntry) Name() string   { return d.e.Name }
func (d dirEntry) IsDir() bool    { return d.Type().IsDir() }
func (d dirEntry) String() string { return fs.FormatDirEntry(d) }
func (d dirEntry) Type() fs.FileMode { // of the inode, where the directory does not tell
	if d.e.Type == fs.ModeIrregular {
		if node, err := d.t.Inode(d.e.Num); err == nil {
			return node.Mode.Type()
		}
	}
	return d.e.Type
}

func (d dirEntry) Info() (fs.FileInfo, error) {
	node, err := d.t.Inode(d.e.Num)
	if err != nil {
		return nil, err
	}
	return info{d.e.Name, node}, nil
}

// info is an inode with the name it was found by.
type info struct {
	name string
	node *Inode
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.node.Size }
func (i info) Mode() fs.FileMode  { return i.node.Mode }
func (i info) ModTime() time.Time { return i.node.ModTime }
func (i info) IsDir() bool        { return i.node.Mode.IsDir() }
func (i info) Sys() any           { return i.node }
func (i info) String() string     { return fs.FormatFileInfo(i) }

// file is an open file of any kind but a directory; only a regular one has content.
type file struct {
	info
	tree *Tree
	*io.SectionReader
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Size() int64                { return f.info.Size() }
func (f *file) Close() error               { return nil }

func (f *file) Read(b []byte) (int, error) {
	if f.SectionReader == nil {
		return 0, &fs.PathError{Op: "read", Path: f.info.name, Err: fs.ErrInvalid}
	}
	return f.SectionReader.Read(b)
}

// directory is an open directory.
type directory struct {
	*file
	listed bool
	rest   []fs.DirEntry
}

// ReadDir implements fs.ReadDirFile.
func (d *directory) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.listed {
		list, err := d.tree.List(d.node)
		if err != nil {
			return nil, err
		}
		d.rest, d.listed = d.tree.dirEntries(list), true
	}
	if n <= 0 {
		n = len(d.rest)
	} else if len(d.rest) == 0 {
		return nil, io.EOF
	}
	out := d.rest[:min(n, len(d.rest))]
	d.rest = d.rest[len(out):]
	return out, nil
}

var _ flash.Image = (*file)(nil)
