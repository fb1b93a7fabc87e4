package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
)

// dumpFlags are the options of every command that reads a dump.
func dumpFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "scatter", Usage: "scatter `FILE` of this phone: names, and the partitions an MBR does not list"},
		&cli.StringFlag{Name: "table", Usage: "`FILE` with the partitions in another form: /proc/dumchar_info, mtkclient printgpt …"},
		&cli.StringFlag{Name: "boot1", Usage: "`FILE` with the first boot region (BOOT_1, ROM_0 …): the preloader"},
		&cli.StringFlag{Name: "boot2", Usage: "`FILE` with the second boot region"},
		&cli.StringFlag{Name: "rpmb", Usage: "`FILE` with the RPMB region"},
		&cli.StringFlag{Name: "storage", Usage: "`KIND` of flash, emmc, ufs or nand, when the dump does not tell"},
		&cli.StringFlag{Name: "platform", Usage: "`CHIP` name, such as MT6592, when nothing in the dump tells"},
		&cli.StringFlag{Name: "trust", Usage: "`WITNESS` to believe when they disagree: scatter"},
		noSiblingsFlag(),
		keyFlag(),
		&cli.StringFlag{Name: "tmp", Usage: "`FOLDER` where a compressed dump is unpacked"},
		jsonFlag(), quietFlag(), progressFlag(),
	}
}

func noSiblingsFlag() cli.Flag {
	return &cli.BoolFlag{Name: "no-siblings", Usage: "leave files that lie beside the dump, though they are certainly of it"}
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "one JSON document on standard output"}
}
func quietFlag() cli.Flag {
	return &cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no notes and no progress; warnings and errors stay"}
}

// speak sets the voice of a command from its flags.
func (u *ui) speak(c *cli.Context) error {
	u.quiet, u.json = c.Bool("quiet"), c.Bool("json")
	p, err := newProgress(u, c.String("progress"))
	u.bars = p
	return err
}

// dump is an opened dump, or a phone that is read as one, with its layout.
type dump struct {
	path  string // of a phone: what to call it
	src   *source.Source
	lay   *layout.Layout
	phone *phoneDump // nil for a dump
	ui    *ui        // is told when the dump turns out to have changed; nil: nobody
}

// Close lets go of the dump. One that is not what it was when it was opened is no success,
// whatever was made of it.
func (d *dump) Close() error {
	if d.phone != nil {
		return d.phone.Close()
	}
	if d.ui != nil && d.ui.changed == nil {
		d.ui.changed = d.src.Check()
	}
	d.ui = nil
	return d.src.Close()
}

// record is the manifest of what a split of the dump makes. What was never finished is not
// complete, for nothing proves it.
func (d *dump) record(p *plan.Plan, tool string) *flash.Manifest {
	m := p.Record(tool)
	m.Complete = m.Complete && !d.src.Unfinished
	return m
}

// plan lists the files a split would make.
func (d *dump) plan(w plan.Wishes) (*plan.Plan, error) {
	l := d.lay
	p, err := plan.Make(&d.src.Device, plan.Facts{
		Table: &l.Table, Witness: l.Witness, Chip: l.Chip.Value, Project: l.Project.Value,
		DeviceSize: l.DeviceSize, Problems: l.Problems, Unnamed: l.Unnamed,
	}, w)
	if errors.Is(err, plan.ErrNothing) {
		err = d.whyNothing(w, err)
	}
	return p, err
}

// withDump is the frame of a command that works on one dump.
func withDump(u *ui, do func(c *cli.Context, d *dump) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		path := ""
		if !c.IsSet("port") {
			var err error
			if path, err = u.oneDump(c, "dump"); err != nil {
				return err
			}
		} else if c.NArg() > 0 {
			return usage("%s: either a dump or --port, not %q besides", commandName(c), c.Args().First())
		}
		if err := u.speak(c); err != nil {
			return err
		}
		d, err := openDump(c, u, path)
		if err != nil {
			return err
		}
		defer d.Close()
		return do(c, d)
	}
}

