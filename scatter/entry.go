package scatter

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// SecretUnnamed is presumed of what no table names: on phones with an MBR that are nvram
// and proinfo, too.
const SecretUnnamed Secret = "identity, perhaps: no table names what is there"

// Carries returns what makes a stretch of a dump private, as far as that is known or must be
// presumed; "" for one of which neither is true. A name in a table goes before the name
// that content gives itself. Notes and maps go by it.
func Carries(e *flash.ManifestEntry) Secret {
	if s := Why(e.Name); s != "" && e.Kind != "gap" && e.Kind != "preloader" {
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
	return ""
}

// Everybodys reports whether a stretch of a dump is known to be the same on every phone of
// the model. What is shared goes by it, and what is encrypted: of all else nobody knows
// that. A guess is no knowledge. A boot region holds the preloader, and what else stands
// there is not of the phone either.
func Everybodys(e *flash.ManifestEntry) bool {
	switch e.Kind {
	case "preloader":
		return true
	case "region":
		return e.Region.IsBoot()
	case "partition":
		return Public(e.Name) && e.Witness != flash.Guessed
	}
	return false
}
