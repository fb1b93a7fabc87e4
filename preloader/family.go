package preloader

import (
	"regexp"
	"slices"
	"strings"
)

// families are groups of chips whose names loaders and builds use for each other: MediaTek's own
// source trees build boards of one chip with the platform of another.
var families = [][]string{
	{"6571", "6572"}, {"6580", "8321"}, {"6582", "8382"}, {"6592", "8392"},
	{"6735", "6737", "6753", "8735"}, {"6750", "6755"}, {"6761", "6762", "6765", "8766", "8768"},
	{"6768", "6769"}, {"6771", "8788"}, {"6833", "8791"}, {"6853", "6873", "6883", "6885", "6889"},
	{"6877", "6879"}, {"6891", "6893"}, {"8127", "8117"}, {"8163", "8161"}, {"8167", "8516"},
}

var chipDigits = regexp.MustCompile(`(?i)^mt([0-9]{4})[a-z0-9]{0,3}$`)

// SameChip reports whether two names are names of the same chip, without the letters of variants.
// It is false if one of them is not the name of a chip.
func SameChip(a, b string) bool {
	x, y := chipDigits.FindStringSubmatch(a), chipDigits.FindStringSubmatch(b)
	return x != nil && y != nil && x[1] == y[1]
}

// Related reports whether both names may be used for the chip of one phone: they are names of the
// same chip or family.
func Related(a, b string) bool {
	x, y := chipDigits.FindStringSubmatch(a), chipDigits.FindStringSubmatch(b)
	if x == nil || y == nil || x[1] == y[1] {
		return x != nil && y != nil
	}
	return slices.ContainsFunc(families, func(f []string) bool { return slices.Contains(f, x[1]) && slices.Contains(f, y[1]) })
}

// ChipName returns the name of a chip as scatter files have it, or "" if s is not the name of a
// chip.
func ChipName(s string) string {
	if chipDigits.MatchString(s) {
		return strings.ToUpper(s)
	}
	return ""
}
