package words

import (
	"errors"
	"strings"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

// Backup adds hints to the errors of archive. Refusals of archive get theirs by reason
// (RefusalHint).
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

// Parity adds hints to the errors of parity.
func Parity(err error) error {
	switch {
	case errors.As(err, new(*parity.TooMuchError)):
		return Advise(err, "the undamaged files of an archive can still be read: mtkkit backup verify names the damaged files, and restore writes the others")
	case errors.Is(err, flash.ErrNotThis):
		return Advise(err, "mtkkit backup create --parity writes a sidecar: FILE.par")
	}
	return err
}

// Identity returns the sentence about files that contain, or may contain, the phone's identity,
// or "" if there are none. The sentence ends with end, which says what the user should do.
func Identity(id plan.Identity, end string) string {
	var say []string
	for _, x := range []struct {
		what  string
		names []string
	}{
		{"these files contain this phone's identity (IMEI, serial numbers, keys, personal data)", id.Known},
		{"no table names the content of these files, and they may contain nvram (IMEI) and serial numbers", id.Unnamed},
		{"partitions with these names are unknown, and they may contain the same", id.Unknown},
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
