package recovery

import (
	"strings"
	"testing"
)

func TestBoardName(t *testing.T) {
	stock := strings.NewReader("no boot image")
	for want, phone := range map[string]*Target{
		"new":       nil,
		"MT6592":    {Chip: "MT6592"},
		"a_b__demo": {Chip: "MT6592", Board: "a b/üdemo"},
		"demo_s1":   {Board: "demo_s1"},
	} {
		if got := BoardName(phone, stock); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
