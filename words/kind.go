package words

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// KindHints returns the commands that open a file that is not a dump.
func KindHints(n *dump.NotDump) []string {
	next := NextSteps(n.Path, n.Thing)
	var bad *source.UnreadableError
	switch {
	case errors.As(n.Err, &bad):
		return append(next, archiveInside(n.Path, n.Thing, bad)...)
	case n.Inside != nil:
		return insideHints(n)
	}
	return next
}

// WhatElse returns the error for a file of the wrong kind: it says what the file is instead of
// what the command wants, and what to type next. It returns cause unchanged if cause says more.
// Hints are the command's own, by kind (%s is the quoted path), and come before the general
// ones. If wants is given, it replaces all hints; it is for a file named together with another.
func WhatElse(path, wanted string, cause error, hints map[whatis.Kind]string, wants ...string) error {
	t := dump.KindOf(path)
	if !errors.Is(cause, flash.ErrNotThis) || t == nil || dump.Formless(t.Kind) {
		return cause
	}
	text := fmt.Sprintf("%s: is no %s, but %s", path, wanted, t)
	next := NextSteps(path, t)
	if t.Kind == whatis.PartTable { // a table alone, or a dump that begins with one
		text = fmt.Sprintf("%s: is no %s: it begins with a partition table, as a dump does", path, wanted)
		next = []string{"mtkkit info " + Quoted(path)}
	}
	if h := hints[t.Kind]; h != "" {
		next = append([]string{fmt.Sprintf(h, Quoted(path))}, next...)
	}
	if len(wants) > 0 {
		next = wants
	}
	return Advise(Reword(cause, text), next...)
}

// unpacking has the command of another program that unpacks a file of each kind.
var unpacking = map[whatis.Kind]string{
	whatis.Age:   "age -d -i KEYFILE -o content %s",
	whatis.Gzip:  "gzip -dk %s",
	whatis.XZ:    "xz -dk %s",
	whatis.LZ4:   "lz4 -d %s content",
	whatis.Zstd:  "zstd -d %s -o content",
	whatis.Bzip2: "bzip2 -dk %s",
	whatis.Zip:   "unzip %s",
}

// insideHints returns the hints for a packed file that contains something other than a dump.
func insideHints(n *dump.NotDump) []string {
	inside := n.Inside.Kind
	switch {
	case dump.Formless(inside) && inside != whatis.Text:
		return next[inside]
	case inside.Use() == whatis.Nothing:
		return []string{notTheDump}
	}
	return []string{fmt.Sprintf("unpack it, and name the unpacked file: "+unpacking[n.Thing.Kind], Quoted(n.Path))}
}

// archiveInside returns the command for an archive in a packed file that must be unpacked first.
// For a compressed tar archive it is tar's, which unpacks both.
func archiveInside(path string, t *whatis.Thing, bad *source.UnreadableError) []string {
	kind, first := strings.CutSuffix(bad.Text, ": unpack it first")
	how := unpacking[t.Kind]
	switch {
	case !first || how == "":
		return nil
	case kind == whatis.Tar.String() && t.Kind != whatis.Zip && t.Kind != whatis.Age:
		return NextSteps(path, &whatis.Thing{Kind: whatis.Tar})
	}
	return []string{fmt.Sprintf("it is packed in another file: "+how, Quoted(path))}
}
