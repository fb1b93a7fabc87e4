package commands

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// simulateOptions are the options of simulate.
type simulateOptions struct {
	dumpOptions    // for the content of the flash
	dump           string
	chip           string
	protocol       acquiretest.Protocol
	link           string
	writeDA, trace string

	bootrom, echoFirst, wideRAM, shortStatus bool

	packet, rate            int64 // bytes
	latency, window, replug time.Duration
	bad, fault              []string
}

func newSimulateOptions() *simulateOptions {
	return &simulateOptions{dumpOptions: newDumpOptions(), packet: 64 << 10, replug: time.Second}
}

// flashOptions returns the options that say what the phone's flash contains.
func (o *simulateOptions) flashOptions() []flags.Option {
	return flags.In(flags.GroupInput,
		flags.Text(&o.dump, "dump", "`FILE` or folder with the phone's flash (ROM_1)"),
		flags.Text(&o.boot1, "boot1", "`FILE` with the first boot region"),
		flags.Text(&o.boot2, "boot2", "`FILE` with the second boot region"),
		flags.Text(&o.rpmb, "rpmb", "`FILE` with the RPMB region; without it the agent refuses to read RPMB, as agents since 2018 do"),
		tmpOption(&o.tmp))
}

// phoneOptions returns the options that say how the phone behaves.
func (o *simulateOptions) phoneOptions() []flags.Option {
	return flags.In(flags.GroupPhone,
		flags.Text(&o.chip, "chip", "`CHIP` of the phone (default: one for the protocol: mt6765 for xflash, mt6582 for legacy, mt6789 for xml)"),
		flags.Choice(&o.protocol, "protocol", "`FAMILY` of Download Agents: xflash, legacy or xml (default: that of the chip)", acquiretest.XFlash, acquiretest.Legacy, acquiretest.XML),
		flags.Text(&o.link, "link", "`NAME` of a link to the terminal, such as /dev/ttyACM90, which mtkclient finds"),
		flags.Switch(&o.bootrom, "bootrom", "start in BootROM mode, where the memory is not set up"),
		flags.Switch(&o.echoFirst, "echo-first", "let the preloader answer the first byte of a tool instead of ignoring it"),
		flags.Switch(&o.wideRAM, "wide-ram", "let an XFlash agent report the memory in 64-bit numbers (48 bytes instead of 24)"),
		flags.Switch(&o.shortStatus, "short-status", "behave as an XFlash agent of 2018 or earlier: a success status has two bytes, the eMMC report is 8 bytes shorter"),
		flags.Size(&o.packet, "packet", "largest `SIZE` of a data packet of an XFlash or XML agent; for legacy agents the tool sets it", 512, "64K"),
		flags.Size(&o.rate, "rate", "`BYTES` of data per second (default: no limit)", 0, "1M"),
		flags.Time(&o.latency, "latency", "wait this `TIME` before each data packet"),
		flags.Time(&o.window, "window", "`TIME` that the preloader waits for a tool before it starts Android (default: no limit)"),
		flags.Time(&o.replug, "replug", "`TIME` until a phone that was lost is plugged in again; 0: never"),
		flags.List(&o.bad, "bad", "`RANGE` of the user area that cannot be read: 0x100000+0x200"),
		flags.List(&o.fault, "fault", "cause this `FAULT`: ACTION[=VALUE]@STEP[:NTH][+BYTE], as in disconnect@data:7+999 or stall=30s@data:3"))
}

func (o *simulateOptions) options() []flags.Option {
	return slices.Concat(o.flashOptions(), o.phoneOptions(), flags.In(flags.GroupOutput,
		flags.Text(&o.writeDA, "write-da", "write a stand-in Download Agent for the phone to `FILE`"),
		flags.Text(&o.trace, "trace", "write all transfers to `FILE`, one JSON object per line; the field place has the STEP of --fault")),
		o.silence())
}

func simulateCommand(u *ui) *cli.Command {
	o := newSimulateOptions()
	return &cli.Command{
		Name:  "simulate",
		Usage: "simulate a phone on a pseudo-terminal, with a dump as its flash, for mtkkit or another tool (Linux)",
		Description: "The simulated phone is switched off, plugged in, and waits for a tool; the dump is its flash.\n" +
			"It accepts any Download Agent, does not run it, and behaves as an agent itself. Without --dump it is the\n" +
			"phone of --port sim.",
		Flags:  flags.Of(flags.Fields(&o.dump, &o.boot1, &o.boot2, &o.chip, &o.link, &o.writeDA), o.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error { return simulate(ctx, u, o, args) }),
	}
}

