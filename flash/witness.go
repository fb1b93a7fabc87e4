package flash

import "strings"

// Witness names the source of a row of a table, of a table, or of an entry of a manifest. It is
// one of the witnesses below, a kind of capture ("dumchar_info"), or a copy of the GPT ("gpt
// primary", "gpt backup"). An MBR and a second witness together are "ebr and scatter". For an
// entry that is a whole region it is the file of the region; for a trimmed or sparse copy, the
// kind of its content.
type Witness string

// The values of Witness.
const (
	WitnessEBR     Witness = "ebr"                // an MBR and its chain of EBRs
	WitnessScatter Witness = "scatter"            // a scatter file
	WitnessPMT     Witness = "pmt"                // the PMT of a boot loader
	WitnessContent Witness = "content"            // no table: the content of the dump
	WitnessBoot    Witness = "boot region header" // no table: only a boot region
	WitnessPhone   Witness = "phone"              // the phone that the region was read from
	WitnessPackage Witness = "firmware package"   // a file of a package, which knows no offsets

	// Guessed is the witness of a row that no table has: it was guessed from the content.
	Guessed Witness = "content (guess)"
)

// AndEBR returns the witness of rows that an MBR confirms. It returns the same for a row that was
// already confirmed, in a scatter file made from such rows.
func (w Witness) AndEBR() Witness {
	if strings.HasPrefix(string(w), string(WitnessEBR)) {
		return w
	}
	return WitnessEBR + " and " + w
}

// IsGuess reports whether no table confirms the witness.
func (w Witness) IsGuess() bool { return w == WitnessContent || w == Guessed }

// IsOwn reports whether the rows come from the dump's own GPT or MBR, or from its content.
func (w Witness) IsOwn() bool {
	return w == WitnessEBR || w.IsGuess() || strings.HasPrefix(string(w), "gpt")
}

// Generation is the kind of table with the offsets of a device's partitions.
type Generation string

// The values of Generation, in the order of trust.
const (
	GenerationGPT     Generation = "gpt"     // a GPT: phones since about 2015
	GenerationEBR     Generation = "ebr"     // an MBR and a chain of EBRs: phones of 2012 to 2015
	GenerationClaim   Generation = "claim"   // no table in the dump: the rows of a file beside it
	GenerationContent Generation = "content" // no table at all: guessed from the content of the dump
	GenerationBoot    Generation = "boot"    // only a boot region, without the user area
	GenerationPackage Generation = "package" // a firmware package without a table: its rows have no offsets on a phone
)
