package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
)

func acquireCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "acquire",
		Usage:     "read a phone into a dump folder, resumable and hashed",
		UsageText: "mtkkit acquire --da MTK_AllInOne_DA.bin [-o FOLDER]\nmtkkit acquire --resume FOLDER [--complete] --da MTK_AllInOne_DA.bin\nmtkkit acquire --from adb|/dev/sdX|ROM_0,ROM_1|FOLDER [-o FOLDER]",
		Description: "Reads every region of the phone: the user area and both boot regions, RPMB where it can be read.\n" +
			"The lengths are the phone's own. What an interruption leaves can be gone on with: --resume FOLDER;\n" +
			"what --only, --skip and --range left out is read into the same folder: --resume FOLDER --complete.\n" +
			"The phone is only read, never written to. --port sim reads a virtual phone.",
		Flags: append(append(append(phoneFlags(), fromFlags()...),
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "dump `FOLDER` to make (default: named after board and time)"},
			&cli.StringFlag{Name: "resume", Usage: "go on with the dump in `FOLDER`: read what was asked for when it was begun, and what --only and --range add"},
			&cli.BoolFlag{Name: "complete", Usage: "with --resume: read all the rest of the phone, also what was left out"},
			&cli.StringSliceFlag{Name: "only", Usage: "only these `NAMES`: partitions, patterns, nvram..boot, regions such as EMMC_BOOT_1 or BOOT_1"},
			&cli.StringSliceFlag{Name: "skip", Usage: "without these `NAMES`; of userdata the first and the last MiB stay"},
			&cli.StringSliceFlag{Name: "range", Usage: "this `RANGE`, 0x8000+0x4000 of the user area or EMMC_BOOT_1:0x0+0x1000"},
			&cli.StringFlag{Name: "verify", Usage: "`HOW` to verify: reread reads everything twice, reread=5% a part (tables and boot regions always are)"},
			&cli.BoolFlag{Name: "accept-bad", Usage: "finish a dump with places that cannot be read; they stay named"},
			&cli.BoolFlag{Name: "keep-ids", Usage: "keep the phone's identities (ME_ID, CID) in the manifest in clear"},
			&cli.BoolFlag{Name: "any-room", Usage: "begin also when the disk may be too small: zeros take no room"},
			&cli.BoolFlag{Name: "split", Usage: "then cut the dump into images in its parts/, with scatter file and blocks map"},
			&cli.BoolFlag{Name: "compress", Usage: "then pack the dump into FOLDER.tar.zst and verify that, as backup create does"},
			&cli.BoolFlag{Name: "remove-raw", Usage: "with --compress: remove the raw regions once the archive is verified"},
			&cli.StringFlag{Name: "scatter", Usage: "scatter `FILE` of this phone: names for the partitions an MBR does not list"},
			&cli.StringFlag{Name: "table", Usage: "`FILE` with the partitions in another form: /proc/dumchar_info, mtkclient printgpt …"},
		), jsonFlag(), quietFlag(), progressFlag()),
		Action: func(c *cli.Context) error { return runAcquire(c, u) },
	}
}

// acquisition is one run of acquire.
type acquisition struct {
	c      *cli.Context
	u      *ui
	origin *origin
	job    acquire.Job
	dir    string // "" until it is named after the board
	blind  bool   // the names of --only and the like could not be looked up
	resume bool
	began  time.Time
	claim  *layout.Claim // partitions that were told besides the flash, nil for none
}

func runAcquire(c *cli.Context, u *ui) error {
	if c.NArg() > 0 {
		return usage("mtkkit acquire: what is %q? the phone needs no name; the folder is given with -o", c.Args().First())
	}
	if err := u.speakOld(c); err != nil {
		return err
	}
	a := &acquisition{c: c, u: u, began: time.Now()}
	if err := a.prepare(); err != nil {
		return err
	}
	if a.resume && c.Bool("accept-bad") && !hasOrigin(c) {
		return a.finishAlone()
	}
	var err error
	if a.origin, err = openOrigin(c, u); err != nil {
		return a.explain(err)
	}
	defer a.origin.letGo(u)
	if err := a.wishes(); err != nil {
		if lost := (*lostEarly)(nil); errors.As(err, &lost) {
			return a.noteLoss(lost)
		}
		return err
	}
	d, err := a.open()
	if err != nil {
		return a.explain(err)
	}
	defer d.Close()
	if err := a.origin.keepClaims(d.Dir()); err != nil {
		return a.explain(err)
	}
	if err := d.Read(c.Context); err != nil {
		if a.origin.accuse != nil {
			err = a.origin.accuse(err)
		}
		return a.explain(err)
	}
	if err := a.origin.src.Check(); err != nil { // files may be written to while they are read
		return hinted{err, []string{"what was read of it may be of two states: read it once more, into a new folder, when nothing writes to it"}}
	}
	if err := a.origin.Close(); err != nil { // it need not wait for what follows
		u.note("the phone was read, but not told to end: %s", plain(err.Error()))
	}
	return a.finish(d)
}

