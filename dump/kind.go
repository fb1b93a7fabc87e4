package dump

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// NotDump reports that a file is not a dump, and what it is.
type NotDump struct {
	Path   string
	Size   int64 // bytes
	Thing  *whatis.Thing
	Inside *whatis.Thing // content of a packed file; nil if unknown
	Err    error         // why it could not be opened as a dump; layout.ErrNoTable if this was not tried
}

func (n *NotDump) Unwrap() error { return n.Err }

// Error names the kind of the file, unless Err says more.
func (n *NotDump) Error() string {
	t := n.Thing
	switch {
	case n.Tells():
		return n.Err.Error()
	case n.Inside != nil:
		return n.packedText()
	case t.Kind == whatis.Unknown:
		return n.Err.Error()
	case Formless(t.Kind):
		return fmt.Sprintf("%v; the file is %s", n.Err, t.Kind)
	}
	return fmt.Sprintf("%s: is no dump, but %s", n.Path, t)
}

// Tells reports whether Err says more than the kind of the file.
func (n *NotDump) Tells() bool {
	return errors.Is(n.Err, seal.ErrKey) || errors.As(n.Err, new(*source.UnreadableError))
}

func (n *NotDump) packedText() string {
	what := fmt.Sprintf("%s; in it: %s", n.Thing.Kind, n.Inside)
	if n.Thing.Kind == whatis.Age {
		what = fmt.Sprintf("%s, and the key opens it; in it: %s", n.Thing.Kind, n.Inside)
	}
	if Formless(n.Inside.Kind) && n.Inside.Kind != whatis.Text {
		return fmt.Sprintf("%v; the file is %s", n.Err, what)
	}
	return fmt.Sprintf("%s: is no dump, but %s", n.Path, what)
}

// Formless reports whether a part of a dump can look like this kind.
func Formless(k whatis.Kind) bool {
	return slices.Contains([]whatis.Kind{whatis.Unknown, whatis.Zeros, whatis.Erased, whatis.HighEntropy, whatis.Text}, k)
}

// KindOf returns what a regular file is, or nil if it cannot be read.
func KindOf(path string) *whatis.Thing {
	f := regular(path)
	if f == nil {
		return nil
	}
	defer f.Close()
	return whatis.Of(f, path)
}

// regular opens a regular file; nil for anything else.
func regular(path string) *source.File {
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
		return nil
	}
	f, err := source.OpenFile(path)
	if err != nil {
		return nil
	}
	return f
}

// kinds distinguishes dumps from other files.
type kinds struct {
	ctx    context.Context
	path   string
	pieces []string
	opt    Options
}

// plain opens the file, unless a table was given: then any file may be a dump.
func (k *kinds) plain() *source.File {
	if k.opt.Table != "" || k.opt.Storage != "" {
		return nil
	}
	return regular(k.path)
}

// before returns a *NotDump if a file is certainly something else.
func (k *kinds) before() error {
	f := k.plain()
	if f == nil {
		return nil
	}
	defer f.Close()
	var err error
	t := whatis.Front(f, k.path)
	if t != nil && slices.Contains([]whatis.Kind{whatis.Text, whatis.Empty, whatis.Payload, whatis.Tar}, t.Kind) {
		return nil // a dump may begin with text instead of a table; a payload and a tar archive may be firmware packages
	}
	if t == nil && len(k.pieces) < 2 {
		t, err = whatis.InSparse(f, k.look(f.Size()))
		if why := source.PieceOf(k.path); why != "" && t != nil {
			t.Kind = whatis.SparsePiece
			t.Facts = append(t.Facts, whatis.Fact{Key: "complete", Value: "no"})
			t.Problems = append(t.Problems, flash.Problem{Severity: flash.Warning, Place: k.path, Offset: flash.NoOffset, Text: why})
		}
	}
	if t == nil && err == nil {
		t, err = whatis.Whole(f, k.look(f.Size()))
	}
	if err != nil && k.ctx.Err() != nil {
		return err
	}
	if t == nil {
		return nil // opening it as a dump reports why it cannot be read
	}
	return &NotDump{Path: k.path, Size: f.Size(), Thing: t, Err: layout.ErrNoTable}
}

// look returns a function that reports the progress of reading a file.
func (k *kinds) look(total int64) func(int64) error {
	return func(done int64) error {
		if k.opt.Progress != nil {
			k.opt.Progress(flash.Event{Op: "look", Done: done, Total: total})
		}
		return k.ctx.Err()
	}
}

// alone returns a *NotDump if an opened dump contains nothing but one image at its start.
func (k *kinds) alone(d *Dump) error {
	l, user := d.Layout, d.Source.User()
	st, err := os.Stat(d.Path)
	if err != nil || st.IsDir() || l.Generation != flash.GenerationContent || len(l.Table.Partitions) != 1 || l.Table.Partitions[0].Offset != 0 || len(d.Source.Parts) != 1 {
		return nil
	}
	t := whatis.OfImage(user.Image)
	if t.Kind.Use() != whatis.Phone {
		return nil
	}
	t.Problems = append(flash.AtLeast(flash.Warning, d.Source.Problems), t.Problems...)
	n := &NotDump{Path: d.Path, Size: st.Size(), Thing: t, Err: layout.ErrNoTable}
	if len(k.pieces) > 1 {
		n.Path, n.Size = strings.Join(k.pieces, " "), user.Image.Size()
		return n
	}
	if t.Packed = d.Source.Unpacked; t.Packed {
		t.Facts = append(t.Facts, whatis.Fact{Key: "packed", Value: "it is compressed, or in an archive"})
	}
	return n
}

// after says what a file is that could not be opened as a dump, if that is known.
func (k *kinds) after(err error) error {
	var bad *source.UnreadableError
	switch {
	case errors.As(err, new(*UnreadError)):
		return err
	case errors.As(err, &bad) && (bad.Path == k.path || bad.Path == strings.TrimSuffix(filepath.Base(k.path), ".age")), errors.Is(err, seal.ErrKey), errors.Is(err, layout.ErrNoTable):
	default:
		return err // the error is about another file, or the system
	}
	f := k.plain()
	if f == nil {
		return err
	}
	defer f.Close()
	t := whatis.Of(f, k.path)
	if bad != nil && (t.Kind.Use() == whatis.Phone || t.Kind.Use() == whatis.Own) {
		return err // it begins like a dump
	}
	n := &NotDump{Path: k.path, Size: f.Size(), Thing: t, Err: cmp.Or(err, layout.ErrNoTable)}
	var none *NoTableError
	if errors.As(err, &none) {
		t.Problems = append(t.Problems, none.Problems...)
	}
	if t.Kind.Use() == whatis.Packed && none != nil && none.Inside != nil {
		n.Inside = none.Inside
		t.Facts = append(t.Facts, whatis.Fact{Key: "in it", Value: n.Inside.String()})
	}
	return n
}
