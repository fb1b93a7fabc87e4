package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/whatis"
)

func scatterCreateCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "create",
		Usage:     "write a scatter file from a dump alone, no template needed",
		ArgsUsage: "ROM_1 (or the first 32 KiB of one: PGPT; or a list such as /proc/dumchar_info)",
		Description: "Writes MT6765_Android_scatter.txt, the name SP Flash Tool insists on, into the current folder.\n" +
			"A GPT tells every row; an MBR does not, so that --scatter or --table has to complete it.\n" +
			"--profile firmware leaves out what is private to the phone (IMEI, keys); --profile restore makes\n" +
			"everything restorable, under the names split gives, and must not be shared.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`PLACE` to write to: a folder, a file named .txt or .xml, or - for standard output (default: the current folder)"},
			&cli.StringFlag{Name: "profile", Value: "firmware", Usage: "`WHAT` it is for: firmware (to share) or restore (this phone's own backup)"},
			dialectFlag("`NAME`: v1, list, v1.1.1, v1.1.2, v1.1.8, v2.1.0 or xml (default: that of the phone's generation)", ""),
			deviceSizeFlag(),
			&cli.StringFlag{Name: "linear-base", Usage: "`BYTES` before the user area in linear addresses (phones with an MBR)"},
			&cli.BoolFlag{Name: "explain", Usage: "say of every row why it is as it is"},
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "replace a file that mtkkit wrote earlier"},
		}, dumpFlags()...),
		Action: func(c *cli.Context) error {
			path, err := oneOld(c, u, "dump")
			if err != nil {
				return err
			}
			return createScatter(c, u, path)
		},
	}
}

// created is the JSON document of scatter create.
type created struct {
	Schema   string           `json:"schema"`
	File     string           `json:"file"` // "" with -o -
	Dialect  scatter.Dialect  `json:"dialect"`
	Profile  scatter.Profile  `json:"profile"`
	Platform string           `json:"platform"`
	Project  string           `json:"project"`
	Rows     []scatter.Reason `json:"rows"`
	Private  []string         `json:"private,omitempty"`
	Problems []flash.Problem  `json:"problems"`
}

