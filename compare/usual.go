package compare

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/scatter"
)

// inUse are partitions that differ between phones of one model, by canonical names, and why. Those
// that are private have their reason from package scatter.
var inUse = map[string]string{
	"cache":     "files that the system may delete",
	"misc":      "orders to the boot loader, and the active slot",
	"para":      "orders to the boot loader, and the active slot",
	"boot_para": "the log and the state of the last start",
	"flashinfo": "the log of flash tools",
	"md_cal":    "calibration of the modem",
	"pgpt":      "identifiers, the size of the flash, the active slot",
	"sgpt":      "identifiers, the size of the flash, the active slot",
}

// usual says why phones of one model differ in a partition; "" if they should not: then software
// or damage changed it.
func usual(name string) string {
	if why := scatter.Why(name); why != "" {
		return why.Own()
	}
	base, _ := slot.Cut(scatter.Canonical(name))
	return inUse[base]
}

// Alarming reports whether a partition of the boot chain is not as the other: no use of a phone
// changes it.
func (r *Row) Alarming() bool {
	return r.Class == report.Boot && r.Usual == "" && r.Kind != flash.KindGap && r.State == Differs
}

// Word returns the state of a row in words: a partition that differs from a firmware package is
// changed, one that the package lacks is not in it.
func (r *Result) Word(row *Row) string {
	switch {
	case r.Package != A && r.Package != B:
		return string(row.State)
	case row.State == Differs:
		return "changed"
	case row.State == Equal:
		return "stock"
	case r.Lacks(row):
		return "not in the package"
	case row.State == OnlyInA, row.State == OnlyInB:
		return "only in the package"
	}
	return string(row.State)
}

// Told returns what there is to say of a row besides its state, in one line.
func (r *Row) Told() string {
	why := r.Usual
	if r.State == Equal {
		why = ""
	}
	if r.Alarming() {
		why = "boot chain: it should not differ"
	}
	switch {
	case why == "":
		return r.Detail
	case r.Detail == "":
		return why
	}
	return r.Detail + " (" + why + ")"
}

// Count says in one line how many partitions are equal, and how many differ that should not.
func (r *Result) Count() string {
	all := r.count(func(row *Row) bool { return row.Kind != flash.KindGap && !r.Lacks(row) })
	equal := r.count(func(row *Row) bool { return row.Kind != flash.KindGap && row.State == Equal })
	usual := r.count(func(row *Row) bool { return row.Usual != "" && (row.State == Differs || row.State == Moved) })
	alarming := r.count(func(row *Row) bool { return row.Alarming() })
	text := fmt.Sprintf("%d of %d partitions %s equal", equal, all, map[bool]string{true: "is", false: "are"}[equal == 1])
	if usual > 0 {
		text += fmt.Sprintf("; %s, as expected", differ(usual, ""))
	}
	if alarming > 0 {
		text += fmt.Sprintf("; %s and should not", differ(alarming, " of the boot chain"))
	}
	return text
}

func differ(n int, of string) string {
	if n == 1 {
		return "1" + of + " differs"
	}
	return fmt.Sprintf("%d%s differ", n, of)
}
