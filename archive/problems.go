package archive

import (
	"slices"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
)

// recorded returns what everybody must be told who gets the content of a record, from an archive
// or from a store: the problems of the dump without its notes, the bytes of the phone that are
// missing, and that the record does not have all of the dump, where no other problem says so. Who
// chose some files does not want all (chosen).
func recorded(m *flash.Manifest, chosen bool) []flash.Problem {
	if m == nil {
		return nil
	}
	out := added(flash.AtLeast(flash.Warning, m.Problems), dump.TellGuess(m))
	out = added(out, m.Missing())
	if !m.Complete && !chosen && len(out) == 0 {
		out = append(out, flash.NewProblem(flash.Warning, "", flash.NoOffset, "the backup does not have all of the dump"))
	}
	return out
}

// added appends the problems that are not in the list.
func added(list, more []flash.Problem) []flash.Problem {
	for _, p := range more {
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}
