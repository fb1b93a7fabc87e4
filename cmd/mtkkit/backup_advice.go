package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
)

// refusalHints are what to do about what archive refuses.
var refusalHints = map[archive.Reason][]string{
	archive.InClear: {"--encrypt RECIPIENT, or --encrypt passphrase, keeps it to those you choose",
		"--plain makes it all the same: keep it where nobody else reads"},
	archive.Exists:      {"choose another name with -o; --force replaces it, for it is an archive"},
	archive.Sidecar:     {"--force --parity N replaces both, or move it away"},
	archive.InTheWay:    {"it may be the rest of an interrupted run: remove it if so"},
	archive.PartOnly:    {"--parts restores what it holds"},
	archive.NoRecord:    {"--parts restores what it holds, and names what is lost"},
	archive.OtherModel:  {"--foreign plans it all the same"},
	archive.StaysLocked: {"is it the right key? Without --key, all else of it is pulled"},
}

// backupHelp says what to do about the errors of archive.
func backupHelp(err error) error {
	var (
		no      *archive.RefusedError
		stop    *split.Refusal
		sidecar *archive.SidecarError
	)
	switch {
	case errors.As(err, &no) && len(no.Differ) > 0:
		differ := no.Differ
		if n := len(differ) - 8; n > 0 {
			differ = append(differ[:8:8], fmt.Sprintf("and %d more", n))
		}
		return refusal{fmt.Errorf("%w:\n  %s", err, strings.Join(differ, "\n  ")), refusalHints[no.Reason]}
	case errors.As(err, &no):
		return refusal{err, refusalHints[no.Reason]}
	case errors.As(err, &stop):
		return refused(err)
	case errors.As(err, &sidecar):
		return parityHelp(err)
	case errors.As(err, new(*archive.NothingPrivateError)):
		return hinted{err, []string{"give this phone's scatter file with --scatter FILE"}}
	case errors.As(err, new(*archive.OwnerKeyError)):
		return hinted{err, []string{"mtkkit backup create --share --owner-key FILE makes one"}}
	}
	return err
}

// parityHelp says what to do about the errors of parity.
func parityHelp(err error) error {
	var much *parity.TooMuchError
	switch {
	case errors.Is(err, parity.ErrExists):
		return refusal{err, []string{"choose another name with -o, or move the file away"}}
	case errors.As(err, &much):
		return hinted{err, []string{"an archive is read around its damage: mtkkit backup verify names the files that are hurt, and restore gives the others"}}
	case errors.Is(err, flash.ErrNotThis):
		return hinted{err, []string{"a sidecar is what mtkkit backup create --parity writes: FILE.par"}}
	}
	return err
}

// identityWords is the sentence that goes with files that carry the phone's identity, or
// may, "" when there are none. End says what to mind.
func identityWords(id plan.Identity, end string) string {
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
