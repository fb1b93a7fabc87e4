package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Identity names what of the files of a plan carries the phone's identity, or may. A name
// that only content gives stands behind that of the stretch: "p2 (protect_f, a guess)".
type Identity struct {
	Known   []string // by their names, or what their content calls itself
	Unnamed []string // no table names what is there, and it is not blank: it may be nvram
	Unknown []string // partitions of names that are not known
}

// Empty reports whether there is nothing of that.
func (i Identity) Empty() bool { return len(i.Known)+len(i.Unnamed)+len(i.Unknown) == 0 }

// Identity is what of the plan's files carries the phone's identity, or may.
func (p *Plan) Identity() Identity {
	id := Identity{Known: slices.Clone(p.Private)}
	for _, it := range p.Items {
		if it.File == "" || it.Present == 0 || slices.Contains(id.Known, it.Name) {
			continue
		}
		switch s := scatter.Carries(&it.ManifestEntry); {
		case s == "":
		case s == scatter.SecretUnknown:
			id.Unknown = append(id.Unknown, it.Name)
		case s == scatter.SecretUnnamed, it.Kind == flash.KindGap:
			id.Unnamed = append(id.Unnamed, withGuess(&it))
		case it.Guess != "":
			id.Known = append(id.Known, withGuess(&it))
		}
	}
	return id
}

// withGuess is the name of an item and what its content calls itself.
func withGuess(it *Item) string {
	if it.Guess == "" {
		return it.Name
	}
	return fmt.Sprintf("%s (%s, a guess)", it.Name, strings.ReplaceAll(it.Guess, " ", ", "))
}
