package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/source"
)

// pullDump writes the files that a backup was made of, as restore does from an archive:
// one to -o FILE, several into a dump folder.
func pullDump(c *cli.Context, u *ui, ref oci.Ref, b *oci.Backup) error {
	r := &restoring{u: u, c: c, kind: "backup", path: ref.Layout, record: b.Manifest, out: c.String("output")}
	if r.out == "" {
		return usage("%s: where to? (%s %s --dump -o ROM_1)", commandName(c), commandName(c), ref)
	}
	if b.Locked != nil {
		return fmt.Errorf("%s: what is private of the dump cannot be read: %w", ref, b.Locked)
	}
	if b.Manifest.LeavesOut() {
		return refusal{fmt.Errorf("%s holds a part of the dump only", ref), []string{"without --dump, what it holds is written as a parts folder"}}
	}
	src, err := source.FromBackup(c.Context, ref.String(), b)
	if err != nil {
		return err
	}
	defer src.Close()
	r.problems = append(r.problems, src.Problems...)
	if files := dumpFiles(src.Parts); len(files) == 1 {
		err = r.file(files[0])
	} else {
		err = r.folder(src, files)
	}
	return placeHelp(err)
}
