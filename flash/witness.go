package flash

import "strings"

// Witness says what vouches for a row of a table, for a table, or for an entry of a
// manifest. It is one of the witnesses below, a kind of capture ("dumchar_info"), or a copy
// of the GPT ("gpt primary", "gpt backup"). An MBR and a second witness together are "ebr and
// scatter". Of an entry that is a whole region it is the file that the region comes from; of
// a trimmed or sparse copy, the kind of its content.
type Witness string

// The witnesses.
const (
	WitnessEBR     Witness = "ebr"                // an MBR and its chain of EBRs
	WitnessScatter Witness = "scatter"            // a scatter file
	WitnessPMT     Witness = "pmt"                // the PMT of a boot loader
	WitnessContent Witness = "content"            // no table: what stands in the dump
	WitnessBoot    Witness = "boot region header" // no table: a boot region alone
	WitnessPhone   Witness = "phone"              // the phone that the region was read from

	// Guessed is the witness of a row that no table has: what stands there is all that speaks
	// for it.
	Guessed Witness = "content (guess)"
)

// AndEBR is the witness of rows that an MBR bears out, too.
func (w Witness) AndEBR() Witness { return WitnessEBR + " and " + w }

// IsGuess reports whether no table vouches for what the witness speaks of.
func (w Witness) IsGuess() bool { return w == WitnessContent || w == Guessed }

// IsOwn reports whether the rows come from the dump's own GPT or MBR, or from its content.
func (w Witness) IsOwn() bool {
	return w == WitnessEBR || w.IsGuess() || strings.HasPrefix(string(w), "gpt")
}

// Generation says what kind of table tells where a device's partitions are.
type Generation string

// The generations, in the order of belief.
const (
	GenerationGPT     Generation = "gpt"     // a GPT: phones since about 2015
	GenerationEBR     Generation = "ebr"     // an MBR and a chain of EBRs: phones of 2012 to 2015
	GenerationClaim   Generation = "claim"   // no table in the dump: the rows of a file beside it
	GenerationContent Generation = "content" // no table at all: guessed by what stands in the dump
	GenerationBoot    Generation = "boot"    // a boot region alone, without the user area
)
