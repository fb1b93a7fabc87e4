package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Identity is the sentence that goes with files that carry the phone's identity, or may: the
// files of what no table names, too, unless they are blank.
func (p *Plan) Identity() string {
	known := slices.Clone(p.Private)
	var perhaps, strange []string
	for _, it := range p.Items {
		if it.File == "" || it.Present == 0 || slices.Contains(known, it.Name) {
			continue
		}
		switch s := scatter.Carries(&it.ManifestEntry); {
		case s == "":
		case s == scatter.SecretUnknown:
			strange = append(strange, it.Name)
		case s == scatter.SecretUnnamed, it.Kind == flash.KindGap:
			perhaps = append(perhaps, withGuess(&it))
		case it.Guess != "":
			known = append(known, withGuess(&it))
		}
	}
	if len(known)+len(perhaps)+len(strange) == 0 {
		return ""
	}
	var say []string
	if len(known) > 0 {
		say = append(say, fmt.Sprintf("these files carry this phone's identity (IMEI, serial numbers, keys, personal data): %s", strings.Join(known, " ")))
	}
	if len(perhaps) > 0 {
		say = append(say, fmt.Sprintf("no table names what is in these, where nvram (IMEI) and serial numbers may be: %s", strings.Join(perhaps, " ")))
	}
	if len(strange) > 0 {
		say = append(say, fmt.Sprintf("nobody knows what partitions of these names hold, and it may be the same: %s", strings.Join(strange, " ")))
	}
	return strings.Join(append(say, "do not share them"), "; ")
}

// withGuess is the name of an item and what its content calls itself.
func withGuess(it *Item) string {
	if it.Guess == "" {
		return it.Name
	}
	return fmt.Sprintf("%s (%s, a guess)", it.Name, strings.ReplaceAll(it.Guess, " ", ", "))
}
