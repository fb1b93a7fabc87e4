package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Identity names the files of a plan that contain, or may contain, the phone's identity. A guess
// from the content is appended to the name of its range: "p2 (protect_f, a guess)".
type Identity struct {
	Known   []string // known by their names, or by a name in their content
	Unnamed []string // not blank and in no table: they may be nvram
	Unknown []string // partitions with unknown names
}

// Empty reports whether no file is listed.
func (i Identity) Empty() bool { return len(i.Known)+len(i.Unnamed)+len(i.Unknown) == 0 }

// Identity returns the files of the plan that contain, or may contain, the phone's identity.
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

// withGuess returns the name of an item with the guess from its content.
func withGuess(it *Item) string {
	if it.Guess == "" {
		return it.Name
	}
	return fmt.Sprintf("%s (%s, a guess)", it.Name, strings.ReplaceAll(it.Guess, " ", ", "))
}
