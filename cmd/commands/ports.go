package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
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

func listPorts(u *ui, facts *host.Snapshot) error {
	doc := document.NewPorts(facts, words.Fixes)
	if u.JSON {
		if err := u.Document(doc); err != nil {
			return err
		}
	} else {
		printPorts(u, doc.Devices)
	}
	u.findings(doc.Findings)
	if host.Worst(doc.Findings) > flash.Note {
		return words.ErrProblems
	}
	return nil
}

func printPorts(u *ui, ds []document.PortDevice) {
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