// openDump opens the dump or the phone a command names and finds its partitions. A file
// that is something else is a *notDump.
func openDump(c *cli.Context, u *ui, path string) (*dump, error) {
	if c.IsSet("port") {
		return openDumpOrImage(c, u, path)
	}
	if err := checkKind(c, u, path); err != nil {
		return nil, err
	}
	d, err := openDumpOrImage(c, u, path)
	if err != nil && len(u.pieces) > 0 {
		return nil, err // no file by itself says why
	}
	if err != nil {
		return nil, whyNot(c, path, err)
	}
	if err := imageAlone(d); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// openDumpOrImage is openDump for commands that take an image by itself, too: to them it is
// a dump of one partition.
func openDumpOrImage(c *cli.Context, u *ui, path string) (*dump, error) {
	return openDumpBy(c, u, path, nil, !c.Bool("no-siblings"))
}

// openDumpBy is openDump with a table that a record has, for a dump that has none as good. It
// is taken where the user gives no other and it agrees with the dump. Siblings are what lies
// beside the dump.
func openDumpBy(c *cli.Context, u *ui, path string, recorded *layout.Claim, siblings bool) (*dump, error) {
	opt, err := layoutOptions(c)
	if err != nil {
		return nil, err
	}
	if c.IsSet("port") {
		return openPhoneDump(c, u, opt)
	}
	src, err := openSource(c.Context, c, u, path)
	if err != nil {
		return nil, whyNoDump(err, path)
	}
	if opt.Storage != "" {
		src.SetStorage(opt.Storage)
	}
	o := &opening{c: c, u: u, path: path, src: src, opt: opt}
	lay, err := o.resolve(recorded)
	if err == nil && siblings {
		lay, err = (&nearby{c: c, u: u, src: src, opt: o.opt}).take(lay, path)
	}
	if err != nil {
		src.Close()
		return nil, err
	}
	lay.Bound(&src.Device)
	if user := src.User(); user != nil {
		compareChips(lay, user)
	}
	u.unfinished = unfinishedOf(src, path)
	return &dump{path: path, src: src, lay: lay, ui: u}, nil
}

func openSource(ctx context.Context, c *cli.Context, u *ui, path string) (*source.Source, error) {
	paths := []string{path}
	if len(u.pieces) > 0 && u.pieces[0] == path {
		paths = u.pieces
	}
	return source.OpenPieces(ctx, paths, source.Options{
		Boot1: c.String("boot1"), Boot2: c.String("boot2"), RPMB: c.String("rpmb"),
		TempDir: c.String("tmp"), Progress: u.bars.event,
		Keys: keysOf(c),
	})
}

// openClaim reads the table from outside the dump, if the user gives one, for the kind
// of flash the dump is of; a folder may bring its own. Both options
// take every kind of file; they have two names because people look for them under two.
func openClaim(c *cli.Context, src *source.Source) (*layout.Claim, error) {
	if c.String("table") != "" && c.String("scatter") != "" {
		return nil, usage("mtkkit: --scatter and --table both give a table: one of them, please")
	}
	path, img, done, err := tableFile(c, src)
	if img == nil || err != nil {
		return nil, err
	}
	defer done()
	return claimIn(path, img, src.Storage)
}

// tableKinds are the files that --scatter and --table take.
const tableKinds = "what is taken as a table: a scatter file (MT6592_Android_scatter.txt), /proc/dumchar_info, /proc/partinfo, mtkclient's printgpt …"

// claimIn reads a table of any kind, for that kind of flash.
func claimIn(path string, img flash.Image, storage flash.Storage) (*layout.Claim, error) {
	claim := &layout.Claim{Name: filepath.Base(path)}
	if kind := capture.Sniff(img); kind != "" && !scatter.Sniff(img) {
		got, err := capture.Read(img)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		claim.Kind, claim.Others, claim.Table = got.Kind, got.Others, func(int64) *flash.Table { return got.Table }
		return claim, nil
	}
	f, err := scatter.Read(img)
	if errors.Is(err, flash.ErrNotThis) {
		err = hidden{err, "neither a scatter file nor a list of partitions of a known kind"}
	}
	if err != nil {
		err = hinted{fmt.Errorf("%s: %w", path, err), []string{tableKinds}}
		return nil, whatElse(path, "scatter file and no list of partitions", err, nil, tableKinds)
	}
	if slices.Contains(f.Storages(), storage) { // one file may describe two kinds of flash
		f = f.Select(storage)
	}
	claim.Kind, claim.Platform, claim.Project, claim.Table = "scatter", f.Info.Platform, f.Info.Project, f.Table
	if m := scatterFileName.FindStringSubmatch(claim.Name); m != nil && claim.Platform == "" {
		claim.Platform = flash.KnownChip(strings.ToUpper(m[1])) // old dialects name the chip only there
	}
	return claim, nil
}

// tableFile opens the file with the table from outside the dump: the user's, or the one
// that the folder or archive brings; nil when there is none.
func tableFile(c *cli.Context, src *source.Source) (path string, img flash.Image, done func() error, err error) {
	path = cmp.Or(c.String("scatter"), c.String("table"))
	if path == "" {
		return src.Scatter, src.ScatterText, func() error { return nil }, nil
	}
	f, err := source.OpenFile(path)
	if err != nil {
		return path, nil, nil, err
	}
	return path, f, f.Close, nil
}

var chipName = regexp.MustCompile(`^(?i:mt)[0-9]{4}[A-Za-z0-9]{0,3}$`)

func checkChip(name string) error {
	if name != "" && (!chipName.MatchString(name) || flash.KnownChip(name) == "") {
		return usage("mtkkit: --platform is a chip such as MT6592, not %q", name)
	}
	return nil
}

// missingPieces says which file would tell more, when it was not given.
func (d *dump) missingPieces(u *ui) {
	if u.quiet || u.json {
		return
	}
	if len(d.lay.Boots) == 0 && d.lay.Boot1 != d.lay.User {
		u.hint("%s", besideOr(d.src.Beside(d.path).Boot1, "--boot1", fmt.Sprintf("read region %s from the phone too and give it", d.lay.Boot1)))
	}
	if slices.ContainsFunc(d.lay.Problems, func(p flash.Problem) bool { return strings.Contains(p.Text, layout.DontCare) }) {
		u.hint("if you know that the tool that wrote the sparse file leaves out zeros: simg2img SPARSE PLAIN, and give the plain file")
	}
	if d.lay.Generation == "ebr" && !d.lay.Claimed {
		u.hint("%s", d.wantScatter())
	}
}

// wantScatter says how a scatter file is given, by the name of one that lies beside the dump
// and was not taken.
func (d *dump) wantScatter() string {
	return besideOr(d.src.Beside(d.path).Scatter, "--scatter", "give this phone's scatter file")
}

// besideOr names a file that lies beside the dump, and may be of another phone, or tells how
// one is had.
func besideOr(found []string, option, how string) string {
	if len(found) == 0 {
		return how + " with " + option + " FILE"
	}
	return fmt.Sprintf("%s lies beside the dump: if it is of this phone, give it with %s %s", filepath.Base(found[0]), option, quoted(found[0]))
}

// scatterFileName is the name that flash tools insist on.
var scatterFileName = regexp.MustCompile(`^(?i)(mt[0-9]{4}[a-z0-9]{0,3})_android_scatter`)

// inputs are the files that must never be written to: what the user named, and what
// else was opened.
func inputs(c *cli.Context, path string, opened ...string) []string {
	in := append([]string{path}, opened...)
	if c.IsSet("port") {
		in = nil // a phone is no file
	}
	for _, f := range []string{"scatter", "table", "boot1", "boot2", "rpmb", "da", "preloader", "auth", "cert"} {
		in = append(in, c.String(f))
	}
	return nonEmpty(in)
}

// explain turns what the libraries say into what a user can do about it.
func explain(err error, path string) error {
	var foreign *layout.ForeignError
	if errors.As(err, &foreign) {
		var b strings.Builder
		fmt.Fprintf(&b, "%s is not of this dump", foreign.Claim.Name)
		for _, d := range foreign.Differ {
			fmt.Fprintf(&b, "\n  %s", d.Text)
		}
		own := "leave it out to go by the dump's own table, or find the scatter file of this very phone"
		if foreign.Alone {
			own = "the dump has no table of its own: find the scatter file, or list, of this very phone"
		}
		return refusal{errors.New(b.String()), []string{own, "--trust scatter takes the word of " + foreign.Claim.Name + " against the dump's"}}
	}
	if errors.Is(err, layout.ErrNoTable) {
		return hinted{fmt.Errorf("%s: %w", path, err), noTableHints}
	}
	return err
}
