package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/flash"
)

const placeHelpText = "PLACE is oci:FOLDER, or HOST/NAME in a registry."

func backupTagsCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:        "tags",
		Usage:       "list the backups in a place, the oldest first",
		ArgsUsage:   "PLACE",
		Description: placeHelpText,
		Flags:       placeFlags(),
		Action: withPlace(u, func(c *cli.Context, repo *oci.Repo) error {
			all, err := repo.List(c.Context)
			if err != nil {
				return placeHelp(err)
			}
			if u.json {
				return u.document(tagsDoc{"mtkkit.tags/1", repo.Place(), all})
			}
			return printTags(u, repo.Place(), all)
		}),
	}
}

// withPlace is the frame of a command that works on all backups of a place.
func withPlace(u *ui, do func(*cli.Context, *oci.Repo) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		s, err := oneFile(c, "place of backups")
		if err != nil {
			return err
		}
		ref, err := parsePlace(c, s, false)
		if err != nil {
			return err
		}
		if ref.Tag != "" {
			return usage("%s: %s names one backup; all of them are in %s", commandName(c), s, ref.Place())
		}
		if err := u.speakOld(c); err != nil {
			return err
		}
		repo, err := openPlace(c, u, ref, false)
		if err != nil {
			return err
		}
		defer repo.Close()
		return do(c, repo)
	}
}

// tagsDoc is the JSON document of tags.
type tagsDoc struct {
	Schema string     `json:"schema"`
	Place  string     `json:"place"`
	Tags   []oci.Info `json:"tags"`
}

func printTags(u *ui, place string, all []oci.Info) error {
	var (
		bad  []flash.Problem
		rows strings.Builder
		ours int
	)
	w := tabwriter.NewWriter(&rows, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TAG\tPUSHED\tCHIP\tPROJECT\tSIZE\tSTORED\tOF IT ALONE\tENCRYPTED")
	for _, i := range all {
		switch {
		case i.Alien:
			u.note("%s: %s", i.Tag, i.Problem)
		case i.Problem != "":
			bad = append(bad, flash.Problem{Severity: flash.Error, Place: i.Tag, Offset: flash.NoOffset, Text: i.Problem})
		default:
			ours++
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%v\t%v\t%v\t%s\n", i.Tag, i.Created.Local().Format("2006-01-02 15:04"),
				cmp.Or(i.Chip, "-"), cmp.Or(i.Project, "-"), flash.Size(i.Bytes), flash.Size(i.Stored), flash.Size(i.Own), cmp.Or(i.Sealed, "-"))
		}
	}
	w.Flush()
	if ours > 0 {
		u.say("%s", strings.TrimSuffix(rows.String(), "\n"))
	} else {
		u.say("%s: no backups", place)
	}
	u.problems(bad)
	return verdict(bad)
}

func backupPruneCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "prune",
		Usage:     "remove old backups, and what no backup needs any more",
		ArgsUsage: "PLACE",
		Description: placeHelpText + "\n" +
			"With --keep and --older both, a backup goes when it is old and not among the newest.\n" +
			"Without either, only blobs go that no backup in the folder needs, as an interrupted push leaves them.",
		Flags: append([]cli.Flag{
			&cli.IntFlag{Name: "keep", Usage: "the newest `N` stay"},
			&cli.StringFlag{Name: "older", Usage: "only those go that are older than `AGE`: 90d, 12w, 1y"},
			&cli.StringFlag{Name: "match", Usage: "only tags that match this `PATTERN`, as in 'blu-s5260-*'; others stay and do not count"},
			&cli.BoolFlag{Name: "dry-run", Aliases: []string{"n"}, Usage: "say what would go, and remove nothing"},
		}, placeFlags()...),
		Action: withPlace(u, func(c *cli.Context, repo *oci.Repo) error {
			p, err := policy(c, repo)
			if err != nil {
				return err
			}
			out, err := repo.Prune(c.Context, p)
			u.bars.clear()
			if out != nil && len(out.Removed)+out.Blobs > 0 || err == nil {
				err = reportPrune(u, repo, p, out, err)
			}
			return placeHelp(err)
		}),
	}
}

// policy reads which backups are given up.
func policy(c *cli.Context, repo *oci.Repo) (oci.Policy, error) {
	p := oci.Policy{Keep: c.Int("keep"), Match: c.String("match"), DryRun: c.Bool("dry-run"), Now: time.Now()}
	if c.IsSet("keep") && p.Keep < 1 {
		return p, usage("%s: --keep is 1 or more: at least one backup stays", commandName(c))
	}
	if s := c.String("older"); s != "" {
		age, err := parseAge(s)
		if err != nil {
			return p, usage("%s: --older is an age such as 90d, 12w or 1y, not %q", commandName(c), s)
		}
		p.Older = age
	}
	if p.Keep == 0 && p.Older == 0 {
		if p.Match != "" {
			return p, usage("%s: --match goes with --keep N or --older AGE", commandName(c))
		}
		if repo.Layout == "" {
			return p, usage("%s: in a registry, --keep N or --older AGE says what goes", commandName(c))
		}
	}
	return p, nil
}

// parseAge reads a number of days, weeks or years.
func parseAge(s string) (time.Duration, error) {
	const day = 24 * time.Hour
	units := map[string]time.Duration{"d": day, "w": 7 * day, "y": 365 * day}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 16)
	unit, ok := units[s[len(s)-1:]]
	if err != nil || !ok || n == 0 || n > 200*365 {
		return 0, fmt.Errorf("%q is no age", s)
	}
	return min(time.Duration(n), 36500*day/unit) * unit, nil
}

// pruneDoc is the JSON document of prune.
type pruneDoc struct {
	Schema string `json:"schema"`
	Place  string `json:"place"`
	DryRun bool   `json:"dry_run"`
	*oci.Pruned
}

func reportPrune(u *ui, repo *oci.Repo, p oci.Policy, out *oci.Pruned, failed error) error {
	if u.json && failed == nil {
		if err := u.document(pruneDoc{"mtkkit.prune/1", repo.Place(), p.DryRun, out}); err != nil {
			return err
		}
	}
	removed, freed := "removed", "freed"
	if p.DryRun {
		removed, freed = "would be removed", "would be freed"
	}
	for _, i := range out.Removed {
		u.say("%s: %s (pushed %s)", i.Tag, removed, i.Created.Local().Format("2006-01-02"))
	}
	u.problems(out.Notes)
	if out.Remote {
		u.say("%d backups %s, %d stay", len(out.Removed), removed, len(out.Kept))
		u.note("the space comes back when the registry collects its garbage; mtkkit cannot start that from here (docker-registry: docker-registry garbage-collect CONFIG)")
	} else {
		u.say("%d backups %s, %d stay; %s %s in %d blobs", len(out.Removed), removed, len(out.Kept), flash.Size(out.Bytes), freed, out.Blobs)
	}
	if failed != nil {
		return failed
	}
	return verdict(out.Notes)
}
