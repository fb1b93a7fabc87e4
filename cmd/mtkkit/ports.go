package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

func portsCommand(u *ui) *cli.Command {
	o := new(displayOptions)
	return &cli.Command{
		Name:  "ports",
		Usage: "what is on the USB bus: BootROM, preloader, Android already, something else?",
		Flags: flags.Of(nil, o.still()),
		Action: u.does(o, func(_ context.Context, args []string) error {
			if len(args) > 0 {
				return usageHelp("nothing to name: all ports are listed")
			}
			facts, err := host.Gather()
			if err != nil {
				return err
			}
			return listPorts(u, facts)
		}),
	}
}

// portsDocument is the JSON of mtkkit ports.
type portsDocument struct {
	Schema  string       `json:"schema"`
	Devices []portDevice `json:"devices"`
}

// portDevice is one device; the same struct is printed and written as JSON.
type portDevice struct {
	Ports    []string       `json:"ports"`
	ID       string         `json:"id"`
	Kind     host.Kind      `json:"kind"`
	Product  string         `json:"product,omitempty"`
	Place    string         `json:"place,omitempty"`
	Readable bool           `json:"readable"` // the flash can be read through it
	Findings []host.Finding `json:"findings,omitempty"`
}

func listPorts(u *ui, facts *host.Facts) error {
	doc, all := portsDocument{Schema: "mtkkit.ports/1", Devices: []portDevice{}}, []host.Finding(nil)
	for _, d := range facts.Devices {
		p := portDevice{Ports: []string{}, ID: d.ID(), Kind: d.Kind(), Product: d.Product, Place: d.Place, Findings: words.Fixes(host.CheckDevice(facts, d))}
		for _, port := range d.Ports {
			p.Ports = append(p.Ports, port.Name)
		}
		p.Readable = p.Kind.IsLoader() && host.Worst(p.Findings) == flash.Note && len(p.Ports) > 0
		doc.Devices = append(doc.Devices, p)
		all = append(all, p.Findings...)
	}
	if u.JSON {
		if err := u.Document(doc); err != nil {
			return err
		}
	} else {
		printPorts(u, doc.Devices)
	}
	u.findings(all)
	if host.Worst(all) > flash.Note {
		return words.ErrProblems
	}
	return nil
}

func printPorts(u *ui, ds []portDevice) {
	if len(ds) == 0 {
		u.Say("no phone and no serial port on the bus")
		u.Hint("a switched-off phone comes up for 1 to 2.5 seconds after it is plugged in: start mtkkit acquire --da FILE first, plug in second")
		return
	}
	for _, d := range ds {
		name := strings.Join(d.Ports, " ")
		if name == "" {
			name = "-"
		}
		what := string(d.Kind)
		if d.Product != "" {
			what += fmt.Sprintf(" (%s)", d.Product)
		}
		u.Say("%-14s %-11s %s", name, d.ID, what)
	}
}

// findings speaks of what is in the way, each with its fix.
func (u *ui) findings(fs []host.Finding) {
	for _, f := range fs {
		u.Tell(f.Severity, "%s: %s", f.About, f.Text)
		if f.Fix != "" && (f.Severity > flash.Note || !u.Quiet) {
			u.Hint("%s", f.Fix)
		}
	}
}
