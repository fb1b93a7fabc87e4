package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

func backupPullCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:        "pull",
		Usage:       "get a backup: the parts folder that split would write",
		ArgsUsage:   "REF",
		Description: refHelp + "\nA pull that is interrupted goes on where it was when it is run again.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` to write to (default: the tag with .parts)"},
			&cli.BoolFlag{Name: "dump", Usage: "the dump itself, not its parts: -o FILE, or -o FOLDER when it was several files"},
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "replace what an earlier run wrote to the folder"},
			&cli.BoolFlag{Name: "no-holes", Usage: "write zeros as zeros, not as holes"},
			keyFlag(),
		}, placeFlags()...),
		Action: func(c *cli.Context) error {
			s, err := oneFile(c, "backup")
			if err != nil {
				return err
			}
			ref, err := parsePlace(c, s, true)
			if err != nil {
				return err
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			return pull(c, u, ref)
		},
	}
}

func pull(c *cli.Context, u *ui, ref oci.Ref) error {
	repo, err := openPlace(c, u, ref, false)
	if err != nil {
		return err
	}
	defer repo.Close()
	b, err := repo.Open(c.Context, ref.Tag)
	if err != nil {
		return placeHelp(err)
	}
	if b.Locked != nil && c.IsSet("key") {
		return refusal{fmt.Errorf("%s: what is private of it stays encrypted: %w", ref, b.Locked), []string{"is it the right key? Without --key, all else of it is pulled"}}
	}
	if c.Bool("dump") {
		return pullDump(c, u, ref, b)
	}
	dir := c.String("output")
	if dir == "" {
		dir = strings.TrimSuffix(ref.Tag, ".parts") + ".parts"
	}
	return pullParts(c, u, ref, b, filepath.Clean(dir))
}

// pullParts writes the parts folder. What fails is left to be gone on with.
func pullParts(c *cli.Context, u *ui, ref oci.Ref, b *oci.Backup, dir string) error {
	b.Manifest.Whole = false // what is encrypted stays behind
	opt := split.Options{Force: c.Bool("force"), NoHoles: c.Bool("no-holes"), Resume: true, Progress: renamed(u.bars.event, "pull")}
	if ref.Layout != "" {
		opt.Inputs = []string{ref.Layout}
	}
	folder, err := split.Create(dir, b.Outputs, nil, opt)
	if err != nil {
		return refused(err)
	}
	results, err := folder.Copy(c.Context)
	if err == nil {
		err = b.Check(filesOf(results))
	}
	if err == nil {
		err = folder.Finish(b.Manifest)
	}
	u.bars.clear()
	if err != nil {
		folder.Leave()
		return resumable{placeHelp(err)}
	}
	return reportPull(u, ref, b, dir)
}

// renamed gives progress the name of the command that the user typed.
func renamed(tell func(flash.Event), op string) func(flash.Event) {
	return func(e flash.Event) {
		e.Op = op
		tell(e)
	}
}

func filesOf(results []split.Result) []flash.ManifestFile {
	var out []flash.ManifestFile
	for _, r := range results {
		out = append(out, flash.ManifestFile{Name: r.Name, Size: r.Size, SHA256: r.SHA256})
	}
	return out
}

// pullDoc is the JSON document of pull.
type pullDoc struct {
	Schema   string          `json:"schema"`
	Ref      string          `json:"ref"`
	Output   string          `json:"output"`
	Files    int             `json:"files"`
	Bytes    int64           `json:"bytes"`
	Complete bool            `json:"complete"`
	Problems []flash.Problem `json:"problems"`
}

func reportPull(u *ui, ref oci.Ref, b *oci.Backup, dir string) error {
	m := b.Manifest
	if b.Locked != nil {
		m.Problems = append(m.Problems, flash.Problem{Severity: flash.Warning, Place: ref.Tag, Offset: flash.NoOffset,
			Text: fmt.Sprintf("what is private of it was not pulled: %v (--key FILE gives the private key)", b.Locked)})
	}
	d := pullDoc{Schema: "mtkkit.pull/1", Ref: ref.String(), Output: dir, Files: len(m.Files), Complete: m.Complete, Problems: m.Problems}
	for _, f := range m.Files {
		d.Bytes += f.Size
	}
	if u.json {
		if err := u.document(d); err != nil {
			return err
		}
	}
	u.problems(m.Problems)
	u.say("%s: %d files, %s, every byte proven by the backup's hashes", dir, d.Files, flash.Size(d.Bytes))
	switch {
	case b.Locked != nil:
		u.say("partial: without what is encrypted")
	case !m.Complete:
		u.say("partial: the backup never held all of the dump")
	}
	return verdict(m.Problems)
}
