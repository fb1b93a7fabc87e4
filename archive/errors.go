package archive

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// refuse makes what this package refuses, before the first write.
func refuse(reason flash.Reason, path, format string, a ...any) error {
	return flash.Refuse("archive", reason, path, format, a...)
}

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

// ResumableError is a failure after which the same call continues where it was.
type ResumableError struct{ Err error }

func (e *ResumableError) Error() string { return e.Err.Error() }
func (e *ResumableError) Unwrap() error { return e.Err }
