package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// kindHints are what to type for a file that is no dump.
func kindHints(n *dump.NotDump) []string {
	next := nextSteps(n.Path, n.Thing)
	var bad *source.UnreadableError
	switch {
	case errors.As(n.Err, &bad):
		return append(next, archiveInside(n.Path, n.Thing, bad)...)
	case n.Inside != nil:
		return insideHints(n)
	}
	return next
}

// tellKind prints what a file is. The error makes the exit code: a file of no use is one.
func tellKind(u *ui, n *dump.NotDump, err error) error {
	t := n.Thing
	use := t.Kind.Use()
	useless := use == whatis.Nothing || use == whatis.Wrapped || use == whatis.Packed
	next := kindHints(n)
	if h := (hinted{}); errors.As(err, &h) { // which key it wants
		next = h.hints
	}
	if u.json {
		if err := u.document(document.NewKind(n, next)); err != nil {
			return err
		}
	}
	if useless {
		return err
	}
	row := func(key, value string) { u.say("  %-11s %s", key, value) }
	u.say("%s", n.Path)
	row("is", t.Kind.String())
	row("size", fmt.Sprintf("%s (0x%x bytes)", flash.Size(n.Size), n.Size))
	for _, f := range t.Facts {
		row(f.Key, f.Value)
	}
	for _, s := range next {
		row("next", s)
	}
	u.problems(t.Problems)
	return verdict(t.Problems)
}

// whatElse says of a file that is not what a command wants what it is in place of it, and what
// to type next. The words of cause stay where they say more. Hints by kind are those of this
// command, before those that hold for all; wants are said in place of all these, where the
// file was named beside another.
func whatElse(path, wanted string, cause error, hints map[whatis.Kind]string, wants ...string) error {
	t := dump.KindOf(path)
	if !errors.Is(cause, flash.ErrNotThis) || t == nil || dump.Formless(t.Kind) {
		return cause
	}
	text := fmt.Sprintf("%s: is no %s, but %s", path, wanted, t)
	next := nextSteps(path, t)
	if t.Kind == whatis.PartTable { // a table alone, or a dump that begins with one
		text = fmt.Sprintf("%s: is no %s: it begins with a partition table, as a dump does", path, wanted)
		next = []string{"mtkkit info " + flags.Quoted(path)}
	}
	if h := hints[t.Kind]; h != "" {
		next = append([]string{fmt.Sprintf(h, flags.Quoted(path))}, next...)
	}
	if len(wants) > 0 {
		next = wants
	}
	return hinted{hidden{cause, text}, next}
}

// unpacking is what opens a file of each kind outside of this program.
var unpacking = map[whatis.Kind]string{
	whatis.Age:   "age -d -i KEYFILE -o content %s",
	whatis.Gzip:  "gzip -dk %s",
	whatis.XZ:    "xz -dk %s",
	whatis.LZ4:   "lz4 -d %s content",
	whatis.Zstd:  "zstd -d %s -o content",
	whatis.Bzip2: "bzip2 -dk %s",
	whatis.Zip:   "unzip %s",
}

// insideHints are those for a packed file with something else than a dump in it.
func insideHints(n *dump.NotDump) []string {
	inside := n.Inside.Kind
	switch {
	case dump.Formless(inside) && inside != whatis.Text:
		return next[inside]
	case inside.Use() == whatis.Nothing:
		return []string{notTheDump}
	}
	return []string{fmt.Sprintf("unpack it, and name what comes out: "+unpacking[n.Thing.Kind], flags.Quoted(n.Path))}
}

// archiveInside is the command for a packed archive that must be unpacked first. Of a
// compressed tar archive it is tar's, which opens it as it is.
func archiveInside(path string, t *whatis.Thing, bad *source.UnreadableError) []string {
	kind, first := strings.CutSuffix(bad.Text, ": unpack it first")
	how := unpacking[t.Kind]
	switch {
	case !first || how == "":
		return nil
	case kind == whatis.Tar.String() && t.Kind != whatis.Zip && t.Kind != whatis.Age:
		return nextSteps(path, &whatis.Thing{Kind: whatis.Tar})
	}
	return []string{fmt.Sprintf("it is packed in another file: "+how, flags.Quoted(path))}
}
