package commands

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/words"
)

func verifyCommand(u *ui) *cli.Command {
	o := newDumpOptions()
	return &cli.Command{
		Name:      "verify",
		Usage:     "check whether a parts folder, a backup or a dump is complete and unchanged",
		ArgsUsage: "ROM_1.parts | ROM_1.tar.zst | ROM_1",
		Description: "A folder of mtkkit, a zip of it and an archive are compared with the hashes of their manifest, any other dump with\n" +
			"its own tables. A backup in a folder of backups (oci:FOLDER:TAG) is verified as mtkkit backup verify does, which\n" +
			"also takes one in a registry.",
		Flags: flags.Of(flags.Fields(&o.scatter, &o.boot1, &o.json), o.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			path, err := flags.One(args, "parts folder or dump")
			if err != nil {
				return err
			}
			if ref, place := asPlace(path); place && ref.Layout != "" {
				return verifyPlace(ctx, u, &o.keyOptions, false, ref)
			}
			return verify(ctx, u, &o, path)
		}),
	}
}

// verify prints the verdict on a folder or a dump.
func verify(ctx context.Context, u *ui, o *dumpOptions, path string) error {
	opt, err := o.dump(ctx, u)
	if err != nil {
		return err
	}
	v, err := dump.Verify(ctx, path, opt)
	if err != nil {
		return words.LockedDump(err, o.key)
	}
	if err := sayVerdict(u, document.NewVerdict(v), bootWords(v.Boot), verdictWords(v)); err != nil {
		return err
	}
	printMissing(u, v.Missing)
	switch {
	case v.State == dump.Broken:
		return fmt.Errorf("%s: the verification failed", path)
	case v.State == dump.Partial, v.State == dump.Unproven:
		return words.ErrProblems
	case v.Unfinished:
		u.unfinished = &unfinished{path: path, told: true}
	}
	return words.Verdict(v.Problems)
}

// verdictWords returns the sentence for a verdict.
func verdictWords(v *dump.Verdict) (s string) {
	files := fmt.Sprintf("%d files", v.Files)
	switch {
	case v.State == dump.Broken && v.Proven:
		return "BROKEN: the files do not match the manifest"
	case v.State == dump.Broken && v.Images > 0:
		return "BROKEN: some images are not as the package states, see above"
	case v.State == dump.Broken:
		return "BROKEN: the files do not match what was read from the phone"
	case v.Mixed:
		return "partial: " + files + " match the manifest, but they may be from two phones"
	case v.State == dump.Partial:
		return "partial: " + files + " match the manifest, but they are not all of the dump"
	case v.State == dump.Unproven:
		return fmt.Sprintf("all %s have the right sizes, but %d have no hash: nothing proves that they are unchanged", files, v.NoHash)
	case v.Unsound:
		s = fmt.Sprintf("unchanged: %s, %s; but the dump that they were made from had problems, see above", files, flash.Size(v.Bytes))
	case v.Proven:
		s = fmt.Sprintf("complete and unchanged: %s, %s", files, flash.Size(v.Bytes))
	case v.Unfinished:
		return "unfinished, see above"
	case v.State == dump.Damaged:
		return "damaged or incomplete, see above"
	case v.Images > 0:
		s = imagesWords(v)
	case v.SizeKnown:
		s = "sound: the tables are valid and nothing that they list is missing"
	default:
		s = "sound as far as is known: nothing that the table lists is missing, but the table does not have the device's size"
	}
	if v.BootDiffer {
		s += "; but the check against verified boot found problems, see above"
	}
	return s
}

// imagesWords returns the sentence for a firmware package without faults.
func imagesWords(v *dump.Verdict) string {
	switch v.Summed {
	case 0:
		return fmt.Sprintf("all %s can be read; the package has no hashes of them", counted(v.Images, "image"))
	case v.Images:
		return fmt.Sprintf("all %s have the SHA-256 that the package states", counted(v.Images, "image"))
	}
	return fmt.Sprintf("all %s can be read, and %d have the SHA-256 that the package states", counted(v.Images, "image"), v.Summed)
}

// sayVerdict prints a verdict; boot is the result of verified boot, "" for none.
func sayVerdict(u *ui, v document.Verdict, boot, sentence string) error {
	u.Bars.Clear()
	if u.JSON {
		if err := u.Document(v); err != nil {
			return err
		}
	}
	u.Problems(v.Problems)
	if boot != "" {
		u.Say("%s", boot)
	}
	u.Say("%s: %s", v.Path, sentence)
	return nil
}

// bootWords returns a summary of a verification, "" if the dump has no AVB block.
func bootWords(r *avb.Verification) string {
	if r == nil || len(r.Blocks) == 0 {
		return ""
	}
	names := map[avb.Verdict][]string{}
	for _, f := range r.Findings {
		names[f.Verdict] = append(names[f.Verdict], f.Partition)
	}
	var out []string
	add := func(v avb.Verdict, one, many string) {
		if n := names[v]; len(n) > 0 {
			out = append(out, fmt.Sprintf("%s %s", strings.Join(n, " "), map[bool]string{true: one, false: many}[len(n) == 1]))
		}
	}
	add(avb.Intact, "matches", "match")
	add(avb.Different, "does NOT match", "do NOT match")
	add(avb.Unknown, "could not be checked", "could not be checked")
	return "verified boot: " + cmp.Or(strings.Join(out, "; "), "it describes no partition of this dump")
}
