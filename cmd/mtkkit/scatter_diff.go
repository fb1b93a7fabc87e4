package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

func scatterDiffCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "compare two scatter files row by row, with what each difference would do to a phone",
		ArgsUsage: "A B",
		Description: "The risk named is that of flashing B to a phone that has the layout of A. Spelling, order of keys\n" +
			"and dialect make no difference. Either may also be a list that --table takes (/proc/dumchar_info,\n" +
			"printgpt …): then only names, places and sizes are compared. Exit code 0: they say the same. 3: they differ.",
		Flags: []cli.Flag{storageFlag(), jsonFlag(), quietFlag(), progressFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() != 2 {
				return usage("mtkkit scatter diff: two scatter files, please (see mtkkit scatter diff --help)")
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			return diffScatters(c, u, c.Args().Get(0), c.Args().Get(1))
		},
	}
}

// differences is the JSON document of scatter diff.
type differences struct {
	Schema  string           `json:"schema"`
	A       string           `json:"a"`
	B       string           `json:"b"`
	Changes []scatter.Change `json:"changes"`
}

func diffScatters(c *cli.Context, u *ui, a, b string) error {
	x, problems, err := openCompared(c, a)
	if err != nil {
		return err
	}
	y, more, err := openCompared(c, b)
	if err != nil {
		return err
	}
	u.problems(append(problems, more...))
	doc := differences{"mtkkit.scatter-diff/1", a, b, append([]scatter.Change{}, scatter.Diff(x, y)...)}
	if u.json {
		if err := u.document(doc); err != nil {
			return err
		}
	}
	for _, ch := range doc.Changes {
		if u.quiet && ch.Severity == flash.Note {
			continue
		}
		u.say("%s", changeLine(ch, len(x.Storages()) > 1))
	}
	if len(doc.Changes) == 0 {
		u.say("%s and %s say the same", a, b)
		return nil
	}
	return errProblems
}

func changeLine(c scatter.Change, several bool) string {
	what := c.Kind
	if c.Key != "" {
		what = c.Key
	}
	name := c.Name
	if several && c.Storage != "" {
		name = string(c.Storage) + " " + name
	}
	s := fmt.Sprintf("%-7s %-16s %s: %s -> %s", c.Severity, name, what, orDash(c.A), orDash(c.B))
	if c.Kind == "added" || c.Kind == "removed" {
		s = fmt.Sprintf("%-7s %-16s %s: %s", c.Severity, name, c.Kind, c.A+c.B)
	}
	if c.Risk != "" {
		s += "\n        " + c.Risk
	}
	return s
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
