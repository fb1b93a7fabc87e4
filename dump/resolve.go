package dump

import (
	"context"
	"errors"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
)

// find finds the partitions of a dump.
func (d *Dump) find(ctx context.Context) error {
	lay, opt, err := d.resolve(ctx)
	if err == nil && !d.opt.Alone && !d.Package() {
		n := &nearby{ctx: ctx, d: d, opt: opt}
		lay, err = n.take(lay)
	}
	if err != nil {
		return err
	}
	lay.Bound(&d.Source.Device)
	if user := d.Source.User(); user != nil {
		compareChips(lay, user)
	}
	d.Layout = lay
	if wrong := d.misplaced(); len(wrong) > 0 {
		d.Source.Doubt(wrong)
		lay.Problems = append(lay.Problems, wrong...)
	}
	d.tellRecordedGuess()
	return nil
}

// layoutOptions returns the options of layout, with a claim.
func (d *Dump) layoutOptions(claim *layout.Claim) layout.Options {
	o := d.opt
	return layout.Options{Claim: claim, Trust: o.Trust, Platform: o.Platform, Storage: o.Storage, Progress: o.Progress, Rows: d.Source.Rows}
}

// resolve finds the partitions with the user's table. Without one, it tries the record's table, the
// one in an archive or folder of mtkkit, and the dump alone, and takes the first that agrees.
func (d *Dump) resolve(ctx context.Context) (lay *layout.Layout, opt layout.Options, err error) {
	src := d.Source
	claim, err := ReadTable(d.opt.Table, src)
	if err != nil {
		return nil, opt, err
	}
	tries := []*layout.Claim{claim}
	own := claim != nil && d.opt.Table == "" && (src.Unpacked || src.Record != nil)
	if own {
		tries = append(tries, nil)
	}
	if d.opt.Recorded != nil && d.opt.Table == "" {
		tries = append([]*layout.Claim{d.opt.Recorded}, tries...)
	}
	for _, try := range tries {
		if own && try == nil {
			d.leaveScatter()
		}
		opt = d.layoutOptions(try)
		lay, err = layout.Resolve(ctx, &src.Device, opt)
		if !errors.As(err, new(*layout.ForeignError)) {
			break
		}
	}
	if err != nil {
		return nil, opt, d.noTable(err)
	}
	if own && opt.Claim == claim && src.Unpacked && !d.Package() {
		d.Taken = append(d.Taken, Taken{Path: src.Scatter, Why: "it is in the dump's own archive", Inside: true})
	}
	return lay, opt, nil
}

// leaveScatter drops the scatter file in the dump's archive or folder.
func (d *Dump) leaveScatter() {
	d.Source.Problems = append(d.Source.Problems, flash.Problem{Severity: flash.Warning, Place: d.Path, Offset: flash.NoOffset,
		Text: "the scatter file " + d.Source.Scatter + " in it does not belong to this dump and is not used"})
	d.Source.Scatter, d.Source.ScatterText = "", nil
}
