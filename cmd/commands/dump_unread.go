package commands

import (
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/words"
)

// unfinished is a dump or parts folder whose making was not finished. Every command on it prints
// that once and ends with exit code 3.
type unfinished struct {
	problems []flash.Problem // those that report it
	path     string
	told     bool
}

// unfinishedOf returns what is printed about an unfinished source, nil for a finished one.
func unfinishedOf(src *source.Source, path string) *unfinished {
	if !src.Unfinished {
		return nil
	}
	return &unfinished{path: path, problems: slices.DeleteFunc(slices.Clone(src.Problems), func(p flash.Problem) bool {
		return p.Severity != flash.Error || !strings.Contains(p.Text, source.NeverFinished)
	})}
}

// heard records that a problem was printed.
func (n *unfinished) heard(p flash.Problem) {
	if n != nil {
		n.told = n.told || slices.Contains(n.problems, p)
	}
}

// end prints the problems that were not printed yet, and how to continue the folder. err is the
// result of the command.
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
