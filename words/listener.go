package words

import (
	"context"

	"github.com/mtkkit/mtkkit/flash"
)

// Voice is how a line is meant for the user.
type Voice string

// The voices. Said is a result; Stopped is why a command stops.
const (
	Said    Voice = "said"
	Note    Voice = "note"
	Warning Voice = "warning"
	Error   Voice = "error"
	Hint    Voice = "hint"
	Stopped Voice = "stopped"
)

// Listener hears what a command tells, instead of a terminal. Its methods may be called from several
// goroutines.
type Listener interface {
	// Line hears a message. Its text may have several lines.
	Line(v Voice, text string)
	// Progress hears how far the work is.
	Progress(e flash.Event)
	// Passphrase returns the passphrase for what, a file or a key.
	Passphrase(ctx context.Context, what string) (string, error)
}
