package commands

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/whatis"
	"github.com/mtkkit/mtkkit/words"
)

// createOptions are the options of scatter create.
type createOptions struct {
	dumpOptions
	output  string
	facts   scatter.CreateOptions
	explain bool
	force   bool
}

func scatterCreateCommand(u *ui) *cli.Command {
	o := &createOptions{dumpOptions: newDumpOptions(), facts: scatter.CreateOptions{Profile: scatter.Firmware}}
	return &cli.Command{
		Name:      "create",
		Usage:     "create a scatter file from a dump; no template is needed",
		ArgsUsage: "ROM_1 (or its first 32 KiB, PGPT; or a list such as /proc/dumchar_info)",
		Description: "Writes MT6765_Android_scatter.txt (SP Flash Tool accepts only this form of name) into the current folder.\n" +
			"A GPT lists every partition; an MBR does not, so --scatter or --table must give the others.\n" +
			"--profile firmware leaves out the private partitions of the phone (IMEI, keys). --profile restore lists\n" +
			"all partitions, with the file names of mtkkit split; do not share the result with its images.",
		Flags: flags.Of(flags.Fields(&o.output, &o.facts.Profile, &o.facts.Dialect, &o.explain, &o.force, &o.scatter), flags.In(flags.GroupOutput,
			flags.Text(&o.output, "output o", "`PATH` to write to: a folder, a file named .txt or .xml, or - for standard output (default: the current folder)"),
			flags.Choice(&o.facts.Profile, "profile", "`USE` of the file: firmware (to share) or restore (backup of this phone)", scatter.Firmware, scatter.Restore),
			dialectOption(&o.facts.Dialect, "dialect", "`DIALECT` to write: v1, list, v1.1.1, v1.1.2, v1.1.8, v2.1.0 or xml (default: the dialect of the phone's generation)"),
			deviceSizeOption(&o.facts.DeviceSize),
			flags.Size(&o.facts.LinearBase, "linear-base", "`BYTES` before the user area in linear addresses (phones with an MBR)", 0, "0x1400000"),
			flags.Switch(&o.explain, "explain", "print for every row the reason of its values"),
			replaceOption(&o.force),
		), o.dumpOptions.options()),
		Action: u.doesOne(&o.displayOptions, "dump", func(ctx context.Context, path string) error { return createScatter(ctx, u, o, path) }),
	}
}

func dialectOption(p *scatter.Dialect, names, usage string) flags.Option {
	return flags.Taking(p, names, usage, "", func(s string) (err error) {
		*p, err = scatter.ParseDialect(s)
		return err
	})
}

func createScatter(ctx context.Context, u *ui, o *createOptions, path string) error {
	if u.JSON && o.output == "-" {
		return usage("--json and -o - cannot be used together")
	}
	if o.facts.Dialect == "" && strings.EqualFold(filepath.Ext(o.output), ".xml") && chosenFile(o.output) {
		o.facts.Dialect = scatter.XML
	}
	made, err := scatterOf(ctx, u, o, path)
	if err != nil {
		return err
	}
	file := scatter.Build(made.Spec)
	doc := document.NewCreatedScatter(file, o.facts.Profile, made)
	if doc.File, err = createdFile(o.output, doc.Platform, doc.Dialect); err != nil {
		return err
	}
	out := textFile{doc.File, o.force, o.inputs(path), file.Lists()}
	if err := out.write(u, file.Signed("mtkkit").Encode()); err != nil {
		return err
	}
	return o.report(u, doc)
}

// scatterOf makes a scatter file from a list or a dump.
func scatterOf(ctx context.Context, u *ui, o *createOptions, path string) (made scatter.Creation, err error) {
	if list, err := dump.OpenTableFile(path); err == nil && list.List != nil {
		o.facts.Platform = strings.ToUpper(o.platform)
		if err := checkChip(o.platform); err != nil {
			return made, err
		}
		made, err = list.Create(o.facts)
		return made, withoutStarts(err)
	}
	d, err := openInput(ctx, u, &o.dumpOptions, path)
	if other := (*dump.NotDump)(nil); errors.As(err, &other) && other.Thing.Kind == whatis.Scatter {
		return made, words.Advise(err, "to write it in another form: mtkkit scatter convert "+words.Quoted(path))
	}
	if err != nil {
		return made, err
	}
	defer d.Close()
	return d.Scatter(o.facts)
}

// createdFile returns the path of the new file, "" for standard output. It makes the folder.
func createdFile(output, platform string, d scatter.Dialect) (string, error) {
	dir, name := cmp.Or(output, "."), scatter.FileName(platform)
	switch {
	case output == "-":
		return "", nil
	case chosenFile(output):
		dir, name = filepath.Split(output)
		dir = cmp.Or(dir, ".")
	case d == scatter.XML:
		name = strings.TrimSuffix(name, ".txt") + ".xml"
	}
	return filepath.Join(dir, name), os.MkdirAll(dir, 0o777)
}

// chosenFile reports whether output names a scatter file and not a folder.
func chosenFile(output string) bool {
	if st, err := os.Stat(output); err == nil {
		return !st.IsDir()
	}
	ext := strings.ToLower(filepath.Ext(output))
	return (ext == ".txt" || ext == ".xml") && !os.IsPathSeparator(output[len(output)-1])
}

func (o *createOptions) report(u *ui, d document.CreatedScatter) error {
	err := u.End(d, d.Problems)
	if len(d.Private) > 0 {
		u.Note("with its images, this file restores the phone's identity (IMEI, serial numbers, keys, personal data): %v; do not share them", d.Private)
	}
	if strings.HasPrefix(d.Platform, flash.NoChip) {
		u.Note("the dump does not show the chip: give it with --boot1 FILE, or for example --platform MT6592")
	}
	out := u.Say
	if d.File == "" { // the file itself is on standard output
		out = u.Note
	}
	if o.explain {
		for _, r := range d.Reasons {
			out("%-16s %s\n%-16s %s\n%-16s %s%s%s", r.Name, r.Values, "", r.Place, "", r.Words, cond(r.Private, "; private"), cond(r.Guessed, "; guessed"))
		}
		out("the values are those that most of about 60 published scatter files have (MT6572 to MT6893)")
	}
	if o.facts.DeviceSize == 0 && d.SizeUnknown {
		u.Hint("give the size of the user area, for example --device-size 0x1D2000000; SP Flash Tool shows it during read-back")
	}
	if d.File != "" {
		u.Say("%s: %d rows, dialect %s, profile %s", d.File, len(d.Reasons), d.Dialect, d.Profile)
	}
	return err
}

// cond returns text if holds is true, else "".
func cond(holds bool, text string) string {
	if holds {
		return text
	}
	return ""
}
