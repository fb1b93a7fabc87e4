package flags

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/words"
)

// UsageError is an error in the command line.
type UsageError struct {
	Text string
	Help bool // the text is to be followed by a reference to the command's help
}

func (e UsageError) Error() string { return e.Text }

// Usage returns a UsageError with this text.
func Usage(format string, a ...any) error { return UsageError{Text: fmt.Sprintf(format, a...)} }

// UsageHelp returns a UsageError with a reference to the command's help.
func UsageHelp(format string, a ...any) error {
	return UsageError{Text: fmt.Sprintf(format, a...), Help: true}
}

// Explain turns an error of urfave/cli into a UsageError with a plain text. It has the form of
// cli.OnUsageErrorFunc.
func Explain(c *cli.Context, err error, _ bool) error {
	name := CommandName(c)
	text := err.Error()
	if word, unknown := strings.CutPrefix(text, "flag provided but not defined: -"); unknown {
		text = "unknown option " + dashed(word)
		if c.Command != nil {
			text += words.DidYouMean("--"+word, OptionWords(c.Command.Flags))
		}
	} else if m := badValue.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("option %s: %s", dashed(m[2]), m[3])
		if strings.HasPrefix(m[3], "must be ") || strings.HasPrefix(m[3], "needs ") { // a text of this package
			text = typed(m[2]) + " " + m[3]
		}
		if strings.HasSuffix(text, "parse error") || strings.HasPrefix(m[3], "strconv.") {
			text = fmt.Sprintf("option %s does not take %s", dashed(m[2]), m[1])
		}
	}
	return Usage("%s: %s (see %s --help)", name, text, name)
}

// badValue matches the text of urfave/cli for a value that an option does not take.
var badValue = regexp.MustCompile(`(?s)^invalid (?:boolean )?value (".*") for (?:flag )?-(\S+): (.*)$`)

// typed returns an option as the user types it. --sparse-size is typed as --sparse=SIZE.
func typed(name string) string {
	if base, size := strings.CutSuffix(name, "-size"); size && base == "sparse" {
		return "--" + base + "=SIZE"
	}
	return dashed(name)
}

// dashed returns the name of an option with its dashes.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// CommandName returns the full name of the command: "mtkkit gpt repair".
func CommandName(c *cli.Context) string {
	if c.Command == nil || c.Command.HelpName == "" {
		return "mtkkit"
	}
	return c.Command.HelpName
}

// One returns the only argument of a command. what is the noun for it in the usage errors.
func One(args []string, what string) (string, error) {
	switch len(args) {
	case 0:
		return "", UsageHelp("which %s?", what)
	case 1:
		return args[0], nil
	}
	return "", Usage("one %s at a time, not %q", what, args)
}

// None returns a usage error if there are arguments; why says what the command takes.
func None(args []string, why string) error {
	if len(args) > 0 {
		return UsageHelp("unexpected argument %q: %s", args[0], why)
	}
	return nil
}
