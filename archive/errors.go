package archive

import (
	"fmt"
)

// Reason is why nothing was done, to protect what is there or who it is of.
type Reason int

// The reasons, all of them found before the first write.
const (
	InClear     Reason = iota + 1 // what makes the phone this phone would be readable by anybody
	Exists                        // an archive is there already, and CreateOptions.Replace was not set
	Sidecar                       // the sidecar of an earlier archive is there, and would not be replaced
	InTheWay                      // a file that may be the rest of an earlier run
	PartOnly                      // the archive holds a part of the dump only
	NoRecord                      // the archive has lost its manifest
	OtherModel                    // the phone to be written is of another model
	StaysLocked                   // a key was given, and does not open what is private
)

// RefusedError is an operation that was not begun.
type RefusedError struct {
	Reason Reason
	Path   string
	Text   string   // a sentence without its subject, which is Path
	Differ []string // of OtherModel: in what
	Err    error    // the cause, nil for none
}

func (e *RefusedError) Error() string { return e.Path + e.Text }

func (e *RefusedError) Unwrap() error { return e.Err }

// OptionsError is options that contradict each other.
type OptionsError struct{ Text string }

func (e *OptionsError) Error() string { return "archive: " + e.Text }

// NoIdentityError is a dump that has no partition that is known to carry a phone's identity.
type NoIdentityError struct {
	Path  string
	Names bool // its table has names for partitions
}

func (e *NoIdentityError) Error() string {
	return e.Path + " has no partition that is known to carry a phone's identity"
}

// NothingPrivateError is a dump in which nothing is known to be private, so that there is
// nothing to search for.
type NothingPrivateError struct{ Path string }

func (e *NothingPrivateError) Error() string {
	return e.Path + ": no partition of it is known to be private, so there is nothing to search for"
}

// SidecarError is an archive that is complete, and whose sidecar is not.
type SidecarError struct {
	Path string // of the archive
	Err  error
}

func (e *SidecarError) Error() string {
	return fmt.Sprintf("%s is complete, its sidecar is not: %v", e.Path, e.Err)
}

func (e *SidecarError) Unwrap() error { return e.Err }

// ResumableError is a failure after which the same call goes on where it was.
type ResumableError struct{ Err error }

func (e *ResumableError) Error() string { return e.Err.Error() }
func (e *ResumableError) Unwrap() error { return e.Err }
