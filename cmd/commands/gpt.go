package commands

import (
	"bytes"
	"cmp"
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/words"
)

// gptOptions are the options of gpt repair; it offers only some of dumpOptions.
type gptOptions struct {
	dumpOptions
	output string
	force  bool
}

func gptCommand(u *ui) *cli.Command {
	o := &gptOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:  "gpt",
		Usage: "repair the GUID partition table (GPT) of a dump",
		Subcommands: []*cli.Command{{
			Name:      "repair",
			Usage:     "write the repaired primary and backup table as files; the dump is never changed",
			ArgsUsage: "ROM_1",
			Flags: flags.Of(flags.Fields(&o.output, &o.force), []flags.Option{
				flags.Text(&o.output, "output o", "`FOLDER` to write to (default: the dump's name with .tables)"),
				flags.Switch(&o.force, "force f", forceFolder),
			}, flags.In(flags.GroupInput, tmpOption(&o.tmp)), o.displayOptions.options()),
			Action: u.doesOne(&o.displayOptions, "dump", func(ctx context.Context, path string) error { return repairGPT(ctx, u, o, path) }),
		}},
	}
}

func repairGPT(ctx context.Context, u *ui, o *gptOptions, path string) error {
	src, err := openBytes(ctx, u, &o.dumpOptions, path)
	if err != nil {
		return err
	}
	defer src.Close()
	user := src.User()
	if user == nil {
		return fmt.Errorf("%s: a boot region has no GPT", path)
	}
	table, err := gpt.Read(user.Image)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fixed, err := table.Repair(user.Image.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	dir := cmp.Or(o.output, words.OutputBeside(path, ".tables"))
	var outputs []flash.Output
	for _, f := range fixed.Files() {
		outputs = append(outputs, flash.Output{Name: f.Name, Image: bytes.NewReader(f.Bytes)})
	}
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: tool(), Kind: "tables", Complete: true}
	if err := putFolder(ctx, dir, o.force, append(src.Files, path), outputs, m); err != nil {
		return err
	}
	return reportTables(u, document.NewRepairedTables(dir, user.Region, table, fixed.Files()))
}

func reportTables(u *ui, r document.RepairedTables) error {
	err := u.End(r, r.Problems) // problems of the dump; the files do not have them
	for _, t := range r.Tables {
		u.Say("%s/%s: to be written at 0x%x of %s, 0x%x bytes", r.Folder, t.File, t.Offset, t.Region, t.Length)
	}
	u.Say("the dump was not changed; a flash tool can write these files to the phone")
	return err
}