// prepare looks at all that can be refused before anybody plugs a phone in.
func (a *acquisition) prepare() error {
	c := a.c
	a.dir, a.resume = c.String("output"), c.IsSet("resume")
	if a.resume {
		if a.dir != "" {
			return usage("mtkkit acquire: either --resume or -o: a dump is gone on with where it is")
		}
		if a.dir = c.String("resume"); a.dir == "" {
			return usage("mtkkit acquire: --resume is given without a folder")
		}
		if err := acquire.Check(a.dir); err != nil {
			return dumpFolder(err)
		}
	} else if a.dir != "" {
		if err := acquire.RefuseFolder(a.dir); err != nil {
			return a.refusedFolder(err)
		}
	}
	if err := a.refuseCompress(); err != nil {
		return err
	}
	if err := a.checkWishes(); err != nil {
		return err
	}
	reread, err := rereadPercent(c.String("verify"))
	a.job.Reread = reread
	return err
}

// checkWishes finds what is wrong with them before there is a table to find names in.
func (a *acquisition) checkWishes() error {
	c := a.c
	only, skip := c.StringSlice("only"), c.StringSlice("skip")
	if c.Bool("complete") {
		if !a.resume {
			return usage("mtkkit acquire: --complete goes with --resume FOLDER: a new dump is complete unless something is left out")
		}
		if len(only)+len(skip) > 0 || c.IsSet("range") {
			return usage("mtkkit acquire: --complete reads all of the phone: it goes without --only, --skip and --range")
		}
	}
	for _, s := range slices.Concat(only, skip) {
		if err := plan.CheckPattern(s); err != nil {
			return acquirePattern(err)
		}
	}
	_, err := a.ranges(flash.EMMCUser)
	return err
}

// rereadPercent reads the value of --verify.
func rereadPercent(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	if s == "reread" {
		return 100, nil
	}
	if n, ok := strings.CutPrefix(s, "reread="); ok {
		if v, err := strconv.Atoi(strings.TrimSuffix(n, "%")); err == nil && v >= 0 && v <= 100 {
			return v, nil
		}
	}
	return 0, usage("mtkkit acquire: --verify is reread, or reread=5%%, not %q", s)
}

// ranges reads the values of --range; user is the region of those that name none.
func (a *acquisition) ranges(user flash.Region) (out []plan.Range, err error) {
	for _, s := range a.c.StringSlice("range") {
		r, text := plan.Range{Region: user}, s
		if region, rest, ok := strings.Cut(s, ":"); ok {
			r.Region, text = flash.Region(strings.ToUpper(region)), rest
		}
		from, length, ok := strings.Cut(text, "+")
		if ok {
			if r.Offset, err = flash.ParseSize(from); err == nil {
				r.Length, err = flash.ParseSize(length)
			}
		}
		if _, over := flash.NewExtent(uint64(r.Offset), uint64(r.Length)); !ok || err != nil || over != nil || r.Length == 0 {
			return nil, usage("mtkkit acquire: --range is START+LENGTH, as in 0x8000+0x4000 or EMMC_BOOT_1:0x0+4K, not %q", s)
		}
		out = append(out, r)
	}
	return out, nil
}

// wishes turns names into extents, by the phone's own tables.
func (a *acquisition) wishes() error {
	dev := a.origin.device()
	l, err := a.layout()
	if err != nil {
		return err
	}
	w := plan.Reading{Only: a.c.StringSlice("only"), Skip: a.c.StringSlice("skip"), Align: a.origin.sector}
	if w.Ranges, err = a.ranges(dev.Storage.User()); err != nil {
		return err
	}
	a.job.Retry = map[flash.Region][]flash.Extent{}
	for i, r := range w.Ranges {
		r.Region = regionCalled(dev, r.Region)
		if p := dev.Part(r.Region); p == nil || r.Offset >= p.Image.Size() {
			return usage("mtkkit acquire: --range: this phone has nothing at 0x%x of %s", r.Offset, r.Region)
		}
		w.Ranges[i] = r
		a.job.Retry[r.Region] = append(a.job.Retry[r.Region], r.Extent)
	}
	tables := tableRanges(dev, l)
	w.Always = tables
	want, err := w.Extents(dev, &l.Table)
	if err != nil {
		return acquirePattern(err)
	}
	for region, holes := range a.origin.holes {
		if want[region] = flash.Without(want[region], holes); len(want[region]) == 0 {
			delete(want, region)
		}
	}
	a.job.Twice = map[flash.Region][]flash.Extent{}
	for _, t := range tables {
		a.job.Twice[t.Region] = append(a.job.Twice[t.Region], t.Extent)
	}
	if a.asked() || !a.resume || a.c.Bool("complete") {
		a.job.Want = want
	}
	a.describe(l)
	return nil
}

// regionCalled is the region of a name, which may be that of its file in a dump.
func regionCalled(dev *flash.Device, name flash.Region) flash.Region {
	for _, p := range dev.Parts {
		if dev.Part(name) == nil && strings.EqualFold(acquire.FileName(p.Region), string(name)) {
			return p.Region
		}
	}
	return name
}

