package commands

import (
	"cmp"
	"context"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// pullOptions are the options of backup pull.
type pullOptions struct {
	placeOptions
	output      string
	dump        bool
	force       bool
	acceptGuess bool
	noHoles     bool
}

func backupPullCommand(u *ui) *cli.Command {
	o := &pullOptions{placeOptions: placeOptions{displayOptions: newDisplay()}}
	return &cli.Command{
		Name:        "pull",
		Usage:       "get a backup from a store, as the parts folder that split would write",
		ArgsUsage:   "REF",
		Description: refHelp + "\nIf a pull is interrupted, run it again: it continues where it stopped.",
		Flags: flags.Of(flags.Fields(&o.output, &o.dump, &o.key, &o.force), flags.In(flags.GroupOutput,
			flags.Text(&o.output, "output o", "`FOLDER` to write to (default: the tag with .parts)"),
			flags.Switch(&o.dump, "dump", "write the dump, not its parts: needs -o FILE, or -o FOLDER if the dump was several files"),
			acceptGuessOption(&o.acceptGuess),
			flags.Switch(&o.force, "force f", forceFolder),
			flags.Switch(&o.noHoles, "no-holes", "write all zeros to the disk; do not leave holes in the files (sparse files)"),
		), o.keyOptions.options(), o.placeOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			s, err := flags.One(args, "backup")
			if err != nil {
				return err
			}
			ref, err := parsePlace(s, true)
			if err != nil {
				return err
			}
			if o.dump && o.output == "" {
				return usage("--dump needs -o (mtkkit backup pull %s --dump -o ROM_1)", ref)
			}
			return pull(ctx, u, o, ref)
		}),
	}
}

func pull(ctx context.Context, u *ui, o *pullOptions, ref oci.Ref) error {
	opt := archive.PullOptions{
		From: ref, Store: o.reach(ctx, u), Output: o.output, Tool: tool(), Dump: o.dump, WithKey: len(o.key) > 0, AcceptGuess: o.acceptGuess,
		Force: o.force, NoHoles: o.noHoles, Progress: renamed(u.Bars.Event, "pull"),
	}
	if o.dump {
		opt.Progress = renamed(u.Bars.Event, "restore")
	} else {
		opt.Output = filepath.Clean(cmp.Or(o.output, strings.TrimSuffix(ref.Tag, ".parts")+".parts"))
	}
	p, err := archive.Pull(ctx, opt)
	u.Bars.Clear()
	if no := flash.AsRefusal(err); no != nil && no.Reason == flash.ReasonPartial {
		return words.Refuse(err, "without --dump, the parts that the backup has are written as a folder")
	}
	if err != nil {
		return words.Place(words.Backup(err))
	}
	if p.Restored != nil {
		return tellRestored(u, p.Restored, "backup")
	}
	return tellPulled(u, ref, opt.Output, p)
}

func tellPulled(u *ui, ref oci.Ref, dir string, p *archive.Pulled) error {
	m := p.Record
	problems := flash.Problems(p.Problems)
	if p.Locked != nil {
		problems.Add(flash.Warning, ref.Tag, "the private files were not pulled: %v (--key FILE gives the private key)", p.Locked)
	}
	d := document.NewPulled(ref, dir, m, problems)
	if u.JSON {
		if err := u.Document(d); err != nil {
			return err
		}
	}
	u.Problems(problems)
	u.Say("%s: %d files, %s, every byte proven by the backup's hashes", dir, d.Files, flash.Size(d.Size))
	switch {
	case p.Locked != nil:
		u.Say("partial: without the encrypted files")
	case !m.Complete:
		u.Say("partial: the backup does not have all of the dump")
	}
	return words.Verdict(problems)
}
