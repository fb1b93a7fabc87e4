package scatter

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// SecretUnnamed is assumed of a range that no table names. On phones with an MBR, nvram
// and proinfo are in such ranges.
const SecretUnnamed Secret = "perhaps identity: no table names what is there"

// SecretUnknown is assumed of a row with an unknown name, because makers have their own
// names for nvram and proinfo.
const SecretUnknown Secret = "perhaps identity: it is not known what a partition of this name holds"

// Carries returns what makes a range of a dump private, known or assumed. It returns ""
// if the range is the same on every phone of the model, or blank, or has a known name
// that holds nothing private. A name in a table is used before the name that the
// content suggests. Notes and maps of private ranges use this function.
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

// isKnown reports whether phones are known to have a partition of this name.
func isKnown(name string) bool {
	_, ok := find(Canonical(name))
	return ok || Public(name) || Why(name) != ""
}