func acquirePattern(err error) error {
	var bad *plan.PatternError
	if !errors.As(err, &bad) {
		return err
	}
	if bad.Why != "" {
		return usage("mtkkit acquire: %q: %s", bad.Pattern, bad.Why)
	}
	if strings.EqualFold(bad.Pattern, "all") {
		return usage("mtkkit acquire: nothing is called %q: everything is read without --only, and of a dump that was begun with --resume FOLDER --complete", bad.Pattern)
	}
	return usage("mtkkit acquire: nothing is called %q; there are: %s", bad.Pattern, strings.Join(bad.Names, " "))
}

// layout finds the partitions by the phone's tables. A phone without a table is read
// all the same; then only regions have names.
func (a *acquisition) layout() (*layout.Layout, error) {
	src := a.origin.source()
	claim, err := openClaim(a.c, src)
	if err != nil {
		return nil, err
	}
	if claim == nil {
		claim = a.origin.claim()
	}
	a.claim = claim
	dev, watch, err := a.guarded()
	if err != nil {
		return nil, a.explain(err)
	}
	l, err := layout.Resolve(a.c.Context, dev, layout.Options{Claim: claim, TablesOnly: true, Progress: a.u.bars.event})
	a.u.bars.clear()
	if watch.lost != nil { // what cannot be read has no table, and that means nothing
		return nil, watch.lost
	}
	if errors.Is(err, layout.ErrNoTable) {
		a.origin.problems = append(a.origin.problems, flash.Problem{Severity: flash.Warning, Place: "table", Offset: flash.NoOffset,
			Text: "no partition table can be read: partitions have no names here, and whether this is a phone's flash nobody knows"})
		return &layout.Layout{User: src.Storage.User()}, nil
	}
	if err != nil {
		return nil, a.explain(a.explainForeign(err))
	}
	return l, nil
}

// describe fills in what the manifest says of the phone, and names the folder.
func (a *acquisition) describe(l *layout.Layout) {
	o, r := a.origin, &a.job.Record
	phone := o.phone
	r.Tool, r.Created = "mtkkit "+version(), a.began.UTC().Format(time.RFC3339)
	r.Chip, r.Project, r.Table, r.Phone = cmp.Or(l.Chip.Value, o.chip), l.Project.Value, l.Witness, &phone
	r.Problems = append(r.Problems, o.problems...)
	if o.pieces { // a phone says itself how long its flash is
		l.Bound(o.device())
	}
	a.job.Device, a.job.Again, a.job.AtPlace, a.job.Sector, a.job.Live = o.device(), o.again, o.atPlace, o.sector, o.live
	a.job.Pieces, a.job.Lacks, a.job.Own = o.pieces, o.holes, ownPlaces(l)
	a.job.IDs, a.job.KeepIDs = o.ids, a.c.Bool("keep-ids")
	a.job.AcceptBad, a.job.AnyRoom, a.job.Progress = a.c.Bool("accept-bad"), a.c.Bool("any-room"), a.u.bars.event
}

// open makes the dump folder, or opens the one to go on with.
func (a *acquisition) open() (*acquire.Dump, error) {
	if a.resume {
		return acquire.Resume(a.dir, a.job)
	}
	if a.dir != "" {
		return acquire.Create(a.dir, a.job)
	}
	board, _ := plan.SafeName(cmp.Or(a.job.Record.Project, a.job.Record.Chip, "phone"))
	name := cmp.Or(board, "phone") + a.began.Format("-20060102-150405")
	for n := 1; ; n++ {
		a.dir = name
		if n > 1 {
			a.dir = fmt.Sprintf("%s-%d", name, n)
		}
		if _, err := os.Lstat(a.dir); !errors.Is(err, fs.ErrNotExist) {
			continue // of another phone that was read in the same second
		}
		d, err := acquire.Create(a.dir, a.job)
		if _, serr := os.Lstat(a.dir); err != nil && serr == nil && n < 100 && flash.AsRefusal(err) != nil {
			continue
		}
		return d, err
	}
}

// finishAlone finishes a dump with its bad places where there is no phone any more.
func (a *acquisition) finishAlone() error {
	a.job.AcceptBad, a.job.Progress = true, a.u.bars.event
	d, err := acquire.Resume(a.dir, a.job)
	if err != nil {
		return a.explain(err)
	}
	defer d.Close()
	return a.finish(d)
}

// finish completes the folder and says what is in it.
func (a *acquisition) finish(d *acquire.Dump) error {
	m, finished, err := d.Finish(a.c.Context)
	d.Close()
	a.u.bars.clear()
	if errors.Is(err, acquire.ErrUnfinished) {
		return hinted{fmt.Errorf("%s: not all of it was read yet, so it cannot be finished without the phone", a.dir), []string{"go on with it: " + a.command()}}
	}
	if err != nil {
		return a.explain(err)
	}
	problems, err := a.summary(m, finished, a.toGoOn(d))
	if err != nil {
		return err
	}
	if a.c.Bool("split") {
		more, err := a.split(a.c.Context)
		if err != nil {
			return err
		}
		problems = append(problems, more...)
	}
	if a.c.Bool("compress") {
		if err := a.compress(a.c.Context, m); err != nil {
			return err
		}
	}
	return verdict(problems)
}
