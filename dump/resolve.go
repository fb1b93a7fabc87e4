package dump

import (
	"context"
	"errors"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
)

// find looks for the partitions of a dump whose bytes are at hand.
func (d *Dump) find(ctx context.Context) error {
	lay, opt, err := d.resolve(ctx)
	if err == nil && !d.opt.Alone {
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
	return nil
}

// layoutOptions are the options of layout, with a claim.
func (d *Dump) layoutOptions(claim *layout.Claim) layout.Options {
	o := d.opt
	return layout.Options{Claim: claim, Trust: o.Trust, Platform: o.Platform, Storage: o.Storage, Progress: o.Progress}
}

// resolve finds the partitions: by the user's table; else by the record's, by the one that an
// archive or a folder of ours brings, and by the dump alone, the first that agrees.
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
	if own && opt.Claim == claim && src.Record == nil {
		d.Taken = append(d.Taken, Taken{Path: src.Scatter, Why: "it is in the dump's own archive", Inside: true})
	}
	return lay, opt, nil
}

// leaveScatter does without the scatter file that the dump brings.
func (d *Dump) leaveScatter() {
	d.Source.Problems = append(d.Source.Problems, flash.Problem{Severity: flash.Warning, Place: d.Path, Offset: flash.NoOffset,
		Text: "the scatter file " + d.Source.Scatter + " in it is not of this dump, and not taken"})
	d.Source.Scatter, d.Source.ScatterText = "", nil
}
