package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
)

var chipName = regexp.MustCompile(`^(?i:mt)[0-9]{4}[A-Za-z0-9]{0,3}$`)

// missingPieces says which file would tell more, when it was not given.
func (d *input) missingPieces(u *ui) {
	if u.quiet || u.json {
		return
	}
	if len(d.Layout.Boots) == 0 && d.Layout.Boot1 != d.Layout.User {
		u.hint("%s", besideOr(d.Source.Beside(d.Path).Boot1, "--boot1", fmt.Sprintf("read region %s from the phone too and give it", d.Layout.Boot1)))
	}
	if slices.ContainsFunc(d.Layout.Problems, func(p flash.Problem) bool { return strings.Contains(p.Text, layout.DontCare) }) {
		u.hint("if you know that the tool that wrote the sparse file leaves out zeros: simg2img SPARSE PLAIN, and give the plain file")
	}
	if d.Layout.Generation == "ebr" && !d.Layout.Claimed {
		u.hint("%s", d.wantScatter())
	}
}

// wantScatter says how a scatter file is given, by the name of one that lies beside the dump
// and was not taken.
func (d *input) wantScatter() string {
	return besideOr(d.Source.Beside(d.Path).Scatter, "--scatter", "give this phone's scatter file")
}

// besideOr names a file that lies beside the dump, and may be of another phone, or tells how
// one is had.
func besideOr(found []string, option, how string) string {
	if len(found) == 0 {
		return how + " with " + option + " FILE"
	}
	return fmt.Sprintf("%s lies beside the dump: if it is of this phone, give it with %s %s", filepath.Base(found[0]), option, flags.Quoted(found[0]))
}

// baseOf is the last part of a path.
func baseOf(path string) string { return filepath.Base(path) }

// foreignWords say that a table is not of the dump, and in what they differ.
func foreignWords(f *layout.ForeignError, of string) string {
	text := f.Claim.Name + " is not of " + of
	for _, d := range f.Differ {
		text += "\n  " + d.Text
	}
	return text
}

// foreignHints are what to do about a table that contradicts the dump.
func foreignHints(f *layout.ForeignError) []string {
	own := "leave it out to go by the dump's own table, or find the scatter file of this very phone"
	if f.Alone {
		own = "the dump has no table of its own: find the scatter file, or list, of this very phone"
	}
	return []string{own, "--trust scatter takes the word of " + f.Claim.Name + " against the dump's"}
}
