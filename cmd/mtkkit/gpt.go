package main

import (
	"bytes"
	"cmp"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
)

func gptCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "gpt",
		Usage: "work on the GUID partition table of a dump",
		Subcommands: []*cli.Command{{
			Name:      "repair",
			Usage:     "write a repaired primary and backup table as files; the dump is never touched",
			ArgsUsage: "ROM_1",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` to write to (default: the dump's name with .tables)"},
				&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "replace what an earlier run wrote to the folder"},
				&cli.StringFlag{Name: "tmp", Usage: "`FOLDER` where a compressed dump is unpacked"},
				jsonFlag(), quietFlag(), progressFlag(),
			},
			Action: func(c *cli.Context) error {
				path, err := oneFile(c, "dump")
				if err != nil {
					return err
				}
				if err := u.speakOld(c); err != nil {
					return err
				}
				return repairGPT(c, u, path)
			},
		}},
	}
}

// repaired is the JSON document of gpt repair.
type repaired struct {
	Schema   string          `json:"schema"`
	Folder   string          `json:"folder"`
	Tables   []repairedTable `json:"tables"`
	Problems []flash.Problem `json:"problems"`
}

type repairedTable struct {
	File   string       `json:"file"`
	Region flash.Region `json:"region"`
	Offset int64        `json:"offset"` // where on the device it belongs, bytes
	Length int64        `json:"length"`
}

func repairGPT(c *cli.Context, u *ui, path string) error {
	src, err := openSource(c.Context, c, u, path)
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
	dir := cmp.Or(c.String("output"), besides(path, ".tables"))
	doc := repaired{Schema: "mtkkit.gpt-repair/1", Folder: dir, Problems: table.Table(user.Region).Problems}
	var outputs []flash.Output
	for _, t := range []struct {
		name   string
		offset int64
		bytes  []byte
	}{{"pgpt.bin", 0, fixed.Primary}, {"sgpt.bin", fixed.BackupOffset, fixed.Backup}} {
		outputs = append(outputs, flash.Output{Name: t.name, Image: bytes.NewReader(t.bytes)})
		doc.Tables = append(doc.Tables, repairedTable{t.name, user.Region, t.offset, int64(len(t.bytes))})
	}
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: "mtkkit " + version(), Kind: "tables", Complete: true}
	if err := writeFolder(c, dir, append(src.Files, path), outputs, m); err != nil {
		return err
	}
	return doc.report(u)
}

func (r repaired) report(u *ui) error {
	u.bars.clear()
	if u.json {
		if err := u.document(r); err != nil {
			return err
		}
	}
	u.problems(r.Problems) // of the dump; in the files they are mended
	for _, t := range r.Tables {
		u.say("%s/%s: belongs at 0x%x of %s, 0x%x bytes", r.Folder, t.File, t.Offset, t.Region, t.Length)
	}
	u.say("the dump is as it was; a flash tool can write these files to the phone")
	return verdict(r.Problems)
}
