package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/session"
	"github.com/mtkkit/mtkkit/words"
)

// acquireOptions are the options of acquire.
type acquireOptions struct {
	displayOptions
	phoneOptions
	from, serial   string
	output, resume string
	complete       bool
	only, skip     []string
	ranges         []string
	reread         int // percent of the chunks that are read twice
	acceptBad      bool
	keepIDs        bool
	anyRoom        bool
	split          bool
	compress       bool
	removeRaw      bool
	scatter, table string

	all []flags.Option // all of them
}

func newAcquireOptions() *acquireOptions {
	o := &acquireOptions{displayOptions: newDisplay(), phoneOptions: newPhoneOptions()}
	o.all = slices.Concat(o.originOptions(), o.readingOptions(), o.resultOptions(), o.phoneOptions.options(), o.displayOptions.options())
	return o
}

// originOptions returns the options that say where to read from.
func (o *acquireOptions) originOptions() []flags.Option {
	return flags.In(flags.GroupInput,
		flags.Text(&o.from, "from", "read from `ORIGIN` instead of a switched-off phone: adb (a rooted phone that runs Android), a device such as /dev/sdX (card reader, eMMC), files such as ROM_0,ROM_1, or a folder"),
		flags.Text(&o.serial, "serial", "`SERIAL` number of the phone, for --from adb if several phones are connected"),
		flags.Text(&o.scatter, "scatter", "scatter `FILE` of this phone: names the partitions that an MBR does not list"),
		flags.Text(&o.table, "table", "`FILE` with the partition table in another form: /proc/dumchar_info, output of mtkclient printgpt …"))
}

// readingOptions returns the options that say what to read.
func (o *acquireOptions) readingOptions() []flags.Option {
	return flags.In(flags.GroupInput,
		flags.Switch(&o.complete, "complete", "with --resume: read everything that is still missing, also what --only, --skip and --range left out"),
		flags.List(&o.only, "only", "read only these `NAMES`: partitions (boot), patterns (nv*), all from one partition to another (nvram..boot), regions (EMMC_BOOT_1 or BOOT_1)"),
		flags.List(&o.skip, "skip", "do not read these `NAMES`; the first and the last MiB of userdata are read in any case"),
		flags.List(&o.ranges, "range", "read only this `RANGE` (and the NAMES of --only): 0x8000+0x4000 in the user area, or EMMC_BOOT_1:0x0+0x1000"),
		rereadOption(&o.reread),
		flags.Switch(&o.acceptBad, "accept-bad", "finish a dump in which some ranges cannot be read; the manifest lists these ranges"))
}

// resultOptions returns the options that say what is done with the bytes that were read.
func (o *acquireOptions) resultOptions() []flags.Option {
	return flags.In(flags.GroupOutput,
		flags.Text(&o.output, "output o", "dump `FOLDER` to make (default: a name made of board and time)"),
		flags.Text(&o.resume, "resume", "continue the dump in `FOLDER`: read what was requested when it was begun, and what --only and --range add"),
		flags.Switch(&o.keepIDs, "keep-ids", "write the phone's identifiers (ME_ID, CID) to the manifest in clear, not only as hashes"),
		flags.Switch(&o.anyRoom, "any-room", "begin even if the disk may be too small: zeros use no space"),
		flags.Switch(&o.split, "split", "afterwards, split the dump into images in FOLDER/parts, with scatter file and blocks map"),
		flags.Switch(&o.compress, "compress", "afterwards, pack the dump into FOLDER.tar.zst, as backup create does, and verify the archive"),
		flags.Switch(&o.removeRaw, "remove-raw", "with --compress: remove the raw regions after the archive is verified"))
}

// rereadOption returns the option that says how much is read twice; p gets a percentage.
func rereadOption(p *int) flags.Option {
	return flags.Taking(p, "verify", "`HOW` to verify: reread (read everything twice) or reread=5% (read 5% twice); tables and boot regions are always read twice", "", func(s string) error {
		n, some := strings.CutPrefix(s, "reread=")
		v, err := 100, error(nil)
		if some {
			v, err = strconv.Atoi(strings.TrimSuffix(n, "%"))
		}
		if !some && s != "reread" || err != nil || v < 0 || v > 100 {
			return fmt.Errorf("must be reread or reread=5%%, not %q", s)
		}
		*p = v
		return nil
	})
}

func acquireCommand(u *ui) *cli.Command {
	o := newAcquireOptions()
	return &cli.Command{
		Name:      "acquire",
		Usage:     "read a phone into a dump folder; a run that was interrupted can be continued",
		UsageText: "mtkkit acquire --da MTK_AllInOne_DA.bin [-o FOLDER]\nmtkkit acquire --firmware PACKAGE [--da MTK_AllInOne_DA.bin] [-o FOLDER]\nmtkkit acquire --resume FOLDER [--complete] --da MTK_AllInOne_DA.bin\nmtkkit acquire --from adb|/dev/sdX|ROM_0,ROM_1|FOLDER [-o FOLDER]",
		Description: "Reads every region of the phone: the user area, both boot regions, and RPMB if it can be read.\n" +
			"The phone reports the lengths. --resume FOLDER continues a run that was interrupted;\n" +
			"--resume FOLDER --complete also reads what --only, --skip and --range left out.\n" +
			"The phone is only read, never written to. --port sim reads a virtual phone.",
		Flags:  flags.Of(flags.Fields(&o.da, &o.output, &o.resume, &o.from, &o.only, &o.port), o.all),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error { return runAcquire(ctx, u, o, args) }),
	}
}

