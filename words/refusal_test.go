package words

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/flash"
)

// constants returns the values of a file's constants of a type of strings.
func constants(t *testing.T, file, kind string) []string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == kind {
			s, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		return true
	})
	if len(out) < 10 {
		t.Fatalf("%d constants of %s in %s", len(out), kind, file)
	}
	return out
}

// Every reason has its hint, and every need its words.
func TestHintsAreThere(t *testing.T) {
	for _, s := range constants(t, "../flash/refusal.go", "Reason") {
		hint, ok := refusalHints[flash.Reason(s)]
		if !ok || hint == "" && flash.Reason(s) != flash.ReasonUnfit {
			t.Errorf("no hint for a refusal because of %q", s)
		}
	}
	for _, s := range constants(t, "../acquire/codes/advice.go", "Need") {
		if needWords[codes.Need(s)] == "" {
			t.Errorf("no words for the need %q", s)
		}
	}
}

// Who refuses decides the words where commands differ, and a refusal ends the program in
// one way from wherever it comes.
func TestRefusalHints(t *testing.T) {
	for _, c := range []struct {
		by     string
		reason flash.Reason
		hint   string
	}{
		{"split", flash.ReasonOurs, "--force replaces what that run wrote, or choose another folder with -o"},
		{"oci", flash.ReasonOurs, "choose another tag; --force makes the tag name the new backup instead"},
		{"split", flash.ReasonBusy, "wait for it, or choose another path with -o"},
		{"acquire", flash.ReasonBusy, "wait for it, or choose another folder with -o"},
		{"oci", flash.ReasonBusy, "wait for it to end"},
		{"split", flash.ReasonExists, "move it away, or choose another name with -o: nothing proves that this file may be replaced"},
		{"parity", flash.ReasonExists, "choose another name with -o, or move the file away"},
		{"split", flash.ReasonNoRoom, "free some space, or choose a folder on another disk with -o"},
		{"acquire", flash.ReasonNoRoom, "free some space, choose a folder on another disk with -o, leave something out with --skip userdata, or continue anyway with --any-room: zeros take no space"},
		{"acquire", flash.ReasonNoRoomToResume, "free some space, move the folder to a larger disk and resume it there, or resume anyway with --any-room: zeros take no space"},
		{"recovery", flash.ReasonUnfit, ""},
	} {
		no := flash.Refuse(c.by, c.reason, "there", "is wrong")
		if got := RefusalHint(no); got != c.hint {
			t.Errorf("%s %s: %q, want %q", c.by, c.reason, got, c.hint)
		}
		for _, err := range []error{no, Refused(no), fmt.Errorf("above: %w", no)} {
			text, hints, code := Of(err)
			if code != ExitRefused || !strings.HasPrefix(text, "refused: ") || !strings.HasSuffix(text, "there: is wrong") || strings.Join(hints, "") != c.hint {
				t.Errorf("%v: %q %q %d", err, text, hints, code)
			}
		}
	}
	plain := errors.New("plain")
	if Refused(plain) != plain {
		t.Error("an error that is no refusal became one")
	}
}

// The advice of libraries names no option, and the program adds it.
func TestAdvised(t *testing.T) {
	for _, c := range []struct {
		advice codes.Advice
		want   string
	}{
		{codes.DRAM.Cure, "--preloader FILE"},
		{codes.Auth.Cure, "--auth FILE"},
		{codes.Signature.Cure, "--cert FILE"},
		{codes.OneADB.Cure, "--serial SERIAL"},
		{codes.NoRoot.Cure, "mtkkit acquire --da FILE"},
		{codes.Rights.Cure, "mtkkit udev"},
		{codes.Port.Cure, "mtkkit ports"},
		{codes.Handshake.Cure, "mtkkit doctor"},
		{codes.Layout.Cure, "mtkkit scatter check"},
	} {
		if got := Advised(c.advice); !strings.HasPrefix(got, c.advice.Text) || strings.Contains(got, ";:") || !strings.Contains(got, c.want) {
			t.Errorf("%q has no %q", got, c.want)
		}
	}
	if got := Advised(codes.Advice{}); got != "" {
		t.Errorf("no advice became %q", got)
	}
}
