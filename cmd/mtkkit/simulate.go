package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/flash"
)

func simulateCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "simulate",
		Usage: "serve a dump as a phone on a pseudo-terminal, for this program or any other (Linux)",
		Description: "Plays a phone that is switched off, plugged in and waits for a tool, with the dump as its flash.\n" +
			"It runs no Download Agent: it takes any, and behaves as one. Without --dump it is the phone of --port sim.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dump", Usage: "`FILE` or folder with the phone's flash (ROM_1)"},
			&cli.StringFlag{Name: "boot1", Usage: "`FILE` with the first boot region"},
			&cli.StringFlag{Name: "boot2", Usage: "`FILE` with the second boot region"},
			&cli.StringFlag{Name: "rpmb", Usage: "`FILE` with the RPMB region; without it the agent refuses to read one, as agents since 2018 do"},
			&cli.StringFlag{Name: "tmp", Usage: "`FOLDER` where a compressed dump is unpacked"},
			&cli.StringFlag{Name: "chip", Usage: "`CHIP` it is (default: one that runs the protocol: mt6765, mt6582, mt6789)"},
			&cli.StringFlag{Name: "protocol", Usage: "`FAMILY` of Download Agents: xflash, legacy or xml (default: the chip's)"},
			&cli.StringFlag{Name: "link", Usage: "`NAME` of a link to the terminal: /dev/ttyACM90 is one that mtkclient finds"},
			&cli.StringFlag{Name: "write-da", Usage: "write a stand-in Download Agent for the phone to `FILE`"},
			&cli.BoolFlag{Name: "bootrom", Usage: "start in the chip's own loader, memory not set up"},
			&cli.BoolFlag{Name: "echo-first", Usage: "the preloader answers the first byte of a tool instead of swallowing it"},
			&cli.BoolFlag{Name: "wide-ram", Usage: "an XFlash agent tells of memory in numbers of 64 bits (48 bytes instead of 24)"},
			&cli.BoolFlag{Name: "short-status", Usage: "an XFlash agent of 2018 or before: success is two bytes, the report on eMMC eight bytes shorter"},
			&cli.StringFlag{Name: "packet", Value: "64K", Usage: "`SIZE` of a packet of data that an XFlash or XML agent grants; with legacy agents the tool sets it"},
			&cli.StringFlag{Name: "rate", Usage: "`BYTES` of data a second (default: as fast as it goes)"},
			&cli.DurationFlag{Name: "latency", Usage: "`TIME` before each packet of data"},
			&cli.DurationFlag{Name: "window", Usage: "`TIME` a preloader waits for a tool before it starts Android (default: for ever)"},
			&cli.DurationFlag{Name: "replug", Value: time.Second, Usage: "`TIME` until a phone that was lost is plugged in again; 0: it is not"},
			&cli.StringSliceFlag{Name: "bad", Usage: "`RANGE` of the user area that cannot be read: 0x100000+0x200"},
			&cli.StringSliceFlag{Name: "fault", Usage: "`FAULT` to happen: ACTION[=VALUE]@PLACE[:NTH][+BYTE], as in disconnect@data:7+999 or stall=30s@data:3"},
			&cli.StringFlag{Name: "trace", Usage: "write what is said to `FILE`, one JSON object a line; its places are those of --fault"},
			quietFlag(),
		},
		Action: func(c *cli.Context) error { return simulate(c, u) },
	}
}

func simulate(c *cli.Context, u *ui) error {
	if c.NArg() > 0 {
		return usage("mtkkit simulate: give the dump with --dump %s", c.Args().First())
	}
	u.quiet = c.Bool("quiet")
	chip, p, err := simulatedPhone(c)
	if err != nil {
		return err
	}
	closer, err := giveFlash(c, u, p)
	if err != nil {
		return err
	}
	defer closer.Close()
	if name := c.String("write-da"); name != "" {
		if err := writeNew(name, standIn(chip)); err != nil {
			return err
		}
	}
	if name := c.String("trace"); name != "" {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		p.Trace = traceTo(f)
	}
	p.Left = func(why error, back bool) {
		then := "the simulation is over"
		if back {
			then = fmt.Sprintf("it comes back in %v", p.Replug)
		}
		u.say("it left: %v; %s", why, then)
	}
	err = servePhone(c.Context, p, c.String("link"), func(name string) {
		u.say("%s (0x%x, %s) is plugged in at %s", chip.Name(), chip.HWCode, chip.Protocol, cmp.Or(c.String("link"), name))
	})
	if err == nil && c.Context.Err() != nil {
		u.say("interrupted; the simulation is over")
	}
	return err
}

// protocols are the families of agents and a chip that runs each.
var protocols = map[string]string{"xflash": "MT6765", "legacy": "MT6582", "xml": "MT6789"}

