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

// Parity: the sidecar that create makes beside an archive, and verify mends it by.

// sidecarOf is the sidecar that stands beside a file, or is named.
func (o *backupVerifyOptions) sidecarOf(path string) string {
	if o.sidecar != "" {
		return o.sidecar
	}
	return path + parity.Suffix
}

// hasSidecar reports whether a file's sidecar is at hand, or was named.
func (o *backupVerifyOptions) hasSidecar(path string) bool {
	_, err := os.Stat(o.sidecarOf(path))
	return err == nil || o.sidecar != ""
}

// repairFile writes what a file was before it was damaged.
func repairFile(ctx context.Context, u *ui, o *backupVerifyOptions, path string) error {
	if o.output == "" {
		return usage("where to? (mtkkit backup verify %s --repair -o %s.mended): the file itself is never written to", path, path)
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
	u.Say("%s itself was not touched", path)
	return nil
}

// mended says how much was damaged, and that it is no more.
func mended(r *parity.Result) string {
	if r.Whole() {
		return "nothing was damaged"
	}
	return fmt.Sprintf("%s in %d places mended, proven by the sidecar's sums", flash.Size(flash.Total(r.Damaged)), len(r.Damaged))
}

// verifySidecar holds a file against its sidecar, after the file was judged by itself
// with the verdict: what could be mended, and whether the sidecar is of this file at all.
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
		ps.Add(flash.Warning, o.sidecarOf(path), "is the sidecar of other bytes: the archive was written again without it")
	case len(r.Lost) == 0:
		hint = fmt.Sprintf("the sidecar mends all of it: mtkkit backup verify %s --repair -o %s", words.Quoted(path), words.Quoted(path+".mended"))
	default:
		hint = "the sidecar cannot mend it: " + strings.TrimPrefix((&parity.TooMuchError{Lost: r.Lost}).Error(), "parity: ")
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
