package flags

import "github.com/urfave/cli/v2"

// CommandWords returns the names and aliases of commands.
func CommandWords(commands []*cli.Command) (out []string) {
	for _, c := range commands {
		out = append(out, c.Names()...)
	}
	return out
}

// OptionWords returns the long names of options, as they are typed: --output.
func OptionWords(flags []cli.Flag) (out []string) {
	for _, f := range flags {
		for _, n := range f.Names() {
			if len(n) > 1 {
				out = append(out, "--"+n)
			}
		}
	}
	return out
}
