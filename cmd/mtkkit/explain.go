package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/codes"
)

// nearOnes is how many codes are named when none was found.
const nearOnes = 6

func explainCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "what does this error code mean, where does it come from, what helps?",
		ArgsUsage: "4032 | 0xC0060001 | S_FT_ENABLE_DRAM_FAIL | a line of a tool's log",
		Description: "Codes of SP Flash Tool, of Download Agents and of the phone's loaders. One number may mean\n" +
			"different things to different generations of tools: all are listed, with whose they are.",
		Flags: []cli.Flag{jsonFlag(), quietFlag()},
		Action: func(c *cli.Context) error {
			u.quiet, u.json = c.Bool("quiet"), c.Bool("json")
			if c.NArg() == 0 {
				return usage("mtkkit explain: which code? (see mtkkit explain --help)")
			}
			return explainCode(u, strings.Join(c.Args().Slice(), " "))
		},
	}
}

// explanation is what is known of a code; the same struct is printed and written as JSON.
type explanation struct {
	Number  string `json:"number"`
	Hex     string `json:"hex"`
	Tool    string `json:"tool"`
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
	Cause   string `json:"cause"`
	Cure    string `json:"cure"`
}

func newExplanation(c codes.Code) explanation {
	return explanation{fmt.Sprint(c.Number), fmt.Sprintf("0x%X", c.Number), c.Tool.String(), c.FullName(), c.Meaning, c.Cause, c.Cure}
}

func explainCode(u *ui, query string) error {
	found := codes.Find(query)
	if len(found) == 0 {
		return unknownCode(query)
	}
	if u.json {
		doc := struct {
			Schema string        `json:"schema"`
			Query  string        `json:"query"`
			Codes  []explanation `json:"codes"`
		}{"mtkkit.explain/1", query, nil}
		for _, c := range found {
			doc.Codes = append(doc.Codes, newExplanation(c))
		}
		return u.document(doc)
	}
	clash := false
	for i, c := range found {
		if i > 0 {
			u.say("")
			clash = clash || c.Number == found[0].Number && c.Name != found[0].Name
		}
		u.say("%s", c)
		u.say("  %-8s %s", "from", c.Tool)
		u.say("  %-8s %s", "meaning", c.Meaning)
		u.say("  %-8s %s", "cause", c.Cause)
		u.say("  %-8s %s", "cure", c.Cure)
	}
	if clash {
		u.note("the same number means different things to different tools: go by the name")
	}
	return nil
}

func unknownCode(query string) error {
	err := hinted{fmt.Errorf("no code %q is known", query), nil}
	var near []string
	for _, c := range codes.Near(query, nearOnes) {
		near = append(near, fmt.Sprintf("%s: %s", c, c.Meaning))
	}
	if len(near) > 0 {
		err.hints = append(err.hints, "near ones:\n  "+strings.Join(near, "\n  "))
	} else {
		err.hints = append(err.hints, "give what the tool shows: a number (4032), hexadecimal (0xC0060001), a name (S_FT_ENABLE_DRAM_FAIL), or the whole line of its log in quotes")
	}
	return err
}
