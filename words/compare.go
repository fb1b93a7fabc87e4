package words

import "github.com/mtkkit/mtkkit/compare"

// PhoneText says whether two dumps are of one phone.
var PhoneText = map[compare.SamePhone]string{
	compare.Same: "the same phone", compare.Another: "two different phones", compare.UnknownWhether: "the same phone or another: not known",
}