// simulatedPhone is the phone that options describe, without its flash.
func simulatedPhone(c *cli.Context) (brom.Chip, *acquiretest.Phone, error) {
	var none brom.Chip
	family := c.String("protocol")
	if family != "" && protocols[family] == "" {
		return none, nil, usage("mtkkit simulate: --protocol is xflash, legacy or xml, not %q", family)
	}
	name := cmp.Or(c.String("chip"), protocols[cmp.Or(family, "xflash")])
	chip, known := brom.ByName(name)
	switch {
	case !known:
		return none, nil, usage("mtkkit simulate: chip %q is not known here", name)
	case family != "" && family != chip.Protocol.String():
		return none, nil, usage("mtkkit simulate: %s runs %v agents, not %s", chip.Name(), chip.Protocol, family)
	}
	p := &acquiretest.Phone{
		HWCode: chip.HWCode, Protocol: acquiretest.Protocol(chip.Protocol.String()),
		BootROM: c.Bool("bootrom"), EchoFirst: c.Bool("echo-first"),
		WideRAM: c.Bool("wide-ram"), RPMB: c.String("rpmb") != "",
		Latency: c.Duration("latency"), Window: c.Duration("window"), Replug: c.Duration("replug"),
	}
	if c.Bool("short-status") {
		p.StatusWidth = 2
	}
	if p.Window == 0 {
		p.Window = -1
	}
	packet, err := flash.ParseSize(c.String("packet"))
	if err != nil || packet < 512 || packet > 64<<20 {
		return none, nil, usage("mtkkit simulate: --packet is 512 to 64M, not %q", c.String("packet"))
	}
	p.Packet = int(packet)
	if s := c.String("rate"); s != "" {
		if p.Rate, err = flash.ParseSize(s); err != nil {
			return none, nil, usage("mtkkit simulate: --rate %v", err)
		}
	}
	for _, s := range c.StringSlice("fault") {
		f, err := acquiretest.ParseFault(s)
		if err != nil {
			return none, nil, usage("mtkkit simulate: %s", strings.TrimPrefix(err.Error(), "acquiretest: "))
		}
		p.Faults = append(p.Faults, f)
	}
	return chip, p, nil
}

// giveFlash gives the phone what it stores.
func giveFlash(c *cli.Context, u *ui, p *acquiretest.Phone) (io.Closer, error) {
	var closer io.Closer = io.NopCloser(nil)
	dump := c.String("dump")
	switch {
	case dump == "" && (c.IsSet("boot1") || c.IsSet("boot2") || c.IsSet("rpmb")):
		return nil, usage("mtkkit simulate: --boot1, --boot2 and --rpmb belong to a dump: give it with --dump")
	case dump == "":
		p.Storage, p.Parts = flash.EMMC, simParts()
	default:
		src, err := openSource(c.Context, c, u, dump)
		if err != nil {
			return nil, err
		}
		closer, p.Storage, p.Parts = src, src.Storage, src.Parts
	}
	user := slices.IndexFunc(p.Parts, func(q flash.Part) bool { return q.Region.IsUser() })
	for _, s := range c.StringSlice("bad") {
		off, n, ok := strings.Cut(s, "+")
		from, err1 := flash.ParseSize(off)
		length, err2 := flash.ParseSize(n)
		if !ok || err1 != nil || err2 != nil || user < 0 {
			closer.Close()
			return nil, usage("mtkkit simulate: --bad is a range of the user area such as 0x100000+0x200, not %q", s)
		}
		if p.Bad == nil {
			p.Bad = map[flash.Region][]flash.Extent{}
		}
		region := p.Parts[user].Region
		p.Bad[region] = append(p.Bad[region], flash.Extent{Offset: from, Length: length})
	}
	return closer, nil
}

// writeNew writes a file that must not be there yet.
func writeNew(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// traced is one line of a trace.
type traced struct {
	Milliseconds int64  `json:"ms"`
	From         string `json:"from"` // "phone" or "host"
	Place        string `json:"place"`
	Length       int    `json:"length"`
	Bytes        string `json:"bytes,omitempty"` // hexadecimal, of short pieces
	SHA256       string `json:"sha256,omitempty"`
}

// traceTo writes what a phone says and hears.
func traceTo(w io.Writer) func(out bool, place string, b []byte) {
	const short = 64
	start, enc := time.Now(), json.NewEncoder(w)
	return func(out bool, place string, b []byte) {
		t := traced{Milliseconds: time.Since(start).Milliseconds(), From: "host", Place: place, Length: len(b)}
		if out {
			t.From = "phone"
		}
		if len(b) <= short {
			t.Bytes = hex.EncodeToString(b)
		} else {
			sum := sha256.Sum256(b)
			t.SHA256 = hex.EncodeToString(sum[:])
		}
		_ = enc.Encode(t)
	}
}

// servePhone plays p until it is switched off or ctx ends; published is told where each
// time it comes up.
func servePhone(ctx context.Context, p *acquiretest.Phone, link string, published func(name string)) error {
	serve, ok := any(p).(interface {
		Serve(context.Context, string, func(string)) error
	})
	if !ok {
		return hinted{fmt.Errorf("pseudo-terminals that pass for a phone's port are made on Linux only"),
			[]string{"--port sim plays a phone within a command, on every system"}}
	}
	return serve.Serve(ctx, link, published)
}
