package words

import (
	"errors"

	"github.com/mtkkit/mtkkit/layout"
)

// foreignWords say that a table is not of the dump, and in what they differ.
func foreignWords(f *layout.ForeignError, of string) string {
	text := f.Claim.Name + " is not of " + of
	for _, d := range f.Differ {
		text += "\n  " + d.Text
	}
	return text
}

// foreignHints are what to do about a table that contradicts the dump.
func foreignHints(f *layout.ForeignError) []string {
	own := "leave it out to go by the dump's own table, or find the scatter file of this very phone"
	if f.Alone {
		own = "the dump has no table of its own: find the scatter file, or list, of this very phone"
	}
	return []string{own, "--trust scatter takes the word of " + f.Claim.Name + " against the dump's"}
}

// Foreign says what to do about partitions that were told besides the flash of a phone and
// contradict it. Option is the option that gave them, without its dashes, "" for none; captured
// says that the phone itself told them. To acquire they only give names, and it has no way to
// believe them more.
func Foreign(f *layout.ForeignError, option string, captured bool) error {
	hint := "it lies beside what is read: name the files alone, as in --from ROM_1,BOOT_1"
	switch {
	case option != "":
		hint = "leave --" + option + " out: all of the phone is read without it, too, and the tables in its flash name the partitions"
	case captured:
		hint = "the phone says so of itself, and its flash says otherwise; read it through its loader, where only the flash counts: mtkkit acquire --da FILE"
	}
	return Refuse(errors.New(foreignWords(f, "this phone")), hint, "or give the scatter file of this very phone: --scatter FILE")
}
