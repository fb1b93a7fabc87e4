package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/flash"
)

func backupListCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "list",
		Aliases:   []string{"ls"},
		Usage:     "the files of an archive, one a line",
		ArgsUsage: "phone.tar.zst",
		Flags:     []cli.Flag{keyFlag(), jsonFlag(), quietFlag(), progressFlag()},
		Action: withArchive(u, 1, func(c *cli.Context, a *archive) error {
			if err := printMembers(u, a); err != nil {
				return err
			}
			u.problems(a.Problems)
			return verdict(a.Problems)
		}),
	}
}

// withArchive is the frame of a command that works on one archive and takes so many
// arguments.
func withArchive(u *ui, args int, do func(c *cli.Context, a *archive) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		if c.NArg() != args {
			return usage("%s: it takes %s (see %s --help)", commandName(c), c.Command.ArgsUsage, commandName(c))
		}
		if err := u.speakOld(c); err != nil {
			return err
		}
		a, err := openBackup(c, c.Args().First())
		if err != nil {
			return err
		}
		defer a.Close()
		return do(c, a)
	}
}

// memberDoc is a file of an archive in the JSON document of list.
type memberDoc struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Data   int64  `json:"data"`   // bytes that are not in holes
	Packed int64  `json:"packed"` // bytes in the archive
	SHA256 string `json:"sha256,omitempty"`
}

func printMembers(u *ui, a *archive) error {
	docs := []memberDoc{}
	for i, ms := 0, a.Members(); i < len(ms); i++ {
		m := &ms[i]
		docs = append(docs, memberDoc{m.Name, m.Size, m.Stored(), m.Packed(), m.SHA256})
	}
	if u.json {
		return u.document(struct {
			Schema   string          `json:"schema"`
			Files    []memberDoc     `json:"files"`
			Problems []flash.Problem `json:"problems"`
		}{"mtkkit.backup-list/1", docs, a.Problems})
	}
	w := tabwriter.NewWriter(u.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "FILE\tSIZE\tDATA\tPACKED\tSHA-256")
	for _, d := range docs {
		sum := d.SHA256
		if len(sum) > 16 {
			sum = sum[:16] + "…"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", oneLine(d.Name), flash.Size(d.Size), flash.Size(d.Data), flash.Size(d.Packed), sum)
	}
	return w.Flush()
}

func backupCatCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "cat",
		Usage:     "write one file of an archive to standard output",
		ArgsUsage: "phone.tar.zst FILE",
		Flags:     []cli.Flag{keyFlag(), quietFlag(), progressFlag()},
		Action: withArchive(u, 2, func(c *cli.Context, a *archive) error {
			m, err := a.find(c.Args().Get(1))
			if err != nil {
				return err
			}
			if u.outTTY {
				return usage("mtkkit backup cat: standard output is a terminal; write it to a file: mtkkit backup cat … > %s", m.Name)
			}
			n, err := io.Copy(u.out, io.NewSectionReader(a.Image(m), 0, m.Size))
			if err != nil {
				return fmt.Errorf("%d of %d bytes written: %w", n, m.Size, err)
			}
			u.problems(a.Problems)
			return verdict(a.Problems)
		}),
	}
}

// find looks for a file of the archive, by its name or that of its partition.
func (a *archive) find(name string) (*backup.Member, error) {
	if m := a.Member(name); m != nil {
		return m, nil
	}
	record, err := a.manifest()
	if err != nil {
		return nil, err
	}
	if record != nil {
		for _, e := range record.Entries {
			if m := a.Member(e.File); m != nil && e.Kind.IsDump() && e.Name == name {
				return m, nil
			}
		}
	}
	return nil, fmt.Errorf("%s holds no file %q (see mtkkit backup list)", a.path, name)
}
