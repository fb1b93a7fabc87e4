package flags

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/words"
)

// UsageError is a command line that makes no sense.
type UsageError struct {
	Text string
	Help bool // the help of the command tells what would
}

func (e UsageError) Error() string { return e.Text }

// Usage makes a usage error.
func Usage(format string, a ...any) error { return UsageError{Text: fmt.Sprintf(format, a...)} }

// UsageHelp is usage that names the help of the command.
func UsageHelp(format string, a ...any) error {
	return UsageError{Text: fmt.Sprintf(format, a...), Help: true}
}

// Explain puts an error of the command-line library into words.
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
		if strings.HasPrefix(m[3], "is ") { // the words of our own options
			text = typed(m[2]) + " " + m[3]
		}
		if strings.HasSuffix(text, "parse error") || strings.HasPrefix(m[3], "strconv.") {
			text = fmt.Sprintf("option %s does not take %s", dashed(m[2]), m[1])
		}
	}
	return Usage("%s: %s (see %s --help)", name, text, name)
}

// badValue is how the command-line library says that an option does not take a value.
var badValue = regexp.MustCompile(`(?s)^invalid (?:boolean )?value (".*") for (?:flag )?-(\S+): (.*)$`)

// typed is an option as it is typed with its value, where that may be left out: --sparse=4G is
// read as --sparse-size.
func typed(name string) string {
	if base, size := strings.CutSuffix(name, "-size"); size && base == "sparse" {
		return "--" + base + "=SIZE"
	}
	return dashed(name)
}

// dashed is an option as it is typed.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// CommandName is what the user typed to get here: "mtkkit gpt repair".
func CommandName(c *cli.Context) string {
	if c.Command == nil || c.Command.HelpName == "" {
		return "mtkkit"
	}
	return c.Command.HelpName
}

// One takes the arguments of a command that works on one thing.
func One(args []string, what string) (string, error) {
	switch len(args) {
	case 0:
		return "", UsageHelp("which %s?", what)
	case 1:
		return args[0], nil
	}
	return "", Usage("one %s at a time, not %q", what, args)
}

// None refuses arguments; why says what the command takes.
func None(args []string, why string) error {
	if len(args) > 0 {
		return UsageHelp("what is %q? %s", args[0], why)
	}
	return nil
}
