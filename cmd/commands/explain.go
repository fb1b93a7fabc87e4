package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/words"
)

// nearOnes is the largest number of similar codes that are listed when none was found.
const nearOnes = 6

func explainCommand(u *ui) *cli.Command {
	o := newDisplay()
	return &cli.Command{
		Name:      "explain",
		Usage:     "explain an error code of a flash tool: meaning, cause, and what helps",
		ArgsUsage: "4032 | 0xC0060001 | S_FT_ENABLE_DRAM_FAIL | a line of a tool's log",
		Description: "Knows codes of SP Flash Tool, of Download Agents and of the phone's loaders, and messages of flash tools.\n" +
			"One number may have different meanings in different tools: all meanings are listed, with the tool. If the\n" +
			"text has a name and a number, the name decides. Exit code 3: only the number is known, not the name.",
		Flags: flags.Of(nil, o.still()),
		Action: u.does(&o, func(_ context.Context, args []string) error {
			if len(args) == 0 {
				return usageHelp("which code?")
			}
			return explainCode(u, strings.Join(args, " "))
		}),
	}
}

func explainCode(u *ui, query string) error {
	a := codes.Find(query)
	if len(a.Codes)+len(a.Messages)+len(a.Others) == 0 {
		return unknownCode(query, a.Unknown)
	}
	if !u.JSON {
		printAnswer(u, a)
	}
	if err := u.Answer(document.NewExplanation(query, a, words.Advised)); err != nil {
		return err
	}
	if len(a.Codes)+len(a.Messages) == 0 {
		return words.ErrProblems // the number is known, the name is not
	}
	return nil
}

func printAnswer(u *ui, a codes.Answer) {
	for _, m := range a.Messages {
		u.Say("%q, a message without a code", m.Text)
		printRemedy(u, "", m.Meaning, m.Remedy)
	}
	printCodes(u, a.Codes)
	if len(a.Codes) > 0 {
		for _, name := range a.Unknown {
			u.Say("\nthe name %s is not known", name)
		}
	}
	if len(a.Others) == 0 {
		if codes.Clash(a.Codes) {
			u.Note("the same number has different meanings in different tools: use the name")
		}
		return
	}
	if len(a.Codes) == 0 {
		u.Say("the name %s is not known; the number has these meanings in other tools:\n", strings.Join(a.Unknown, ", "))
	} else {
		u.Say("\nin other tools, the number is a different error (numbers differ between tools, names do not):\n")
	}
	printCodes(u, a.Others)
}

// printCodes prints each code once, with all tools that share its number and name.
func printCodes(u *ui, cs []codes.Code) {
	for i, c := range codes.Merge(cs) {
		if i > 0 {
			u.Say("")
		}
		u.Say("%s", c)
		var tools []string
		for _, t := range c.Tools {
			tools = append(tools, t.String())
		}
		printRemedy(u, strings.Join(tools, "; "), c.Meaning, c.Remedy)
	}
}

func printRemedy(u *ui, from, meaning string, r *codes.Remedy) {
	if from != "" {
		u.Say("  %-8s %s", "from", from)
	}
	u.Say("  %-8s %s", "meaning", meaning)
	u.Say("  %-8s %s", "cause", r.Cause)
	u.Say("  %-8s %s", "cure", words.Advised(r.Cure))
}

func unknownCode(query string, names []string) error {
	text := fmt.Sprintf("the code %q is not known", query)
	if len(names) > 0 {
		text += fmt.Sprintf(": neither the name %s nor a number in the text", strings.Join(names, ", "))
	}
	var near []string
	for _, c := range codes.Near(query, nearOnes) {
		near = append(near, fmt.Sprintf("%s: %s", c, c.Meaning))
	}
	hint := "give what the tool shows: a number (4032), hexadecimal (0xC0060001), a name (S_FT_ENABLE_DRAM_FAIL), or the whole line of its log in quotes"
	if len(near) > 0 {
		hint = "similar codes, each a different error:\n  " + strings.Join(near, "\n  ")
	}
	return words.Advise(errors.New(text), hint)
}
