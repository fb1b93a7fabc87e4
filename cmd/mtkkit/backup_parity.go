package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/flash"
)

// Parity: the sidecar that create makes beside an archive, and verify mends it by.

func parityFlag() cli.Flag {
	return &cli.IntFlag{Name: "parity", Usage: "beside the archive a sidecar of `N` percent of its size, 1 to 50, that mends as much damage"}
}

func repairFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "repair", Usage: "mend the file by its sidecar (FILE.par) and write it to -o; the file itself stays as it is"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` that the mended copy is written to"},
		&cli.StringFlag{Name: "sidecar", Usage: "`FILE` with the parity (default: the file's name with .par)"},
	}
}

// checkParityFlag refuses a share that cannot be made, before anything is written.
func checkParityFlag(c *cli.Context) error {
	if n := c.Int("parity"); c.IsSet("parity") && (n < 1 || n > 50) {
		return usage("%s: --parity is 1 to 50 percent, not %d", commandName(c), n)
	}
	if c.IsSet("parity") && c.IsSet("split-size") {
		return usage("%s: --parity is for one file, and --split-size makes several", commandName(c))
	}
	return nil
}

// makeParity makes the sidecar of a finished archive.
func makeParity(c *cli.Context, u *ui, path string) error {
	n := c.Int("parity")
	if n == 0 {
		return nil
	}
	err := parity.Create(c.Context, path, parity.Options{Percent: n, Force: c.Bool("force"), Progress: u.bars.event})
	u.bars.clear()
	if err != nil {
		return fmt.Errorf("%s is complete, its sidecar is not: %w", path, parityHelp(err))
	}
	st, err := os.Stat(path + parity.Suffix)
	if err != nil {
		return err
	}
	u.say("%s: %s that mend %d %% of it", path+parity.Suffix, flash.Size(st.Size()), n)
	return nil
}

func parityHelp(err error) error {
	var much *parity.TooMuchError
	switch {
	case flash.AsRefusal(err) != nil:
		return refused(err)
	case errors.As(err, &much):
		return hinted{err, []string{"an archive is read around its damage: mtkkit backup verify names the files that are hurt, and restore gives the others"}}
	case errors.Is(err, flash.ErrNotThis):
		return hinted{err, []string{"a sidecar is what mtkkit backup create --parity writes: FILE.par"}}
	}
	return err
}

// sidecarOf is the sidecar that stands beside a file, or is named.
func sidecarOf(c *cli.Context, path string) string {
	if s := c.String("sidecar"); s != "" {
		return s
	}
	return path + parity.Suffix
}

// repairFile writes what a file was before it was damaged.
func repairFile(c *cli.Context, u *ui, path string) error {
	out := c.String("output")
	if out == "" {
		return usage("%s: where to? (%s %s --repair -o %s.mended): the file itself is never written to", commandName(c), commandName(c), path, path)
	}
	r, err := parity.Repair(c.Context, path, sidecarOf(c, path), out, u.bars.event)
	u.bars.clear()
	if r != nil {
		u.problems(r.Problems)
	}
	if err != nil {
		return parityHelp(err)
	}
	if err := parityDocument(u, path, out, r); err != nil {
		return err
	}
	u.say("%s: %s, %s", out, flash.Size(r.Size), mended(r, "was", "mended"))
	u.say("%s itself was not touched", path)
	return nil
}

// parityDoc is the JSON document of a repair.
type parityDoc struct {
	Schema   string          `json:"schema"`
	Path     string          `json:"path"`
	Output   string          `json:"output"`
	Size     int64           `json:"size"`
	Damaged  []flash.Extent  `json:"damaged"`
	Problems []flash.Problem `json:"problems"`
}

func parityDocument(u *ui, path, out string, r *parity.Report) error {
	if !u.json {
		return nil
	}
	return u.document(parityDoc{"mtkkit.repair/1", path, out, r.Size, r.Damaged, r.Problems})
}

// mended says how much was damaged, and that it is no more.
func mended(r *parity.Report, was, done string) string {
	if r.Whole() {
		return "nothing " + was + " damaged"
	}
	var bytes int64
	for _, e := range r.Damaged {
		bytes += e.Length
	}
	return fmt.Sprintf("%s in %d places %s, proven by the sidecar's sums", flash.Size(bytes), len(r.Damaged), done)
}

// hasSidecar reports whether a file's sidecar is at hand, or was named.
func hasSidecar(c *cli.Context, path string) bool {
	_, err := os.Stat(sidecarOf(c, path))
	return err == nil || c.IsSet("sidecar")
}

// verifySidecar holds a file against its sidecar, after the file was judged by itself
// with the verdict: what could be mended, and whether the sidecar is of this file at all.
func verifySidecar(c *cli.Context, u *ui, path string, verdict error) error {
	r, err := parity.Verify(c.Context, path, sidecarOf(c, path), u.bars.event)
	u.bars.clear()
	if err != nil {
		return errors.Join(verdict, parityHelp(err))
	}
	ps := r.Problems
	hint := ""
	switch {
	case r.Whole():
	case verdict == nil || errors.Is(verdict, errPartial):
		ps = append(ps, flash.Problem{Severity: flash.Warning, Place: sidecarOf(c, path), Offset: flash.NoOffset,
			Text: "is the sidecar of other bytes: the archive was written again without it"})
	case len(r.Lost) == 0:
		hint = fmt.Sprintf("the sidecar mends all of it: mtkkit backup verify %s --repair -o %s", quoted(path), quoted(path+".mended"))
	default:
		hint = "the sidecar cannot mend it: " + strings.TrimPrefix((&parity.TooMuchError{Lost: r.Lost}).Error(), "parity: ")
	}
	u.problems(ps)
	switch {
	case hint != "" && errors.Is(verdict, errProblems):
		u.hints(hint)
	case hint != "":
		verdict = hinted{verdict, []string{hint}}
	}
	if verdict == nil && flash.Worst(ps) > flash.Note {
		return errProblems
	}
	return verdict
}

// refuseStale refuses to replace an archive and leave the sidecar of the old one.
func refuseStale(c *cli.Context, out string) error {
	side := out + parity.Suffix
	if _, err := os.Lstat(side); err != nil || c.Bool("force") && c.IsSet("parity") {
		return nil
	}
	return refusal{fmt.Errorf("%s is there already, the sidecar of an earlier archive", side), []string{"--force --parity N replaces both, or move it away"}}
}
