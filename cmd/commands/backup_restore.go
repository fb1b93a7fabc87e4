package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// restoreOptions are the options of backup restore. dumpOptions are for the target of --plan.
type restoreOptions struct {
	dumpOptions
	output      string
	parts       bool
	only, skip  []string
	region      string
	plan        bool
	target      string
	stock       string // a firmware package
	foreign     bool
	acceptGuess bool
	force       bool
	noHoles     bool
	noSync      bool
}

func backupRestoreCommand(u *ui) *cli.Command {
	o := &restoreOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:      "restore",
		Usage:     "write the dump of an archive again, byte for byte, or the files to flash",
		ArgsUsage: "phone.tar.zst",
		Description: "Writes the dump: one file if it was one file, otherwise a folder of regions. --parts writes the folder\n" +
			"that a flash tool takes; --only and --skip write some partitions of it. Nothing is flashed: --plan\n" +
			"shows what a flash tool would do with the files.",
		Flags: flags.Of(flags.Fields(&o.output, &o.parts, &o.only, &o.skip, &o.plan, &o.force), o.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			path, err := flags.One(args, "archive")
			if err != nil {
				return err
			}
			if o.output == "" && !o.plan {
				return usage("-o is needed (mtkkit backup restore %s -o ROM_1)", path)
			}
			if o.stock != "" && !o.plan {
				return usage("--stock needs --plan: mtkkit does not write the maker's files into a dump")
			}
			a, err := openArchive(ctx, u, &o.keyOptions, path)
			if err != nil {
				return err
			}
			defer a.Close()
			if o.plan {
				return flashPlan(ctx, u, o, a)
			}
			return restore(ctx, u, o, a)
		}),
	}
}

func (o *restoreOptions) options() []flags.Option {
	return slices.Concat(
		flags.In(flags.GroupInput,
			flags.Text(&o.target, "target", "with --plan: a scatter `FILE` or dump of the phone that would be written; a different model is refused"),
			flags.Text(&o.stock, "stock", "with --plan: the maker's firmware `PACKAGE`; the plan names its files for what is lost, cut or damaged, if they are of the right version"),
			flags.Switch(&o.foreign, "foreign", "with --plan: do not refuse a target of a different model"),
			noSiblingsOption(&o.noSiblings)),
		flags.In(flags.GroupOutput, slices.Concat([]flags.Option{
			flags.Text(&o.output, "output o", "`FILE` or FOLDER to write"),
			flags.Switch(&o.parts, "parts", "write the folder to flash: images, scatter file, manifest"),
		}, patternOptions(&o.only, &o.skip), []flags.Option{
			flags.Text(&o.region, "region", "write only this `REGION`, such as EMMC_BOOT_1"),
			flags.Switch(&o.plan, "plan", "write nothing; show what a flash tool would write and where, what would be lost, and the commands"),
			acceptGuessOption(&o.acceptGuess),
			flags.Switch(&o.force, "force f", forceFolder),
			flags.Switch(&o.noHoles, "no-holes", "write all zeros to the disk; do not leave holes in the files (sparse files)"),
			flags.Switch(&o.noSync, "no-sync", "do not wait until the data are on the disk: faster, but a power failure can destroy the result"),
		})...),
		o.keyOptions.options(), o.displayOptions.options())
}

func restore(ctx context.Context, u *ui, o *restoreOptions, a *archive.Archive) error {
	r, err := a.Restore(ctx, archive.RestoreOptions{
		Output: o.output, Tool: tool(), Parts: o.parts || len(o.only)+len(o.skip) > 0, Only: o.only, Skip: o.skip, AcceptGuess: o.acceptGuess,
		Region: flash.Region(strings.ToUpper(o.region)), Force: o.force, NoHoles: o.noHoles, NoSync: o.noSync,
		Progress: renamed(u.Bars.Event, "restore"),
	})
	u.Bars.Clear()
	if err != nil {
		return words.Backup(patternWords(err))
	}
	return tellRestored(u, r, "archive")
}

// renamed returns tell with the progress under the name of the command that the user typed.
func renamed(tell func(flash.Event), op string) func(flash.Event) {
	return func(e flash.Event) {
		e.Op = op
		tell(e)
	}
}

// tellRestored prints what was written; kind is the source, "archive" or "backup".
func tellRestored(u *ui, r *archive.Restored, kind string) error {
	problems := flash.Problems(r.Problems)
	if r.Map != "" {
		problems.Add(flash.Warning, r.Output, "not all bytes are from the phone: %s lists the ranges that are not", r.Map)
	}
	if r.Locked > 0 {
		problems.Add(flash.Warning, r.Output, "%d files are still encrypted (NAME%s): --key FILE opens them, or age -d and then zstd -d", r.Locked, archive.LockedEnding)
	}
	if u.JSON {
		if err := u.Document(document.NewRestored(r, problems)); err != nil {
			return err
		}
	}
	u.Problems(problems)
	what := flash.Size(r.Bytes).String()
	if r.Files > 1 {
		what = fmt.Sprintf("%d files, %s", r.Files, what)
	}
	switch {
	case r.Lost:
		u.Say("%s: %s, without the bytes that are lost", r.Output, what)
	case r.Incomplete:
		u.Say("%s: %s, without what is not in the %s; the rest is proven by its hashes", r.Output, what, kind)
	default:
		u.Say("%s: %s, every byte proven by the %s's hashes", r.Output, what, kind)
	}
	return words.Verdict(problems)
}
