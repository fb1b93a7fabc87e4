package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// notDump is a file that is no dump, and what it is.
type notDump struct {
	error
	path  string
	size  int64
	thing *whatis.Thing
}

func (n *notDump) Unwrap() error { return n.error }

// noDump makes the error of a command that wanted a dump. Cause is why it could not be
// opened as one, nil where that was not tried; its words stay where they say more than the
// kind does.
func noDump(path string, size int64, t *whatis.Thing, cause error) *notDump {
	n := &notDump{path: path, size: size, thing: t}
	next, inside := nextSteps(path, t), insideOf(t, cause)
	var bad *source.UnreadableError
	switch {
	case errors.Is(cause, seal.ErrKey):
		n.error = cause
	case errors.As(cause, &bad):
		n.error = hinted{cause, append(next, archiveInside(path, t, bad)...)}
	case inside != nil:
		n.error = packedNoDump(path, t, inside, cause)
		t.Facts = append(t.Facts, whatis.Fact{Key: "in it", Value: inside.String()})
	case t.Kind == whatis.Unknown:
		n.error = hinted{cmp.Or(cause, layout.ErrNoTable), next}
	case noFormat(t.Kind):
		cause = cmp.Or(cause, layout.ErrNoTable)
		n.error = hinted{hidden{cause, fmt.Sprintf("%v; the file is %s", cause, t.Kind)}, next}
	default:
		n.error = hinted{hidden{cmp.Or(cause, layout.ErrNoTable), fmt.Sprintf("%s: is no dump, but %s", path, t)}, next}
	}
	return n
}

// noFormat are the kinds that a part of a dump may well look like.
func noFormat(k whatis.Kind) bool {
	return slices.Contains([]whatis.Kind{whatis.Unknown, whatis.Zeros, whatis.Erased, whatis.HighEntropy, whatis.Text}, k)
}

// plainFile opens what a command names when it is a regular file, and no table was given
// with which anything may be a dump.
func plainFile(c *cli.Context, path string) *source.File {
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
		return nil
	}
	for _, option := range []string{"scatter", "table", "storage"} {
		if c.String(option) != "" {
			return nil
		}
	}
	f, err := source.OpenFile(path)
	if err != nil {
		return nil
	}
	return f
}

// checkKind returns a *notDump when a file is surely something else than a dump.
func checkKind(c *cli.Context, u *ui, path string) error {
	f := plainFile(c, path)
	if f == nil {
		return nil
	}
	defer f.Close()
	var err error
	t := whatis.Front(f, path)
	if t != nil && (t.Kind == whatis.Text || t.Kind == whatis.Empty) {
		return nil // words may stand where a table was
	}
	if t == nil && len(u.pieces) == 0 {
		look := looking(c.Context, u, f.Size())
		t, err = whatis.InSparse(f, look)
		u.bars.clear()
		if why := source.PieceOf(path); why != "" && t != nil {
			t.Kind = whatis.SparsePiece
			t.Facts = append(t.Facts, whatis.Fact{Key: "complete", Value: "no"})
			t.Problems = append(t.Problems, flash.Problem{Severity: flash.Warning, Place: path, Offset: flash.NoOffset, Text: why})
		}
	}
	if t == nil && err == nil {
		t, err = whatis.Whole(f, looking(c.Context, u, f.Size()))
		u.bars.clear()
	}
	if err != nil && c.Context.Err() != nil {
		return err
	}
	if t == nil {
		return nil // opening it as a dump says why it cannot be read
	}
	return noDump(path, f.Size(), t, nil)
}

// imageAlone returns a *notDump for a dump that was opened, when all that there is of it is
// one image at its front.
func imageAlone(d *dump) error {
	l, user := d.lay, d.src.User()
	st, err := os.Stat(d.path)
	if err != nil || st.IsDir() || l.Generation != "content" || len(l.Table.Partitions) != 1 || l.Table.Partitions[0].Offset != 0 || len(d.src.Parts) != 1 {
		return nil
	}
	t := whatis.OfImage(user.Image)
	if t.Kind.Use() != whatis.Phone {
		return nil
	}
	t.Problems = append(notable(d.src.Problems), t.Problems...)
	if n := len(d.ui.pieces); n > 0 {
		return noDump(strings.Join(d.ui.pieces, " "), user.Image.Size(), t, nil)
	}
	if t.Packed = d.src.Unpacked; t.Packed {
		t.Facts = append(t.Facts, whatis.Fact{Key: "packed", Value: "it is compressed, or in an archive"})
	}
	return noDump(d.path, st.Size(), t, nil)
}

// whyNot says of a file that could not be opened as a dump what it is, where that is known.
func whyNot(c *cli.Context, path string, err error) error {
	var bad *source.UnreadableError
	switch {
	case errors.As(err, new(unread)):
		return err
	case errors.As(err, &bad) && (bad.Path == path || bad.Path == strings.TrimSuffix(filepath.Base(path), ".age")), errors.Is(err, seal.ErrKey), errors.Is(err, layout.ErrNoTable):
	default:
		return err // of another file, or of the system
	}
	f := plainFile(c, path)
	if f == nil {
		return err
	}
	defer f.Close()
	t := whatis.Of(f, path)
	if bad != nil && (t.Kind.Use() == whatis.Phone || t.Kind.Use() == whatis.Own) {
		return err // it begins like a dump
	}
	return noDump(path, f.Size(), t, lockedWords(c, path, err))
}

// kindDoc is the JSON document of info for what is no dump.
type kindDoc struct {
	Schema   string          `json:"schema"`
	File     string          `json:"file"`
	Size     int64           `json:"size"`
	Kind     whatis.Kind     `json:"kind"`
	Is       string          `json:"is"`
	Facts    []whatis.Fact   `json:"facts"`
	Next     []string        `json:"next"`
	Problems []flash.Problem `json:"problems"`
}

// tell prints what the file is. The error makes the exit code: a file of no use is one.
func (n *notDump) tell(u *ui) error {
	t := n.thing
	use := t.Kind.Use()
	useless := use == whatis.Nothing || use == whatis.Wrapped || use == whatis.Packed
	next := nextSteps(n.path, t)
	if h := (hinted{}); errors.As(n.error, &h) {
		next = h.hints // what is in it counts, too
	}
	if u.json {
		doc := kindDoc{"mtkkit.file/1", n.path, n.size, t.Kind, t.Kind.String(),
			append([]whatis.Fact{}, t.Facts...), append([]string{}, next...), append([]flash.Problem{}, t.Problems...)}
		if err := u.document(doc); err != nil {
			return err
		}
	}
	if useless {
		return n
	}
	row := func(key, value string) { u.say("  %-11s %s", key, value) }
	u.say("%s", n.path)
	row("is", t.Kind.String())
	row("size", fmt.Sprintf("%s (0x%x bytes)", flash.Size(n.size), n.size))
	for _, f := range t.Facts {
		row(f.Key, f.Value)
	}
	for _, s := range next {
		row("next", s)
	}
	u.problems(t.Problems)
	return verdict(t.Problems)
}
