package main

import (
	"path/filepath"
	"regexp"

	"github.com/mtkkit/mtkkit/words"
)

var chipName = regexp.MustCompile(`^(?i:mt)[0-9]{4}[A-Za-z0-9]{0,3}$`)

// missingPieces says which file would tell more, when it was not given.
func (d *input) missingPieces(u *ui) {
	if !u.Quiet && !u.JSON {
		u.Hints(words.MissingPieces(d.Dump)...)
	}
}

// baseOf is the last part of a path.
func baseOf(path string) string { return filepath.Base(path) }
