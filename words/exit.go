package words

import (
	"errors"

	"github.com/mtkkit/mtkkit/flash"
)

// Code is the exit code of the program. The codes are the same for every command, and scripts
// rely on them.
type Code = int

// The exit codes. ExitOK is only used when everything that was asked for is there and verified.
const (
	ExitOK          Code = 0
	ExitFailed      Code = 1   // failed, unreadable, or a verification that does not hold
	ExitUsage       Code = 2   // the command line is wrong
	ExitProblems    Code = 3   // done, with warnings or errors to read
	ExitPhone       Code = 4   // the phone or its port
	ExitRefused     Code = 5   // refused for safety, nothing was written
	ExitInterrupted Code = 130 // Ctrl-C
)

// ErrProblems only has the exit code for "done, but with problems to read".
var ErrProblems = errors.New("done, with problems")

// Verdict returns the error for the exit code: ErrProblems if a problem is worse than a note,
// else nil.
func Verdict(ps []flash.Problem) error {
	if flash.Worst(ps) > flash.Note {
		return ErrProblems
	}
	return nil
}
