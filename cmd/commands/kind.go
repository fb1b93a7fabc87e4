package commands

import (
	"fmt"

	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/whatis"
	"github.com/mtkkit/mtkkit/words"
)

// tellKind prints what a file is, if it is not a dump. It returns err if mtkkit has no use for the file.
func tellKind(u *ui, n *dump.NotDump, err error) error {
	t := n.Thing
	use := t.Kind.Use()
	useless := use == whatis.Nothing || use == whatis.Wrapped || use == whatis.Packed
	next := words.KindHints(n)
	if h, ok := words.Hints(err); ok { // they name the key that is needed
		next = h
	}
	if u.JSON {
		if err := u.Document(document.NewKind(n, next)); err != nil {
			return err
		}
	}
	if useless {
		return err
	}
	row := func(key, value string) { u.Say("  %-11s %s", key, value) }
	u.Say("%s", n.Path)
	row("is", t.Kind.String())
	row("size", fmt.Sprintf("%s (0x%x bytes)", flash.Size(n.Size), n.Size))
	for _, f := range t.Facts {
		row(f.Key, f.Value)
	}
	for _, s := range next {
		row("next", s)
	}
	u.Problems(t.Problems)
	return words.Verdict(t.Problems)
}
