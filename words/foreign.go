package words

import (
	"errors"

	"github.com/mtkkit/mtkkit/layout"
)

// foreignWords says that a table does not belong to the dump, and lists the differences.
func foreignWords(f *layout.ForeignError, of string) string {
	text := f.Claim.Name + " does not belong to " + of
	for _, d := range f.Differ {
		text += "\n  " + d.Text
	}
	return text
}

// foreignHints returns the hints for a table that contradicts the dump.
func foreignHints(f *layout.ForeignError) []string {
	own := "leave it out to use the dump's own table, or find the scatter file of exactly this phone"
	if f.Alone {
		own = "the dump has no table of its own: find the scatter file or list of exactly this phone"
	}
	return []string{own, "--trust scatter uses " + f.Claim.Name + " instead of the dump's own table"}
}

// Foreign returns the refusal for a table that does not come from the flash of the phone and
// contradicts it. Option is the option that gave the table, without its dashes, or "". Captured
// means that the running phone itself reported the table. In acquire such a table only gives
// names, so there is no option to trust it more than the flash.
func Foreign(f *layout.ForeignError, option string, captured bool) error {
	hint := "the table is beside the files: name only the files, as in --from ROM_1,BOOT_1"
	switch {
	case option != "":
		hint = "leave --" + option + " out: the whole phone is read without it, too, and the tables in its flash name the partitions"
	case captured:
		hint = "the running phone reports this table, and its flash contradicts it; read the phone through its loader, which uses only the flash: mtkkit acquire --da FILE"
	}
	return Refuse(errors.New(foreignWords(f, "this phone")), hint, "or give the scatter file of exactly this phone: --scatter FILE")
}
