package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/flash"
)

func doctorCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "what on this computer is in the way of reading a phone, and the exact fix",
		Description: "Looks at permissions, ModemManager, the kernel, drivers, what is plugged in, and the disk. Changes\n" +
			"nothing. Exit code 0 when nothing is in the way, 3 when something is.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: ".", Usage: "`FOLDER` where the dump is to go"},
			&cli.StringFlag{Name: "size", Usage: "`SIZE` of the phone's flash, such as 64G, to judge the room on the disk"},
			jsonFlag(), quietFlag(),
		},
		Action: func(c *cli.Context) error {
			u.quiet, u.json = c.Bool("quiet"), c.Bool("json")
			if c.Args().Present() {
				return usage("mtkkit doctor: nothing to name but -o FOLDER (see mtkkit doctor --help)")
			}
			facts, err := host.Gather()
			if err != nil {
				return err
			}
			if facts.Target, err = host.LookAt(c.String("output")); err != nil {
				return err
			}
			if s := c.String("size"); s != "" {
				if facts.Target.Need, err = flash.ParseSize(s); err != nil {
					return usage("mtkkit doctor: --size: %v", err)
				}
			}
			return examine(u, facts)
		},
	}
}

func examine(u *ui, facts *host.Facts) error {
	found := fixes(host.Check(facts))
	if u.json {
		doc := struct {
			Schema   string         `json:"schema"`
			Healthy  bool           `json:"healthy"`
			Findings []host.Finding `json:"findings"`
		}{"mtkkit.doctor/1", host.Worst(found) == flash.Note, append([]host.Finding{}, found...)}
		if err := u.document(doc); err != nil {
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
		u.say("in the way: %d, see above", bad)
		return errProblems
	}
	u.say("nothing is in the way. No Python, libusb, UsbDk or flash tool is needed; the Download Agent file is: mtkkit acquire --da FILE")
	return nil
}

func udevCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "udev",
		Usage: "print the udev rules that let you open a phone's port and keep ModemManager off it (Linux)",
		Description: "To put them in force:\n" +
			installRules,
		Flags: []cli.Flag{quietFlag()},
		Action: func(c *cli.Context) error {
			u.quiet = c.Bool("quiet")
			if c.Args().Present() {
				return usage("mtkkit udev: the rules go to standard output (see mtkkit udev --help)")
			}
			_, err := fmt.Fprint(u.out, host.UdevRules(installRules))
			if u.outTTY && err == nil {
				u.hint("to put them in force: %s", installRules)
			}
			return err
		},
	}
}
