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
		Usage: "list phones and serial ports on the USB bus, with the mode of each phone: BootROM, preloader, Android …",
		Flags: flags.Of(nil, o.still()),
		Action: u.does(o, func(_ context.Context, args []string) error {
			if len(args) > 0 {
				return usageHelp("it takes no arguments: all ports are listed")
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
		u.Say("no phone and no serial port was found")
		u.Hint("a switched-off phone is visible for only 1 to 2.5 seconds after it is plugged in: start mtkkit acquire --da FILE first, then plug in the phone")
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

// findings prints the findings, each with its fix as a hint.
func (u *ui) findings(fs []host.Finding) {
	for _, f := range fs {
		u.Tell(f.Severity, "%s: %s", f.About, f.Text)
		if f.Fix != "" && (f.Severity > flash.Note || !u.Quiet) {
			u.Hint("%s", f.Fix)
		}
	}
}
