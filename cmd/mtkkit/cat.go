package main

import (
	"context"
	"errors"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
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
	if o.port != "" { // the phone is read, whatever stands before the partition
		dumps, args = 0, args[min(len(args)/2, 1):]
	}
	switch {
	case len(args) != dumps+1:
		return usage("a dump and a partition are needed (mtkkit cat ROM_1 boot -o boot.img)")
	case o.json:
		return usage("it writes the bytes of a partition, not a JSON document")
	case u.outTTY && (o.output == "" || o.output == "-"):
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
	if o.output == "" || o.output == "-" {
		return catItem(ctx, u, d, it, u.out)
	}
	return catToFile(ctx, u, o, d, it)
}

// catToFile is catItem into a file of its own. What is wrong with the partition is no
// reason to keep it from the user.
func catToFile(ctx context.Context, u *ui, o *catOptions, d *input, it *plan.Item) error {
	f, err := split.CreateFile(o.output, split.FileOptions{Inputs: o.inputs(d), Room: it.Present})
	if err != nil {
		return refused(err)
	}
	found := catItem(ctx, u, d, it, f)
	if found != nil && !errors.Is(found, errProblems) {
		return errors.Join(found, f.Abandon())
	}
	if err := f.Finish(); err != nil {
		return err
	}
	u.say("%s: %s, %s", o.output, it.Name, flash.Size(it.Present))
	return found
}

func catItem(ctx context.Context, u *ui, d *input, it *plan.Item, out io.Writer) error {
	found, err := d.Copy(ctx, out, it)
	if err != nil {
		return err
	}
	u.problems(found)
	return verdict(found)
}