func createScatter(c *cli.Context, u *ui, path string) error {
	facts, err := factsOf(c)
	if err != nil {
		return err
	}
	if u.json && c.String("output") == "-" {
		return usage("mtkkit scatter create: --json and -o - both want standard output")
	}
	list, err := openList(path)
	if err != nil {
		return err
	}
	if list != nil {
		if facts.Platform = strings.ToUpper(c.String("platform")); checkChip(facts.Platform) != nil {
			return checkChip(facts.Platform)
		}
		made, err := fromList(path, list, facts)
		if err != nil {
			return err
		}
		return writeCreated(c, u, path, facts.Profile, made)
	}
	d, err := openDump(c, u, path)
	if other := (*dump.NotDump)(nil); errors.As(err, &other) && other.Thing.Kind == whatis.Scatter {
		return hinted{err, []string{"to write it in another form: mtkkit scatter convert " + quoted(path)}}
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if len(d.Layout.Table.Partitions) == 0 {
		return fmt.Errorf("%s: is a boot region, its partitions stand in the user area", path)
	}
	d.complete(&facts)
	made := scatter.Create(&d.Layout.Table, facts)
	made.Problems = append(d.aboutTable(), made.Problems...)
	return writeCreated(c, u, path, facts.Profile, made)
}

// writeCreated writes the file and says what is in it.
func writeCreated(c *cli.Context, u *ui, path string, profile scatter.Profile, made scatter.Creation) (err error) {
	file := scatter.Build(made.Spec)
	doc := created{
		Schema: "mtkkit.scatter-create/1", Dialect: file.Dialect, Profile: profile, Platform: made.Spec.Platform, Project: made.Spec.Project,
		Rows: made.Reasons, Private: made.Private, Problems: made.Problems,
	}
	if doc.File, err = createdFile(c.String("output"), scatterName(made.Spec.Platform, file.Dialect)); err != nil {
		return err
	}
	if err := writeText(u, doc.File, inputs(c, path), c.Bool("force"), file.Signed("mtkkit").Encode(), file.Lists()); err != nil {
		return err
	}
	return doc.report(c, u)
}

// createdFile is where the file goes, "" for standard output. The folder is made.
func createdFile(output, name string) (string, error) {
	switch {
	case output == "-":
		return "", nil
	case chosenFile(output):
		return inFolder(filepath.Dir(output), filepath.Base(output))
	}
	return inFolder(output, name)
}

// factsOf reads what the options say.
func factsOf(c *cli.Context) (f scatter.Facts, err error) {
	switch f.Profile = scatter.Profile(c.String("profile")); f.Profile {
	case scatter.Firmware, scatter.Restore:
	default:
		return f, usage("mtkkit scatter create: --profile is firmware or restore, not %q", f.Profile)
	}
	if f.Dialect, err = parseDialect(c.String("dialect")); err != nil {
		return f, err
	}
	if out := c.String("output"); f.Dialect == "" && strings.EqualFold(filepath.Ext(out), ".xml") && chosenFile(out) {
		f.Dialect = scatter.XML
	}
	if f.DeviceSize, err = deviceSize(c); err != nil {
		return f, err
	}
	if s := c.String("linear-base"); s != "" {
		if f.LinearBase, err = flash.ParseSize(s); err != nil {
			return f, usage("mtkkit scatter create: --linear-base takes a number of bytes, not %q", s)
		}
	}
	return f, nil
}

// complete adds to the facts what the dump tells.
func (d *input) complete(f *scatter.Facts) {
	l := d.Layout
	f.Platform, f.Project, f.Storage = l.Chip.Value, l.Project.Value, d.Source.Storage
	if f.DeviceSize == 0 {
		f.DeviceSize = l.DeviceSize
	}
	for _, b := range l.Boots {
		if b.Header == nil || f.Preloader > 0 {
			continue
		}
		if main := b.Header.Main(); main != nil {
			f.Preloader = main.Extent.Length
		}
	}
	user := d.Source.User()
	if user == nil {
		return
	}
	// A template does not know the flash's size, and puts the size of the backup
	// GPT where others put its place.
	if g, err := gpt.Read(user.Image); err == nil && g.Best() != nil && g.Best().Template {
		if n := int64(g.Best().AlternateLBA) * g.SectorSize; n > 0 && n <= 4<<20 {
			f.BackupSize = n
		}
	}
	if f.Profile == scatter.Restore && !d.tableOnly() {
		if p, err := d.Plan(plan.Wishes{}); err == nil {
			f.File = func(row flash.Partition) string { return plannedFile(p, row) }
		}
	}
}

// plannedFile is the file a split makes of a row, "" when not all of it is at hand.
func plannedFile(p *plan.Plan, row flash.Partition) string {
	for _, it := range p.Items {
		switch {
		case it.Present < it.Length:
		case it.Kind == "preloader" && it.Write && row.Region.IsBoot():
			return it.File
		case it.Row != nil && it.Row.Region == row.Region && it.Row.Extent == row.Extent:
			return it.File
		}
	}
	return ""
}

// tableOnly reports whether the file holds a table and nothing it speaks of.
func (d *input) tableOnly() bool {
	for _, p := range d.Layout.Table.Partitions {
		if p.Region == d.Layout.User && p.Placed() && p.Length > 0 && p.Offset > 0 && p.Offset < d.Layout.Have {
			return false
		}
	}
	return true
}

// aboutTable leaves out of the dump's problems what only matters to its content: that
// it is short, or that a row is cut.
func (d *input) aboutTable() []flash.Problem {
	l := d.Layout
	skip := l.Table.Check(l.User, l.Have)
	var out []flash.Problem
	for _, p := range l.Problems {
		if p.Place == string(l.User) || slices.Contains(skip, p) {
			continue
		}
		out = append(out, p)
	}
	return out
}

func (d created) report(c *cli.Context, u *ui) error {
	u.bars.clear()
	if u.json {
		if err := u.document(d); err != nil {
			return err
		}
	}
	u.problems(d.Problems)
	if len(d.Private) > 0 {
		u.note("it restores this phone's identity (IMEI, serial numbers, keys, personal data): %v; do not share it with the images", d.Private)
	}
	if strings.HasPrefix(d.Platform, flash.NoChip) {
		u.note("nothing in the dump tells the chip: --boot1 FILE or --platform MT6592 (say) names it")
	}
	out := u.say
	if d.File == "" { // the file itself is on standard output
		out = u.note
	}
	if c.Bool("explain") {
		for _, r := range d.Rows {
			out("%s", explainRow(r))
		}
		out("the values are those of most of some 60 published scatter files, MT6572 to MT6893")
	}
	if c.String("device-size") == "" && slices.ContainsFunc(d.Problems, func(p flash.Problem) bool { return strings.Contains(p.Text, "does not know the size of the flash") }) {
		u.hint("--device-size 0x1D2000000 (say) tells it: the size of the user area, which SP Flash Tool shows when it reads")
	}
	if d.File != "" {
		u.say("%s: %d rows, dialect %s, profile %s", d.File, len(d.Rows), d.Dialect, d.Profile)
	}
	return verdict(d.Problems)
}

func explainRow(r scatter.Reason) string {
	s := fmt.Sprintf("%-16s %s\n%-16s %s\n%-16s %s", r.Name, r.Values, "", r.Place, "", r.Words)
	if r.Private {
		s += "; private"
	}
	if r.Guessed {
		s += "; guessed"
	}
	return s
}
