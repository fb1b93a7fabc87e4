package ui

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/words"
)

func (w *window) insideRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /dump/{id}/files", w.withFiles(w.listFiles))
	m.HandleFunc("GET /dump/{id}/file", w.withFiles(w.saveFile))
}

// inside is a path in a file system of what was opened.
type inside struct {
	head
	Part string // the partition; "" for an image that is not in a dump
	At   string // the path, which begins with a slash
	Note string // which slot is used
	tree *files.Tree
	name string // of the partition or image
	c    *content
}

// problems lists what is wrong with the file system, as far as it was read.
func (i *inside) problems() []flash.Problem {
	var out []flash.Problem
	if i.c.image != nil {
		out = append(out, i.c.image.Problems...)
	} else {
		out = append(out, i.c.dump.Source.Damaged...)
	}
	return append(out, i.tree.Problems()...)
}

// withFiles opens the file system that an address names.
func (w *window) withFiles(do func(http.ResponseWriter, *http.Request, *inside) error) http.HandlerFunc {
	return w.withContent(func(rw http.ResponseWriter, r *http.Request, x *opened, c *content) {
		i := &inside{head: headOf(x), Part: r.FormValue("part"), At: path.Clean("/" + r.FormValue("path")), c: c}
		s, err := c.slice(i.Part)
		if err == nil {
			i.name = s.Name
			i.tree, err = s.Files()
		}
		if err == nil {
			if s.Slot != nil {
				i.Note = words.SlotUsed(*s.Slot)
			}
			err = words.InFiles(do(rw, r, i), i.name, flash.Worst(i.tree.Problems()) == flash.Error)
		}
		if err != nil {
			w.refuse(rw, r, http.StatusConflict, err)
		}
	})
}

// slice returns a partition, which may be a logical one, or the image.
func (c *content) slice(name string) (dump.Slice, error) {
	switch {
	case c.dump != nil:
		return c.dump.Slice(name)
	case c.super != nil:
		base, suffix := slot.Cut(name)
		return dump.Logical(c.super.Super, base, cmp.Or(suffix, "a"))
	case c.image != nil && name == "":
		return c.image.Slice, nil
	case c.image != nil:
		return dump.Slice{}, &dump.PartitionError{Path: c.other.Path, Name: name}
	}
	if c.other == nil {
		return dump.Slice{}, fmt.Errorf("%s: a store of backups has no files to show: open one of its backups", c.path)
	}
	return dump.Slice{}, c.other
}

// maxFiles is the number of files on one page.
const maxFiles = 500

// filesPage is the page of a directory.
type filesPage struct {
	*inside
	Crumbs   []crumb
	Files    []fileRow
	All      int // number of files in the directory
	From, To int // which of them are shown, counted from 1
	Next     int // the first of the next page, 0 for none
	Previous int // the first of the page before, -1 for none
	Problems []flash.Problem
	Notes    []string
	Failure  *failure // why the list is not whole
}

// crumb is a directory on the way to the shown one.
type crumb struct{ Name, Path string }

// fileRow is a file in a list. Path is in the file system.
type fileRow struct {
	document.File
	At      string
	IsDir   bool
	CanSave bool
}

func (w *window) listFiles(rw http.ResponseWriter, r *http.Request, i *inside) error {
	node, err := i.tree.Find(i.At)
	if err != nil {
		return err
	}
	p := &filesPage{inside: i, Crumbs: crumbsOf(i.At), Previous: -1}
	if !node.Mode.IsDir() {
		p.All, p.From, p.To, p.Files = 1, 1, 1, []fileRow{rowOf(i, path.Base(i.At), i.At, node, nil)}
	} else {
		list, err := i.tree.List(node)
		if p.Failure = failed(err); err != nil && len(list) == 0 {
			return err
		}
		from, _ := strconv.Atoi(r.FormValue("from"))
		p.take(r.Context(), list, min(max(from, 0), len(list)))
	}
	if p.Problems = i.problems(); i.c.dump != nil {
		if s := words.NotCompared(i.c.dump); s != "" {
			p.Notes = append(p.Notes, s)
		}
	}
	if i.Note != "" {
		p.Notes = append(p.Notes, i.Note)
	}
	w.show(rw, r, http.StatusOK, "inside", view{Data: p})
	return nil
}

// take reads the files of one page of a directory.
func (p *filesPage) take(ctx context.Context, list []files.Entry, from int) {
	to := min(from+maxFiles, len(list))
	for _, e := range list[from:to] {
		if ctx.Err() != nil {
			return // nobody waits for the page
		}
		node, err := p.tree.Inode(e.Num)
		if err != nil {
			node = nil
		}
		p.Files = append(p.Files, rowOf(p.inside, e.Name, path.Join(p.At, e.Name), node, err))
	}
	p.All, p.From, p.To = len(list), min(from+1, len(list)), to
	if to < len(list) {
		p.Next = to
	}
	if from > 0 {
		p.Previous = max(from-maxFiles, 0)
	}
}

func rowOf(i *inside, name, at string, node *files.Inode, err error) fileRow {
	f := fileRow{File: document.NewFile(i.tree, name, node, err), At: at}
	if node != nil {
		f.IsDir, f.CanSave = node.Mode.IsDir(), node.Mode.IsRegular() && !node.Encrypted
	}
	f.ModTime = strings.NewReplacer("T", " ", "Z", "").Replace(f.ModTime)
	return f
}

func crumbsOf(at string) (out []crumb) {
	for at != "/" {
		out = append([]crumb{{path.Base(at), at}}, out...)
		at = path.Dir(at)
	}
	return out
}

// saveFile sends one file. A file of which bytes were not read is refused: zeros in their place would
// look like its content.
func (w *window) saveFile(rw http.ResponseWriter, r *http.Request, i *inside) error {
	img, err := i.tree.Open(i.At)
	if err != nil {
		return err
	}
	if n := flash.Total(flash.Holes(img)); n > 0 {
		return &fs.PathError{Op: "open", Path: i.At, Err: fmt.Errorf("%s of its %s were not read from the phone", flash.Size(n), flash.Size(img.Size()))}
	}
	w.send(rw, r, path.Base(i.At), img.Size(), func(ctx context.Context, out io.Writer) error {
		n, err := dump.CopyImage(ctx, out, img)
		if err != nil {
			return fmt.Errorf("%s:%s: %d of %d bytes: %w", i.name, i.At, n, img.Size(), err)
		}
		return i.c.check()
	})
	return nil
}

// logicalRow is a logical partition in a list.
type logicalRow struct {
	Name, Group, Holds string
	Size               int64
	Inside             bool // it has a file system that can be read
}

func logicalRows(s *lp.Super) (out []logicalRow) {
	for _, p := range s.Partitions("") {
		row := logicalRow{Name: p.Name, Group: p.Group, Holds: dump.Holds(p), Size: p.Size}
		if p.Image != nil && p.Size > 0 {
			_, err := image.Files(p.Image)
			row.Inside = err == nil
		}
		out = append(out, row)
	}
	return out
}
