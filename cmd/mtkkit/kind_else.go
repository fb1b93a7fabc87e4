package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// whatElse says of a file that is not what a command wants what it is in place of it, and what
// to type next. The words of cause stay where they say more. Hints by kind are those of this
// command, before those that hold for all; wants are said in place of all these, where the
// file was named beside another.
func whatElse(path, wanted string, cause error, hints map[whatis.Kind]string, wants ...string) error {
	t := kindOf(path)
	if !errors.Is(cause, flash.ErrNotThis) || t == nil || noFormat(t.Kind) {
		return cause
	}
	text := fmt.Sprintf("%s: is no %s, but %s", path, wanted, t)
	next := nextSteps(path, t)
	if t.Kind == whatis.PartTable { // a table alone, or a dump that begins with one
		text = fmt.Sprintf("%s: is no %s: it begins with a partition table, as a dump does", path, wanted)
		next = []string{"mtkkit info " + quoted(path)}
	}
	if h := hints[t.Kind]; h != "" {
		next = append([]string{fmt.Sprintf(h, quoted(path))}, next...)
	}
	if len(wants) > 0 {
		next = wants
	}
	return hinted{hidden{cause, text}, next}
}

// kindOf is what a regular file is, nil where that cannot be looked at.
func kindOf(path string) *whatis.Thing {
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
		return nil
	}
	f, err := source.OpenFile(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	return whatis.Of(f, path)
}
