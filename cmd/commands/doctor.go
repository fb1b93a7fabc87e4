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
		Usage: "what on this computer is in the way of reading a phone, and the exact fix",
		Description: "Looks at permissions, ModemManager, the kernel, drivers, what is plugged in, and the disk. Changes\n" +
			"nothing. Exit code 0 when nothing is in the way, 3 when something is.",
		Flags: flags.Of(nil, []flags.Option{
			flags.Text(&o.output, "output o", "`FOLDER` where the dump is to go"),
			flags.Size(&o.size, "size", "`SIZE` of the phone's flash, such as 64G, to judge the room on the disk", 0, "64G"),
		}, o.still()),
		Action: u.does(&o.displayOptions, func(_ context.Context, args []string) error {
			if len(args) > 0 {
				return usageHelp("nothing to name but -o FOLDER")
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
		u.Say("in the way: %d, see above", bad)
		return words.ErrProblems
	}
	u.Say("nothing is in the way. No Python, libusb, UsbDk or flash tool is needed; the Download Agent file is: mtkkit acquire --da FILE")
	return nil
}

func udevCommand(u *ui) *cli.Command {
	o := new(displayOptions)
	return &cli.Command{
		Name:  "udev",
		Usage: "print the udev rules that let you open a phone's port and keep ModemManager off it (Linux)",
		Description: "To put them in force:\n" +
			words.InstallRules,
		Flags: flags.Of(nil, o.silence()),
		Action: u.does(o, func(_ context.Context, args []string) error {
			if len(args) > 0 {
				return usageHelp("the rules go to standard output")
			}
			_, err := fmt.Fprint(u.Out, host.UdevRules(words.InstallRules))
			if u.OutTTY && err == nil {
				u.Hint("to put them in force: %s", words.InstallRules)
			}
			return err
		}),
	}
}
