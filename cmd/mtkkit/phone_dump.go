package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
)

// phoneDump is the phone behind a dump that is none.
type phoneDump struct {
	port *phonePort
	live *livePhone
}

// Close ends the phone as the user wished.
func (p *phoneDump) Close() error {
	return errors.Join(p.live.Close(p.port.end), p.port.Close())
}

// openPhoneDump connects to a phone and finds its partitions. Only its tables are read.
func openPhoneDump(c *cli.Context, u *ui, opt layout.Options) (*dump, error) {
	for _, name := range []string{"boot1", "boot2", "rpmb", "storage", "tmp"} {
		if c.IsSet(name) {
			return nil, usage("%s: --%s is for dumps: a phone tells by itself", commandName(c), name)
		}
	}
	p, err := openPhonePort(c, u)
	if err != nil {
		return nil, err
	}
	live, err := p.connect(c.Context)
	if err != nil {
		p.Close()
		return nil, err
	}
	d := &dump{path: "phone", src: &source.Source{Device: *live.Device()}, phone: &phoneDump{p, live}}
	if err := d.resolve(c, u, opt); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// resolve finds the partitions of a phone, and what to call it.
func (d *dump) resolve(c *cli.Context, u *ui, opt layout.Options) (err error) {
	if opt.Claim, err = openClaim(c, d.src); err != nil {
		return err
	}
	opt.Progress = u.bars.event
	d.lay, err = layout.Resolve(c.Context, &d.src.Device, opt)
	u.bars.clear()
	if err != nil {
		return explain(err, d.path)
	}
	live := d.phone.live
	if d.lay.Chip.Value == "" {
		d.lay.Chip = layout.Fact{Value: live.Chip, From: fmt.Sprintf("the phone's code 0x%x", live.Loader.HWCode)}
	}
	name, _ := plan.SafeName(cmp.Or(d.lay.Project.Value, live.Chip))
	d.path = cmp.Or(name, d.path)
	return nil
}
