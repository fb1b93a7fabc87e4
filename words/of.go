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

// Of says what err means for the user: why the program stops, what to do next, and with which
// exit code it ends. Plain takes the names of packages out of the text. What is wrong with a
// command line is no error of a library, and the command line's to tell.
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
		hints = []string{"is the file readable, and the folder writable, for you?"}
	case isFull(err):
		hints = []string{"the disk is full: choose another folder with -o, or for unpacking with --tmp"}
	case errors.Is(err, split.ErrNoFolder):
		hints = []string{"a parts folder is what mtkkit split writes: it holds a manifest.json"}
	}
	return err.Error(), hints, ExitFailed
}

// hintsOf are the hints that were given to err, or those of its type; nil for none.
func hintsOf(err error) []string {
	var s stopped
	given, ok := Hints(err)
	switch {
	case ok:
	case errors.As(err, &s):
		given = s.hints
	case errors.Is(err, seal.ErrKey):
		given = []string{"--key FILE gives the private key; of a passphrase, try it again"}
	}
	if given == nil {
		return advice(err)
	}
	return given
}

// refusalWords says what is told of a stop for safety's sake, and whether err is one. A refusal of a
// library is one where no command had more to say of it.
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
		return err.Error(), []string{RefusalHint(no)}, true
	}
	return "", nil, false
}

// isFull recognises a full disk.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
