package scatter

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// SecretUnnamed is presumed of what no table names: on phones with an MBR that are nvram
// and proinfo, too.
const SecretUnnamed Secret = "identity, perhaps: no table names what is there"

// SecretUnknown is presumed of a row whose name is not known: makers have names of their own
// for nvram and proinfo.
const SecretUnknown Secret = "identity, perhaps: nobody knows what a partition of this name holds"

// Carries returns what makes a range of a dump private, as far as that is known or must be
// presumed; "" for one of which neither is true. A name in a table goes before the name
// that content gives itself. Notes and maps go by it. What it says nothing of is the same on
// every phone of the model, blank, or of a name that is known and holds no secret.
func Carries(e *flash.ManifestEntry) Secret {
	if s := Why(e.Name); s != "" && e.Kind != flash.KindGap && e.Kind != flash.KindPreloader {
		return s
	}
	for name := range strings.FieldsSeq(e.Guess) {
		if s := Why(name); s != "" {
			return s
		}
	}
	if e.Unnamed {
		return SecretUnnamed
	}
	if e.Kind == flash.KindPartition && e.Guess == "" && !e.Witness.IsGuess() && !isKnown(e.Name) {
		return SecretUnknown
	}
	return ""
}

// isKnown reports whether a name is that of a partition that is known.
func isKnown(name string) bool {
	_, ok := find(Canonical(name))
	return ok || Public(name) || Why(name) != ""
}
