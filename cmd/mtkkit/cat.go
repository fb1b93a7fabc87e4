package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/split"
)

func catCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "cat",
		Usage:     "write one partition to standard output, or to a file",
		ArgsUsage: "ROM_1 PARTITION",
		Flags: append(append(dumpFlags(), phoneFlags()...),
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write (default: standard output; PowerShell's > damages binary files, -o does not)"}),
		Action: func(c *cli.Context) error {
			path, name := c.Args().Get(0), c.Args().Get(1)
			if c.IsSet("port") && c.NArg() == 1 {
				path, name = "", path
			} else if c.NArg() != 2 {
				return usage("mtkkit cat: a dump and a partition are needed (mtkkit cat ROM_1 boot -o boot.img)")
			}
			out := c.String("output")
			switch {
			case c.Bool("json"):
				return usage("mtkkit cat: it writes the bytes of a partition, not a JSON document")
			case c.IsSet("output") && out == "":
				return usage("mtkkit cat: -o is given without a name")
			case u.outTTY && (out == "" || out == "-"):
				return usage("mtkkit cat: standard output is a terminal; write it to a file: mtkkit cat … -o %s.img", name)
			}
			if err := u.speak(c); err != nil {
				return err
			}
			d, err := openDump(c, u, path)
			if err != nil {
				return err
			}
			defer d.Close()
			p, err := d.plan(plan.Wishes{})
			if err != nil {
				return err
			}
			it, err := find(p, name)
			if err != nil {
				if it = activeOf(u, p, name); it == nil {
					return err
				}
			}
			if out == "" || out == "-" {
				return catItem(c.Context, u, d, it, u.out)
			}
			return catToFile(c, u, d, it, out)
		},
	}
}

// find picks the one item that a name can mean: as the table writes it, else as
// people write it today (boot for BOOTIMG), else as a file name.
func find(p *plan.Plan, name string) (*plan.Item, error) {
	for _, is := range []func(it *plan.Item) bool{
		func(it *plan.Item) bool { return it.Name == name },
		func(it *plan.Item) bool { return strings.EqualFold(it.Name, name) },
		func(it *plan.Item) bool { return scatter.Canonical(it.Name) == scatter.Canonical(name) },
		func(it *plan.Item) bool { return strings.EqualFold(it.File, name) },
	} {
		var hits []*plan.Item
		for i := range p.Items {
			if is(&p.Items[i]) {
				hits = append(hits, &p.Items[i])
			}
		}
		switch len(hits) {
		case 0:
		case 1:
			return hits[0], nil
		default:
			return nil, fmt.Errorf("%d partitions are called %q: use the file name that mtkkit list shows", len(hits), name)
		}
	}
	var names []string
	for _, it := range p.Items {
		if it.Kind != "gap" {
			names = append(names, it.Name)
		}
	}
	return nil, fmt.Errorf("no partition %q%s; there are: %s", name, didYouMean(name, names), strings.Join(names, " "))
}

// catToFile is catItem into a file of its own. What is wrong with the partition is no
// reason to keep it from the user.
func catToFile(c *cli.Context, u *ui, d *dump, it *plan.Item, out string) error {
	f, err := split.CreateFile(out, split.FileOptions{Inputs: inputs(c, d.path, d.opened()...), Room: it.Present})
	if err != nil {
		return refused(err)
	}
	found := catItem(c.Context, u, d, it, f)
	if found != nil && !errors.Is(found, errProblems) {
		return errors.Join(found, f.Abandon())
	}
	if err := f.Finish(); err != nil {
		return err
	}
	u.say("%s: %s, %s", out, it.Name, flash.Size(it.Present))
	return found
}

// opened are the files of the dump.
func (d *dump) opened() []string {
	if d.src == nil {
		return nil
	}
	return d.src.Files
}

func catItem(ctx context.Context, u *ui, d *dump, it *plan.Item, out io.Writer) error {
	r, sum := io.NewSectionReader(it.Image, 0, it.Present), sha256.New()
	for done := int64(0); done < it.Present; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(io.MultiWriter(out, sum), r, min(1<<20, it.Present-done))
		if done += n; err != nil {
			return fmt.Errorf("%s: %d of %d bytes written: %w", it.Name, done, it.Present, err)
		}
	}
	var found []flash.Problem
	say := func(off int64, format string, a ...any) {
		found = append(found, flash.Problem{Severity: flash.Error, Place: it.Name, Offset: off, Text: fmt.Sprintf(format, a...)})
	}
	for _, h := range it.Unread {
		say(h.Offset, "0x%x bytes (%s) were not read from the phone, and are not the zeros they look like", h.Length, flash.Size(h.Length))
	}
	if it.Present < it.Length {
		say(it.Offset, "is cut: only %s of %s are in the dump", flash.Size(it.Present), flash.Size(it.Length))
	}
	if old := d.recorded(it.Region, it.Offset, it.Present); old != nil && old.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
		say(flash.NoOffset, "%s has changed since it was written: its hash is not the manifest's", old.File)
	}
	u.problems(found)
	return verdict(found)
}
