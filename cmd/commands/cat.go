package commands

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// catOptions are the options of cat.
type catOptions struct {
	readOptions
	output string
}

func catCommand(u *ui) *cli.Command {
	o := &catOptions{readOptions: newReadOptions()}
	return &cli.Command{
		Name:      "cat",
		Usage:     "write one partition to standard output, or to a file",
		ArgsUsage: "ROM_1 PARTITION",
		Flags: flags.Of(flags.Fields(&o.output, &o.scatter, &o.port, &o.da), []flags.Option{
			flags.Text(&o.output, "output o", "`FILE` to write (default: standard output; PowerShell's > damages binary files, -o does not)"),
		}, o.readOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error { return cat(ctx, u, o, args) }),
	}
}

func cat(ctx context.Context, u *ui, o *catOptions, args []string) error {
	dumps := 1
	if o.port != "" {
		dumps = 0
	}
	switch {
	case o.port != "" && len(args) == 2:
		return usage("a dump and --port cannot be used together: %q", args[0])
	case len(args) != dumps+1:
		return usage("a dump and a partition are needed (mtkkit cat ROM_1 boot -o boot.img)")
	case o.json:
		return usage("the output is the bytes of a partition; --json cannot be used")
	case u.OutTTY && (o.output == "" || o.output == "-"):
		return usage("standard output is a terminal; write it to a file: mtkkit cat … -o %s.img", args[dumps])
	}
	d, err := o.openArgs(ctx, u, args[:dumps])
	if err != nil {
		return err
	}
	defer d.Close()
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return err
	}
	it, slot, err := dump.Slotted(p, args[dumps])
	if err != nil {
		return err
	}
	if slot != nil {
		u.tellSlot(*slot)
	}
	var found []flash.Problem
	fill := func(w io.Writer) (err error) {
		found, err = d.Copy(ctx, w, it)
		found = append(found, d.Source.Damaged...)
		return err
	}
	if o.output != "" && o.output != "-" { // a partition with problems is written too
		if err := split.WriteFile(o.output, split.FileOptions{Inputs: o.inputs(d), Room: it.Present}, fill); err != nil {
			return words.Refused(err)
		}
		u.Say("%s: %s, %s", o.output, it.Name, flash.Size(it.Present))
	} else if err := fill(u.Out); err != nil {
		return err
	}
	u.Problems(found)
	return words.Verdict(found)
}
