package archive

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// refuse makes a refusal of this package. It is used before the first write.
func refuse(reason flash.Reason, path, format string, a ...any) error {
	return flash.Refuse("archive", reason, path, format, a...)
}

// OptionsError reports options that contradict each other.
type OptionsError struct{ Text string }

func (e *OptionsError) Error() string { return "archive: " + e.Text }

// NoIdentityError reports a dump without a partition that is known to contain a phone's identity.
type NoIdentityError struct {
	Path  string
	Names bool // its table has partition names
}

func (e *NoIdentityError) Error() string {
	return e.Path + " has no partition that is known to contain a phone's identity"
}

// NothingPrivateError reports a dump without a partition that is known to be private, so that
// there is nothing to search for.
type NothingPrivateError struct{ Path string }

func (e *NothingPrivateError) Error() string {
	return e.Path + ": none of its partitions is known to be private, so there is nothing to search for"
}

// SidecarError reports that the archive is complete, but its sidecar is not.
type SidecarError struct {
	Path string // of the archive
	Err  error
}

func (e *SidecarError) Error() string {
	return fmt.Sprintf("%s is complete, but its sidecar is not: %v", e.Path, e.Err)
}

func (e *SidecarError) Unwrap() error { return e.Err }

// ResumableError reports a failure after which the same call resumes the work.
type ResumableError struct{ Err error }

func (e *ResumableError) Error() string { return e.Err.Error() }
func (e *ResumableError) Unwrap() error { return e.Err }
