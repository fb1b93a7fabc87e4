package main

import (
	"errors"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/source"
)

// layoutOptions are what the options of a command say of the dump's partitions.
func layoutOptions(c *cli.Context) (layout.Options, error) {
	opt := layout.Options{Platform: c.String("platform")}
	if err := checkChip(opt.Platform); err != nil {
		return opt, err
	}
	switch c.String("trust") {
	case "":
	case "scatter":
		if opt.Trust = true; !namesTable(c) {
			return opt, usage("mtkkit: --trust scatter needs --scatter FILE")
		}
	default:
		return opt, usage("mtkkit: --trust takes scatter, not %q", c.String("trust"))
	}
	switch s := strings.ToUpper(c.String("storage")); s {
	case "", "EMMC", "UFS", "NAND":
		opt.Storage = flash.Storage(s)
	default:
		return opt, usage("mtkkit: --storage is emmc, ufs or nand, not %q", c.String("storage"))
	}
	return opt, nil
}

// namesTable reports whether the user gives a table.
func namesTable(c *cli.Context) bool { return c.String("scatter")+c.String("table") != "" }

// opening is a dump whose bytes are at hand, and whose partitions are looked for.
type opening struct {
	c    *cli.Context
	u    *ui
	path string
	src  *source.Source
	opt  layout.Options
}

// resolve finds the partitions: by the user's table; else by the record's, by the one that
// an archive or a folder of ours brings, and by the dump alone, the first that agrees.
func (o *opening) resolve(recorded *layout.Claim) (lay *layout.Layout, err error) {
	claim, err := openClaim(o.c, o.src)
	if err != nil {
		return nil, err
	}
	tries := []*layout.Claim{claim}
	own := claim != nil && !namesTable(o.c) && (o.src.Unpacked || o.src.Record != nil)
	if own {
		tries = append(tries, nil)
	}
	if recorded != nil && !namesTable(o.c) {
		tries = append([]*layout.Claim{recorded}, tries...)
	}
	o.opt.Progress = o.u.bars.event
	for _, o.opt.Claim = range tries {
		if own && o.opt.Claim == nil {
			o.leaveScatter()
		}
		lay, err = layout.Resolve(o.c.Context, &o.src.Device, o.opt)
		if !errors.As(err, new(*layout.ForeignError)) {
			break
		}
	}
	o.u.bars.clear()
	if err != nil {
		return nil, o.why(err)
	}
	if own && o.opt.Claim == claim && o.src.Record == nil && !o.u.json {
		o.u.note("%s: its own scatter file %s is taken, as with --scatter", o.path, o.src.Scatter)
	}
	return lay, nil
}

// leaveScatter does without the scatter file that the dump brings.
func (o *opening) leaveScatter() {
	o.src.Problems = append(o.src.Problems, flash.Problem{Severity: flash.Warning, Place: o.path, Offset: flash.NoOffset,
		Text: "the scatter file " + o.src.Scatter + " in it is not of this dump, and not taken"})
	o.src.Scatter, o.src.ScatterText = "", nil
}

// why tells what is known of the bytes, which may be why no partitions were found.
func (o *opening) why(err error) error {
	told := errorsOf(o.src.Problems)
	if len(o.u.pieces) > 0 {
		told = notable(o.src.Problems)
	}
	o.u.problems(told)
	return withInside(whyNoTable(err, o.src, o.path), o.src)
}
