package flash

import (
	"errors"
	"fmt"
	"testing"
)

func TestRefusal(t *testing.T) {
	no := Refuse("split", ReasonInput, "a/b", "is the input %s itself", "ROM_1")
	cut := Refuse("preloader", ReasonCut, "preloader.bin", "is cut")
	cut.Offset = 0
	for want, r := range map[string]*Refusal{
		"split: a/b: is the input ROM_1 itself":                no,
		"preloader: preloader.bin: is cut at offset 0x0":       cut,
		"recovery: the phone would not start it":               Refuse("recovery", ReasonUnfit, "", "the phone would not start it"),
		"split: 100%: holds 5% of it, which is no format verb": Refuse("split", ReasonPartial, "100%", "holds %d%% of it, which is no format verb", 5),
	} {
		if got := r.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := AsRefusal(fmt.Errorf("above: %w", errors.Join(errors.New("other"), no))); got != no {
		t.Errorf("found %v in an error that wraps a refusal", got)
	}
	for _, err := range []error{nil, errors.New("other")} {
		if got := AsRefusal(err); got != nil {
			t.Errorf("found %v in %v", got, err)
		}
	}
}
