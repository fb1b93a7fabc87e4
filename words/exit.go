package words

import (
	"errors"

	"github.com/mtkkit/mtkkit/flash"
)

// Code is how the program ends. The codes are the same for every command, and scripts rely on
// them.
type Code = int

// The exit codes. ExitOK is only given when everything asked for is there and verified.
const (
	ExitOK          Code = 0
	ExitFailed      Code = 1   // failed, unreadable, or a verification that does not hold
	ExitUsage       Code = 2   // the command line makes no sense
	ExitProblems    Code = 3   // done, with warnings or errors to read
	ExitPhone       Code = 4   // the phone or its port
	ExitRefused     Code = 5   // refused for safety, nothing was written
	ExitInterrupted Code = 130 // Ctrl-C
)

// ErrProblems carries nothing but the exit code for "done, but read this".
var ErrProblems = errors.New("done, with problems")

// Verdict turns problems into the error that makes the exit code: ErrProblems when one of them is
// more than a note, nil otherwise.
func Verdict(ps []flash.Problem) error {
	if flash.Worst(ps) > flash.Note {
		return ErrProblems
	}
	return nil
}