// acquisition is one run of acquire.
type acquisition struct {
	*acquireOptions
	u   *ui
	run session.Run // its Origin is nil if the dump is finished without a phone
}

// dir returns the dump folder, "" until the board is known and gives the name.
func (a *acquisition) dir() string { return cmp.Or(a.run.Dir, a.run.Folder) }

func runAcquire(ctx context.Context, u *ui, o *acquireOptions, args []string) error {
	if len(args) > 0 {
		return usage("unexpected argument %q: the phone needs no name; give the folder with -o", args[0])
	}
	a := &acquisition{acquireOptions: o, u: u}
	if err := a.prepare(); err != nil {
		return err
	}
	if o.resume != "" && o.acceptBad && !o.hasOrigin() {
		return a.finishAlone(ctx)
	}
	origin, unplug, err := o.openOrigin(ctx, u)
	if err != nil {
		return a.explain(err)
	}
	defer unplug()
	defer u.letGo(origin)
	a.run.Origin = origin
	if a.run.Claim, err = dump.ReadTable(o.namesTable(), origin.Source); err != nil {
		return err
	}
	defer a.run.Close()
	err = a.run.Read(ctx)
	u.Bars.Clear()
	if err != nil {
		return a.explain(err)
	}
	if err := origin.Close(); err != nil { // now: the phone need not wait for the split
		u.Note("the phone was read, but the session with it could not be ended: %s", words.Plain(err.Error()))
	}
	return a.finish(ctx, a.run.Dump)
}

// prepare makes the wishes from the options. It checks everything that can be refused before a
// phone is plugged in.
func (a *acquisition) prepare() error {
	a.run.Wishes = session.Wishes{
		Folder: cmp.Or(a.resume, a.output), Resume: a.resume != "", Complete: a.complete, Only: a.only, Skip: a.skip,
		Reread: a.reread, KeepIDs: a.keepIDs, AcceptBad: a.acceptBad, IgnoreFreeSpace: a.anyRoom,
		Tool: tool(), Began: time.Now(), Progress: a.u.Bars.Event,
	}
	switch {
	case a.resume != "" && a.output != "":
		return usage("--resume and -o cannot be used together: a dump is continued in its own folder")
	case a.resume != "":
		if err := acquire.Check(a.resume); err != nil {
			return words.DumpFolder(err)
		}
	case a.output != "":
		if err := acquire.RefuseFolder(a.output); err != nil {
			return a.refusedFolder(err)
		}
	}
	if err := a.refuseCompress(); err != nil {
		return err
	}
	if err := a.checkOrigin(); err != nil {
		return err
	}
	return a.checkWishes()
}

// checkWishes finds errors in the wishes that can be found without a partition table.
func (a *acquisition) checkWishes() error {
	switch {
	case a.complete && a.resume == "":
		return usage("--complete needs --resume FOLDER: a new dump is complete unless something is left out")
	case a.complete && len(a.only)+len(a.skip)+len(a.ranges) > 0:
		return usage("--complete reads all of the phone: it cannot be used with --only, --skip or --range")
	case a.scatter != "" && a.table != "":
		return usage("--scatter and --table both give a table: give one of them")
	}
	if err := a.run.Wishes.Check(); err != nil {
		return wishWords(err)
	}
	for _, s := range a.ranges {
		r, err := session.ParseRange(s)
		if err != nil {
			return usage("--range is START+LENGTH, as in 0x8000+0x4000 or EMMC_BOOT_1:0x0+4K, not %q", s)
		}
		a.run.Ranges = append(a.run.Ranges, r)
	}
	return nil
}

// namesTable returns the path of the table that the user gives, "" for none.
func (o *acquireOptions) namesTable() string { return cmp.Or(o.scatter, o.table) }

// finishAlone finishes a dump that has unreadable ranges, without a phone.
func (a *acquisition) finishAlone(ctx context.Context) error {
	d, err := acquire.Resume(a.resume, acquire.Job{AcceptBad: true, Progress: a.u.Bars.Event})
	if err != nil {
		return a.explain(err)
	}
	defer d.Close()
	return a.finish(ctx, d)
}

// finish completes the folder and prints what is in it.
func (a *acquisition) finish(ctx context.Context, d *acquire.Dump) error {
	m, finished, err := d.Finish(ctx)
	d.Close()
	a.u.Bars.Clear()
	if errors.Is(err, acquire.ErrUnfinished) {
		return words.Advise(fmt.Errorf("%s: not everything was read yet, so the dump cannot be finished without the phone", a.dir()), "continue it: "+a.command())
	}
	if err != nil {
		return a.explain(err)
	}
	problems, err := a.summary(ctx, m, finished, session.RestOf(d, a.run.Origin))
	if err != nil {
		return err
	}
	if a.split {
		more, err := a.splitFolder(ctx)
		if err != nil {
			return err
		}
		problems = append(problems, more...)
	}
	if a.compress {
		if err := a.compressFolder(ctx, m); err != nil {
			return err
		}
	}
	return words.Verdict(problems)
}
