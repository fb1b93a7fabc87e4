package commands

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
)

// Options that no answer of the phone shows at once.
func TestSimulatedPhone(t *testing.T) {
	type agent struct {
		packet, status int
		wide, rpmb     bool
	}
	for args, want := range map[string]agent{
		"":                              {packet: 64 << 10},
		"--wide-ram --packet 1M":        {packet: 1 << 20, wide: true},
		"--short-status":                {packet: 64 << 10, status: 2},
		"--dump ROM_1 --rpmb rpmb.bin":  {packet: 64 << 10, rpmb: true},
		"--dump ROM_1 --boot1 boot.bin": {packet: 64 << 10},
	} {
		o := newSimulateOptions()
		app := &cli.App{Commands: []*cli.Command{{Name: "simulate", Flags: flags.Of(nil, o.options()), Action: func(*cli.Context) error { return nil }}}}
		if err := app.Run(append([]string{"mtkkit", "simulate"}, strings.Fields(args)...)); err != nil {
			t.Fatal(err)
		}
		if _, p, err := o.phone(); err != nil {
			t.Errorf("%s: %v", args, err)
		} else if got := (agent{p.Packet, p.StatusWidth, p.WideRAM, p.RPMB}); got != want {
			t.Errorf("%s: %+v, want %+v", args, got, want)
		}
	}
}