func simulate(ctx context.Context, u *ui, o *simulateOptions, args []string) error {
	if len(args) > 0 {
		return usage("give the dump with --dump %s", args[0])
	}
	chip, p, err := o.phone()
	if err != nil {
		return err
	}
	closer, err := o.giveFlash(ctx, u, p)
	if err != nil {
		return err
	}
	defer closer.Close()
	if o.writeDA != "" {
		if err := writeBytes(o.writeDA, standIn(chip), split.FileOptions{}); err != nil {
			return err
		}
	}
	if o.trace != "" {
		f, err := os.OpenFile(o.trace, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		p.Trace = acquiretest.TraceTo(f)
	}
	p.Left = func(why error, back bool) {
		then := "the simulation has ended"
		if back {
			then = fmt.Sprintf("it is plugged in again in %v", p.Replug)
		}
		u.Say("the phone was unplugged: %v; %s", why, then)
	}
	err = servePhone(ctx, p, o.link, func(name string) {
		u.Say("%s (0x%x, %s) is plugged in at %s", chip.Name(), chip.HWCode, chip.Protocol, cmp.Or(o.link, name))
	})
	if err == nil && ctx.Err() != nil {
		u.Say("interrupted; the simulation has ended")
	}
	return err
}

// chips has the default chip of each family of agents.
var chips = map[acquiretest.Protocol]string{acquiretest.XFlash: "MT6765", acquiretest.Legacy: "MT6582", acquiretest.XML: "MT6789"}

// phone returns the phone that the options describe, without its flash.
func (o *simulateOptions) phone() (brom.Chip, *acquiretest.Phone, error) {
	var none brom.Chip
	name := cmp.Or(o.chip, chips[cmp.Or(o.protocol, acquiretest.XFlash)])
	chip, known := brom.ByName(name)
	family := acquiretest.Protocol(chip.Protocol.String())
	switch {
	case !known:
		return none, nil, usage("unknown chip %q", name)
	case o.protocol != "" && o.protocol != family:
		return none, nil, usage("%s runs %v agents, not %s", chip.Name(), family, o.protocol)
	case o.packet > 64<<20:
		return none, nil, usage("--packet must be 512 to 64M, not %s", flash.Size(o.packet))
	}
	p := &acquiretest.Phone{
		HWCode: chip.HWCode, Protocol: family, BootROM: o.bootrom, EchoFirst: o.echoFirst, WideRAM: o.wideRAM, RPMB: o.rpmb != "",
		Packet: int(o.packet), Rate: o.rate, Latency: o.latency, Window: cmp.Or(o.window, -1), Replug: o.replug,
	}
	if o.shortStatus {
		p.StatusWidth = 2
	}
	for _, s := range o.fault {
		if err := p.AddFault(s); err != nil {
			return none, nil, usage("%s", strings.TrimPrefix(err.Error(), "acquiretest: "))
		}
	}
	return chip, p, nil
}

// giveFlash gives the phone its flash. The caller closes what it returns.
func (o *simulateOptions) giveFlash(ctx context.Context, u *ui, p *acquiretest.Phone) (io.Closer, error) {
	var closer io.Closer = io.NopCloser(nil)
	switch {
	case o.dump == "" && cmp.Or(o.boot1, o.boot2, o.rpmb) != "":
		return nil, usage("--boot1, --boot2 and --rpmb need --dump")
	case o.dump == "":
		p.Storage, p.Parts = flash.EMMC, simParts()
	default:
		src, err := openBytes(ctx, u, &o.dumpOptions, o.dump)
		if err != nil {
			return nil, err
		}
		closer, p.Storage, p.Parts = src, src.Storage, src.Parts
	}
	for _, s := range o.bad {
		if err := p.AddBad(s); err != nil {
			closer.Close()
			return nil, usage("--bad must be a range of the user area such as 0x100000+0x200, not %q", s)
		}
	}
	return closer, nil
}

// servePhone serves p until it is switched off or ctx ends. It calls published with the name of the
// terminal each time the phone is plugged in.
func servePhone(ctx context.Context, p *acquiretest.Phone, link string, published func(name string)) error {
	serve, ok := any(p).(interface {
		Serve(context.Context, string, func(string)) error
	})
	if !ok {
		return words.Advise(fmt.Errorf("pseudo-terminals that can stand for a phone's port exist on Linux only"),
			"use --port sim: it simulates a phone inside a command, on every system")
	}
	return serve.Serve(ctx, link, published)
}
