package words

import (
	"errors"
	"strings"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

// Backup says what to do about the errors of archive. Its refusals have their hints by
// their reasons.
func Backup(err error) error {
	switch {
	case errors.As(err, new(*archive.SidecarError)):
		return Parity(err)
	case errors.As(err, new(*archive.NothingPrivateError)):
		return Advise(err, "give this phone's scatter file with --scatter FILE")
	case errors.As(err, new(*archive.OwnerKeyError)):
		return Advise(err, "mtkkit backup create --share --owner-key FILE makes one")
	}
	return err
}

// Parity says what to do about the errors of parity.
func Parity(err error) error {
	switch {
	case errors.As(err, new(*parity.TooMuchError)):
		return Advise(err, "an archive is read around its damage: mtkkit backup verify names the files that are hurt, and restore gives the others")
	case errors.Is(err, flash.ErrNotThis):
		return Advise(err, "a sidecar is what mtkkit backup create --parity writes: FILE.par")
	}
	return err
}

// Identity is the sentence that goes with files that carry the phone's identity, or
// may, "" when there are none. End says what to mind.
func Identity(id plan.Identity, end string) string {
	var say []string
	for _, x := range []struct {
		what  string
		names []string
	}{
		{"these files carry this phone's identity (IMEI, serial numbers, keys, personal data)", id.Known},
		{"no table names what is in these, where nvram (IMEI) and serial numbers may be", id.Unnamed},
		{"nobody knows what partitions of these names hold, and it may be the same", id.Unknown},
	} {
		if len(x.names) > 0 {
			say = append(say, x.what+": "+strings.Join(x.names, " "))
		}
	}
	if len(say) == 0 {
		return ""
	}
	return strings.Join(append(say, end), "; ")
}
