package words

import "github.com/mtkkit/mtkkit/compare"

// PhoneText says whether two dumps are of one phone.
var PhoneText = map[compare.SamePhone]string{
	compare.Same: "the same phone", compare.Another: "two different phones", compare.UnknownWhether: "the same phone or another: not known",
}

// CompareState returns the state of a row in words: a partition that differs from a firmware
// package is changed, one that the package lacks is not in it.
func CompareState(r *compare.Result, row *compare.Row) string {
	switch {
	case r.Package == "":
		return string(row.State)
	case row.State == compare.Differs:
		return "changed"
	case row.State == compare.Equal:
		return "stock"
	case r.Lacks(row):
		return "not in the package"
	case row.State == compare.OnlyInA, row.State == compare.OnlyInB:
		return "only in the package"
	}
	return string(row.State)
}

// CompareDetail returns what else there is to say of a row, in one line.
func CompareDetail(row *compare.Row) string {
	switch {
	case row.Usual == "":
		return row.Detail
	case row.Detail == "":
		return row.Usual
	}
	return row.Detail + " (" + row.Usual + ")"
}
