package dump

import "github.com/mtkkit/mtkkit/flash"

// GuessText says what a guessed table is. It is the text of a problem.
const GuessText = "no table has these partitions: all of them are guessed from the content of the dump"

// Guessed reports whether the partitions are guesses from the content: the dump has no table of any
// kind, and nobody gave one. A record that was made by such guesses counts, too: its scatter file is
// no witness.
func (d *Dump) Guessed() bool {
	switch d.Layout.Generation {
	case flash.GenerationContent:
		return true
	case flash.GenerationClaim:
		return d.opt.Table == "" && d.Source.Guessed
	}
	return false
}

// RefuseGuess refuses to make files for single partitions by guesses. Commands that make such files
// ask it, unless the user accepts guesses. The refusal is a *flash.Refusal.
func (d *Dump) RefuseGuess() error {
	if !d.Guessed() {
		return nil
	}
	return flash.Refuse("dump", flash.ReasonGuess, d.Path, "the dump has no partition table: its partitions are guessed from the content")
}

// RefuseGuess refuses to make files for single partitions from a record that was made by guesses.
// Path names it in the message. A nil record is none.
func RefuseGuess(path string, m *flash.Manifest) error {
	if m == nil || !m.Guessed() {
		return nil
	}
	return flash.Refuse("archive", flash.ReasonGuess, path, "%s", GuessText)
}

// TellGuess returns the problem of a record that was made by guesses; none for any other.
func TellGuess(m *flash.Manifest) []flash.Problem {
	if m == nil || !m.Guessed() {
		return nil
	}
	return []flash.Problem{guessProblem}
}

var guessProblem = flash.Problem{Severity: flash.Warning, Place: "table", Offset: flash.NoOffset, Text: GuessText}

// tellRecordedGuess tells that the rows of the layout were guesses when the record was made. A guess
// from the dump's own content has a problem for each row.
func (d *Dump) tellRecordedGuess() {
	if d.Layout.Generation == flash.GenerationClaim && d.Guessed() {
		d.Layout.Problems = append(d.Layout.Problems, guessProblem)
	}
}
