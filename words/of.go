package words

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/session"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// Of returns what err means for the user: why the program stops, what to do next, and its exit
// code. Plain removes the names of packages from the text. Errors in the command line itself are
// not handled here; the command line reports them.
func Of(err error) (text string, hints []string, exit Code) {
	switch hints = hintsOf(err); {
	case err == nil:
		return "", nil, ExitOK
	case errors.Is(err, ErrProblems):
		return err.Error(), hints, ExitProblems
	case errors.Is(err, context.Canceled):
		return "interrupted", nil, ExitInterrupted
	}
	if text, hints, ok := refusalWords(err, hints); ok {
		return "refused: " + text, hints, ExitRefused
	}
	var gone *fs.PathError
	switch {
	case errors.As(err, new(*dump.UnreadError)):
		return err.Error(), hints, ExitProblems
	case session.IsTrouble(err):
		return err.Error(), append([]string{phoneAdvice(err)}, hints...), ExitPhone
	case errors.As(err, &gone) && errors.Is(gone, fs.ErrNotExist):
		return strings.Replace(err.Error(), gone.Error(), missing(gone.Path), 1), hints, ExitFailed
	case hints != nil:
	case errors.As(err, new(*source.NoTagError)):
		hints = []string{hintTags}
	case errors.Is(err, fs.ErrPermission):
		hints = []string{"check that you may read the file and write to the folder"}
	case isFull(err):
		hints = []string{"the disk is full: choose another folder with -o, or another one for unpacking with --tmp"}
	case errors.Is(err, split.ErrNoFolder):
		hints = []string{"mtkkit split writes a parts folder: it contains a manifest.json"}
	}
	return err.Error(), hints, ExitFailed
}

// hintsOf returns the hints that were given to err, or those for its type; nil if there are none.
func hintsOf(err error) []string {
	var s stopped
	given, ok := Hints(err)
	switch {
	case ok:
	case errors.As(err, &s):
		given = s.hints
	case errors.Is(err, seal.ErrKey):
		given = []string{"--key FILE gives the private key; if it is a passphrase, try it again"}
	}
	if given == nil {
		return advice(err)
	}
	return given
}

// refusalWords returns the text and hints of a stop for safety, and whether err is one. A
// library's refusal is only used here if no command gave err hints.
func refusalWords(err error, hints []string) (string, []string, bool) {
	var (
		foreign *layout.ForeignError
		safe    refusal
	)
	switch no := flash.AsRefusal(err); {
	case errors.As(err, &foreign):
		return foreignWords(foreign, "this dump"), hints, true
	case errors.Is(err, dump.ErrNothingShared):
		return err.Error(), hints, true
	case errors.As(err, &safe):
		return safe.Error(), safe.hints, true
	case no != nil && hints == nil:
		text, _ := strings.CutPrefix(err.Error(), no.By+": ") // the name of a package
		return text, []string{RefusalHint(no)}, true
	}
	return "", nil, false
}

// isFull reports whether err means that the disk is full.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
