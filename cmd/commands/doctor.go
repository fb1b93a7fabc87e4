package commands

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// doctorOptions are the options of doctor.
type doctorOptions struct {
	displayOptions
	output string
	size   int64 // bytes
}

func doctorCommand(u *ui) *cli.Command {
	o := &doctorOptions{output: "."}
	return &cli.Command{
		Name:  "doctor",
		Usage: "check whether this computer can read a phone; show what prevents it and how to fix it",
		Description: "Checks permissions, ModemManager, the kernel, drivers, Memory Integrity, connected USB devices, and the disk. It changes\n" +
			"nothing. Exit code 0: nothing prevents reading. 3: something does.",
		Flags: flags.Of(nil, []flags.Option{
			flags.Text(&o.output, "output o", "`FOLDER` for the dump"),
			flags.Size(&o.size, "size", "`SIZE` of the phone's flash, such as 64G, to check the free space on the disk", 0, "64G"),
		}, o.still()),
		Action: u.does(&o.displayOptions, func(_ context.Context, args []string) error {
			if len(args) > 0 {
				return usageHelp("it takes no arguments, only -o FOLDER")
			}
			facts, err := host.Gather()
			if err != nil {
				return err
			}
			if facts.Target, err = host.LookAt(o.output); err != nil {
				return err
			}
			facts.Target.Need = o.size
			return examine(u, facts)
		}),
	}
}

func examine(u *ui, facts *host.Snapshot) error {
	found := words.Fixes(host.Check(facts))
	if u.JSON {
		if err := u.Document(document.NewDoctor(found)); err != nil {
			return err
		}
	}
	u.findings(found)
	bad := 0
	for _, f := range found {
		if f.Severity > flash.Note {
			bad++
		}
	}
	if bad > 0 {
		u.Say("problems that prevent reading: %d, see above", bad)
		return words.ErrProblems
	}
	u.Say("this computer can read a phone. Python, libusb, UsbDk and a flash tool are not needed; a Download Agent file is: mtkkit acquire --da FILE")
	return nil
}

func udevCommand(u *ui) *cli.Command {
	o := new(displayOptions)
	return &cli.Command{
		Name:  "udev",
		Usage: "print the udev rules that let you open a phone's port and stop ModemManager from using it (Linux)",
		Description: "To install them:\n" +
			words.InstallRules,
		Flags: flags.Of(nil, o.silence()),
		Action: u.does(o, func(_ context.Context, args []string) error {
			if len(args) > 0 {
				return usageHelp("it takes no arguments: the rules are written to standard output")
			}
			_, err := fmt.Fprint(u.Out, host.UdevRules(words.InstallRules))
			if u.OutTTY && err == nil {
				u.Hint("to install them: %s", words.InstallRules)
			}
			return err
		}),
	}
}
