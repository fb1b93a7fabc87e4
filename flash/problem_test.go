package flash_test

import (
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestProblems(t *testing.T) {
	var ps flash.Problems
	ps.Add(flash.Note, "phone", "taken live")
	ps.AddAt(flash.Warning, "boot", 0x40, "is cut: 0x%x of %d bytes", 16, 32)
	want := []flash.Problem{
		{Severity: flash.Note, Place: "phone", Offset: flash.NoOffset, Text: "taken live"},
		{Severity: flash.Warning, Place: "boot", Offset: 0x40, Text: "is cut: 0x10 of 32 bytes"},
	}
	if !slices.Equal(ps, want) || ps[1] != flash.NewProblem(flash.Warning, "boot", 0x40, "is cut: 0x%x of %d bytes", 16, 32) {
		t.Errorf("%+v", ps)
	}
	if flash.Worst(ps) != flash.Warning {
		t.Error(flash.Worst(ps))
	}
}
