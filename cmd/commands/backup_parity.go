package commands

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// Parity: the sidecar that backup create writes beside an archive, and with which backup verify
// repairs it.

// sidecarOf returns the path of the sidecar: the one that the user named, or the one beside the file.
func (o *backupVerifyOptions) sidecarOf(path string) string {
	if o.sidecar != "" {
		return o.sidecar
	}
	return path + parity.Suffix
}

// hasSidecar reports whether a file has a sidecar, or the user named one.
func (o *backupVerifyOptions) hasSidecar(path string) bool {
	_, err := os.Stat(o.sidecarOf(path))
	return err == nil || o.sidecar != ""
}

// repairFile writes a repaired copy of a damaged file.
func repairFile(ctx context.Context, u *ui, o *backupVerifyOptions, path string) error {
	if o.output == "" {
		return usage("-o FILE is needed (mtkkit backup verify %s --repair -o %s.repaired): the file itself is never changed", path, path)
	}
	r, err := parity.Repair(ctx, path, o.sidecarOf(path), o.output, u.Bars.Event)
	u.Bars.Clear()
	if r != nil {
		u.Problems(r.Problems)
	}
	if err != nil {
		return words.Parity(err)
	}
	if u.JSON {
		if err := u.Document(document.NewMendedFile(path, o.output, r)); err != nil {
			return err
		}
	}
	u.Say("%s: %s, %s", o.output, flash.Size(r.Size), mended(r))
	u.Say("%s itself was not changed", path)
	return nil
}

// mended returns how much was damaged and repaired.
func mended(r *parity.Result) string {
	if r.Whole() {
		return "nothing was damaged"
	}
	return fmt.Sprintf("%s in %d ranges repaired, proven by the sidecar's sums", flash.Size(flash.Total(r.Damaged)), len(r.Damaged))
}

// verifySidecar compares a file with its sidecar. verdict is the result for the file alone. It adds
// what the sidecar can repair, and whether the sidecar is of this file.
func verifySidecar(ctx context.Context, u *ui, o *backupVerifyOptions, path string, verdict error) error {
	r, err := parity.Verify(ctx, path, o.sidecarOf(path), u.Bars.Event)
	u.Bars.Clear()
	if err != nil {
		return errors.Join(verdict, words.Parity(err))
	}
	ps, hint := flash.Problems(r.Problems), ""
	switch {
	case r.Whole():
	case verdict == nil || errors.Is(verdict, errPartial):
		ps.Add(flash.Warning, o.sidecarOf(path), "does not belong to this archive: the archive was written again without a sidecar")
	case len(r.Lost) == 0:
		hint = fmt.Sprintf("the sidecar can repair all of it: mtkkit backup verify %s --repair -o %s", words.Quoted(path), words.Quoted(path+".repaired"))
	default:
		hint = "the sidecar cannot repair it: " + strings.TrimPrefix((&parity.TooMuchError{Lost: r.Lost}).Error(), "parity: ")
	}
	u.Problems(ps)
	switch {
	case hint != "" && errors.Is(verdict, words.ErrProblems):
		u.Hints(hint)
	case hint != "":
		verdict = words.Advise(verdict, hint)
	}
	if verdict == nil && flash.Worst(ps) > flash.Note {
		return words.ErrProblems
	}
	return verdict
}
