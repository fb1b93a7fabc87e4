package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
	dumpOptions
	phoneOptions
	output string
}

func catCommand(u *ui) *cli.Command {
	o := &catOptions{dumpOptions: newDumpOptions(), phoneOptions: newPhoneOptions()}
	return &cli.Command{
		Name:      "cat",
		Usage:     "write one partition to standard output, or to a file",
		ArgsUsage: "ROM_1 PARTITION",
		Flags: flags.Of(flags.Fields(&o.output, &o.scatter, &o.port, &o.da), []flags.Option{
			flags.Text(&o.output, "output o", "`FILE` to write (default: standard output; PowerShell's > damages binary files, -o does not)"),
		}, o.dumpOptions.options(), o.phoneOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error { return cat(ctx, u, o, args) }),
	}
}

func cat(ctx context.Context, u *ui, o *catOptions, args []string) error {
	if o.phoneOptions.port != "" && len(args) == 1 {
		args = append([]string{""}, args...)
	}
	switch {
	case len(args) != 2:
		return usage("a dump and a partition are needed (mtkkit cat ROM_1 boot -o boot.img)")
	case o.json:
		return usage("it writes the bytes of a partition, not a JSON document")
	case u.OutTTY && (o.output == "" || o.output == "-"):
		return usage("standard output is a terminal; write it to a file: mtkkit cat … -o %s.img", args[1])
	}
	d, err := openDumpOrPhone(ctx, u, &o.dumpOptions, &o.phoneOptions, args[0])
	if err != nil {
		return err
	}
	defer d.Close()
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return err
	}
	it, slot, err := dump.Slotted(p, args[1])
	if err != nil {
		return err
	}
	if slot != nil {
		u.tellSlot(*slot)
	}
	if o.output == "" || o.output == "-" {
		return catItem(ctx, u, d, it, u.Out)
	}
	return catToFile(ctx, u, o, d, it)
}

// catToFile is catItem into a file of its own. What is wrong with the partition is no
// reason to keep it from the user.
func catToFile(ctx context.Context, u *ui, o *catOptions, d *input, it *plan.Item) error {
	f, err := split.CreateFile(o.output, split.FileOptions{Inputs: append(o.dumpOptions.inputs(d.files()...), o.phoneOptions.inputs()...), Room: it.Present})
	if err != nil {
		return words.Refused(err)
	}
	found := catItem(ctx, u, d, it, f)
	if found != nil && !errors.Is(found, words.ErrProblems) {
		return errors.Join(found, f.Abandon())
	}
	if err := f.Finish(); err != nil {
		return err
	}
	u.Say("%s: %s, %s", o.output, it.Name, flash.Size(it.Present))
	return found
}

func catItem(ctx context.Context, u *ui, d *input, it *plan.Item, out io.Writer) error {
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
	if old := d.Recorded(it.Region, it.Offset, it.Present); old != nil && old.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
		say(flash.NoOffset, "%s has changed since it was written: its hash is not the manifest's", old.File)
	}
	u.Problems(found)
	return words.Verdict(found)
}
