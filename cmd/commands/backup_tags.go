package commands

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

const placeHelpText = "STORE is oci:FOLDER, or HOST/NAME in a registry."

func backupTagsCommand(u *ui) *cli.Command {
	o := &placeOptions{displayOptions: newDisplay()}
	return &cli.Command{
		Name:        "tags",
		Usage:       "list the backups in a store, the oldest first",
		ArgsUsage:   "STORE",
		Description: placeHelpText,
		Flags:       flags.Of(flags.Fields(&o.json, &o.plainHTTP), o.options()),
		Action: o.with(u, func(ctx context.Context, repo *oci.Repo) error {
			all, err := repo.List(ctx)
			if err != nil {
				return words.Place(err)
			}
			doc := document.NewTags(repo.Store(), all)
			if u.JSON {
				return u.Document(doc)
			}
			return printTags(u, doc)
		}),
	}
}

// with returns the action of a command that works on all backups of a store.
func (o *placeOptions) with(u *ui, do func(context.Context, *oci.Repo) error) cli.ActionFunc {
	return u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
		s, err := flags.One(args, "store")
		if err != nil {
			return err
		}
		ref, err := parsePlace(s, false)
		if err != nil {
			return err
		}
		if ref.Tag != "" {
			return usage("%s names one backup; name the store: %s", s, ref.Store())
		}
		repo, err := oci.Open(ref, o.reach(ctx, u))
		if err != nil {
			return words.Place(err)
		}
		defer repo.Close()
		return do(ctx, repo)
	})
}

func printTags(u *ui, doc document.Tags) error {
	var (
		rows strings.Builder
		ours int
	)
	w := tabwriter.NewWriter(&rows, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TAG\tPUSHED\tCHIP\tPROJECT\tSIZE\tSTORED\tNOT SHARED\tENCRYPTED")
	for _, i := range doc.Tags {
		switch {
		case i.Alien:
			u.Note("%s: %s", i.Tag, i.Problem)
		case i.Problem != "":
		default:
			ours++
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%v\t%v\t%v\t%s\n", i.Tag, i.Created.Local().Format("2006-01-02 15:04"),
				cmp.Or(i.Chip, "-"), cmp.Or(i.Project, "-"), flash.Size(i.Bytes), flash.Size(i.Stored), flash.Size(i.Own), cmp.Or(i.Sealed, "-"))
		}
	}
	w.Flush()
	if ours > 0 {
		u.Say("%s", strings.TrimSuffix(rows.String(), "\n"))
	} else {
		u.Say("%s: no backups", doc.Place)
	}
	u.Problems(doc.Problems)
	return words.Verdict(doc.Problems)
}

// pruneOptions are the options of backup prune.
type pruneOptions struct {
	placeOptions
	keep   int
	older  time.Duration
	match  string
	dryRun bool
}

func backupPruneCommand(u *ui) *cli.Command {
	o := &pruneOptions{placeOptions: placeOptions{displayOptions: newDisplay()}}
	return &cli.Command{
		Name:      "prune",
		Usage:     "remove old backups, and data that no backup needs any more",
		ArgsUsage: "STORE",
		Description: placeHelpText + "\n" +
			"With both --keep and --older, a backup is removed if it is older than AGE and not one of the newest N.\n" +
			"Without both, only blobs are removed that no backup in the folder needs, such as those of an interrupted push.",
		Flags: flags.Of(flags.Fields(&o.keep, &o.older, &o.match, &o.dryRun), []flags.Option{
			flags.Number(&o.keep, "keep", "keep the newest `N` backups", 1, math.MaxInt32, ""),
			ageOption(&o.older, "older", "remove only backups that are older than `AGE`: 90d, 12w, 1y"),
			flags.Text(&o.match, "match", "look only at tags that match this `PATTERN`, as in 'blu-s5260-*'; all others are kept and not counted"),
			flags.Switch(&o.dryRun, "dry-run n", "show what would be removed, and remove nothing"),
		}, o.placeOptions.options()),
		Action: o.with(u, func(ctx context.Context, repo *oci.Repo) error {
			p, err := o.policy(repo)
			if err != nil {
				return err
			}
			out, err := repo.Prune(ctx, p)
			u.Bars.Clear()
			if out != nil && len(out.Removed)+out.Blobs > 0 || err == nil {
				err = reportPrune(u, repo, p, out, err)
			}
			return words.Place(err)
		}),
	}
}

// policy returns which backups are removed.
func (o *pruneOptions) policy(repo *oci.Repo) (oci.Policy, error) {
	p := oci.Policy{Keep: o.keep, Older: o.older, Match: o.match, DryRun: o.dryRun, Now: time.Now()}
	if p.Keep == 0 && p.Older == 0 {
		if p.Match != "" {
			return p, usage("--match needs --keep N or --older AGE")
		}
		if repo.Layout == "" {
			return p, usage("for a registry, --keep N or --older AGE is needed")
		}
	}
	return p, nil
}

// ageOption returns an option that takes an age: 90d, 12w, 1y.
func ageOption(p *time.Duration, names, usage string) flags.Option {
	return flags.Taking(p, names, usage, "", func(s string) (err error) {
		if *p, err = parseAge(s); err != nil {
			return fmt.Errorf("must be an age such as 90d, 12w or 1y, not %q", s)
		}
		return nil
	})
}

// parseAge parses a number of days, weeks or years.
func parseAge(s string) (time.Duration, error) {
	const day = 24 * time.Hour
	units := map[string]time.Duration{"d": day, "w": 7 * day, "y": 365 * day}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 16)
	unit, ok := units[s[len(s)-1:]]
	if err != nil || !ok || n == 0 || n > 200*365 {
		return 0, fmt.Errorf("%q is not an age", s)
	}
	return min(time.Duration(n), 36500*day/unit) * unit, nil
}

func reportPrune(u *ui, repo *oci.Repo, p oci.Policy, out *oci.Pruned, failed error) error {
	if u.JSON && failed == nil {
		if err := u.Document(document.Pruned{Place: repo.Store(), DryRun: p.DryRun, Pruned: out}); err != nil {
			return err
		}
	}
	removed, freed := "removed", "freed"
	if p.DryRun {
		removed, freed = "would be removed", "would be freed"
	}
	for _, i := range out.Removed {
		u.Say("%s: %s (pushed %s)", i.Tag, removed, i.Created.Local().Format("2006-01-02"))
	}
	u.Problems(out.Notes)
	if out.Remote {
		u.Say("%d backups %s, %d kept", len(out.Removed), removed, len(out.Kept))
		u.Note("the space is free only after the registry collects its garbage; mtkkit cannot start that (docker-registry: docker-registry garbage-collect CONFIG)")
	} else {
		u.Say("%d backups %s, %d kept; %s %s in %d blobs", len(out.Removed), removed, len(out.Kept), flash.Size(out.Bytes), freed, out.Blobs)
	}
	if failed != nil {
		return failed
	}
	return words.Verdict(out.Notes)
}
