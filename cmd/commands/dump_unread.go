package commands

import (
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/words"
)

// unfinished is a dump or parts folder that was left before its end. Whatever was asked of
// it, the user is told, once, and the exit code says so.
type unfinished struct {
	problems []flash.Problem // that say so
	path     string
	told     bool
}

// unfinishedOf is what is to be said of a source, nil for a finished one.
func unfinishedOf(src *source.Source, path string) *unfinished {
	if !src.Unfinished {
		return nil
	}
	return &unfinished{path: path, problems: slices.DeleteFunc(slices.Clone(src.Problems), func(p flash.Problem) bool {
		return p.Severity != flash.Error || !strings.Contains(p.Text, source.NeverFinished)
	})}
}

// heard notes that a problem was told.
func (n *unfinished) heard(p flash.Problem) {
	if n != nil {
		n.told = n.told || slices.Contains(n.problems, p)
	}
}

// end tells what was not told yet, and how the folder is gone on with. err is how the
// command ended.
func (n *unfinished) end(u *ui, err error) error {
	if n == nil {
		return err
	}
	if !n.told {
		u.Problems(n.problems)
	}
	u.Hints(words.GoOnWith(n.path))
	return words.ErrProblems
}
