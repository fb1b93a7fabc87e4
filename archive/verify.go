package archive

import (
	"context"
	"errors"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// VerifyOptions say how an archive is verified.
type VerifyOptions struct {
	Keys     func() ([]seal.Key, error) // opens what is encrypted; nil for no key
	TryKeys  bool                       // open and read what is private and encrypted, too
	Progress func(flash.Event)          // nil for none
}

// State is what a verification came to.
type State string

// The verdicts.
const (
	Complete State = "complete" // every byte is as it was packed, and all of the dump is in it
	Partial  State = "partial"  // every byte is as it was packed, but not all of the dump is in it
	Broken   State = "broken"   // what the problems name is lost
)

// Verdict is what Verify found.
type Verdict struct {
	State    State
	Files    int
	Bytes    int64 // of the files, unpacked
	Problems []flash.Problem
}

// Verify reads all of an archive and proves every byte of it; nothing is written.
func Verify(ctx context.Context, path string, opt VerifyOptions) (*Verdict, error) {
	return nil, errors.ErrUnsupported
}
