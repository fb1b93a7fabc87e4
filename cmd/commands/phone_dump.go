package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/session"
)

// phoneDump is a phone that is read in the place of a dump.
type phoneDump struct {
	*session.Phone
	unplug func()
}

// Close leaves the phone in the state that the user chose with --then.
func (p *phoneDump) Close() error {
	defer p.unplug()
	return p.Phone.Close()
}

// openPhoneInput connects to a phone and finds its partitions. Only its tables are read.
func openPhoneInput(ctx context.Context, u *ui, o *dumpOptions, ph *phoneOptions) (*input, error) {
	for name, given := range map[string]string{"boot1": o.boot1, "boot2": o.boot2, "rpmb": o.rpmb, "storage": string(o.storage), "tmp": o.tmp} {
		if given != "" {
			return nil, usage("--%s is only for dumps: a phone reports this itself", name)
		}
	}
	opt, err := o.dump(ctx, u)
	if err != nil {
		return nil, err
	}
	ph.haveTable = true // only acquire reads phones whose tables lack names
	p, unplug, err := connectPhone(ctx, u, ph)
	if err != nil {
		return nil, err
	}
	phone := &phoneDump{p, unplug}
	d, err := dump.OfPhone(ctx, *p.Device(), opt)
	u.Bars.Clear()
	if err != nil {
		return nil, errors.Join(err, phone.Close())
	}
	if d.Layout.Chip.Value == "" {
		d.Layout.Chip = layout.Fact{Value: p.Chip, From: fmt.Sprintf("the phone's code 0x%x", p.Loader.HWCode)}
	}
	name, _ := plan.SafeName(cmp.Or(d.Layout.Project.Value, p.Chip))
	d.Path = cmp.Or(name, d.Path)
	return &input{Dump: d, u: u, phone: phone}, nil
}

// readOptions are the options of a command that reads a dump or a phone.
type readOptions struct {
	dumpOptions
	phoneOptions
}

func newReadOptions() readOptions { return readOptions{newDumpOptions(), newPhoneOptions()} }

func (o *readOptions) options() []flags.Option {
	return append(o.dumpOptions.options(), o.phoneOptions.options()...)
}

// inputs returns the files that must never be written to.
func (o *readOptions) inputs(d *input) []string {
	return append(o.dumpOptions.inputs(d.files()...), o.phoneOptions.inputs()...)
}

// openArgs opens the dump that the arguments name, or the phone of --port.
func (o *readOptions) openArgs(ctx context.Context, u *ui, args []string) (*input, error) {
	if o.port != "" {
		if len(args) > 0 {
			return nil, usage("a dump and --port cannot be used together: %q", args[0])
		}
		return openPhoneInput(ctx, u, &o.dumpOptions, &o.phoneOptions)
	}
	paths, err := oneDump(args, "dump")
	if err != nil {
		return nil, err
	}
	return openInput(ctx, u, &o.dumpOptions, paths...)
}
