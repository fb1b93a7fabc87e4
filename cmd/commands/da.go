package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/session"
	"github.com/mtkkit/mtkkit/words"
)

func daCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:        "da",
		Usage:       "show what is in files of Download Agents, and which phones they are for",
		Subcommands: []*cli.Command{daInfoCommand(u)},
	}
}

func daInfoCommand(u *ui) *cli.Command {
	o := newDisplay()
	return &cli.Command{
		Name:      "info",
		Usage:     "show the chips, protocol, versions, stages, signatures and hashes of Download Agents",
		ArgsUsage: "FILE|FOLDER|ARCHIVE …",
		Description: "A phone is started with the newest agent for its chip that is not newer than the phone: acquire and\n" +
			"this command choose it in the same way. A folder or an archive, such as a firmware package, is\n" +
			"searched. Exit code 3: an agent is damaged, cut off, or has stages of two different files.",
		Flags: flags.Of(nil, o.still()),
		Action: u.does(&o, func(ctx context.Context, args []string) error {
			if len(args) == 0 {
				return usageHelp("which file of Download Agents?")
			}
			return daInfo(ctx, u, args)
		}),
	}
}

// daInfo prints the agents at the paths. If there are several paths, one that is no file of agents does
// not keep the others from being shown.
func daInfo(ctx context.Context, u *ui, paths []string) error {
	var searches []*session.AgentSearch
	var aliens flash.Problems
	for _, path := range paths {
		s, err := session.FindAgents(ctx, path)
		if err == nil && len(s.Files)+len(s.Broken) == 0 {
			s.Close()
			err = &session.NoAgentsError{Path: path, Others: s.Others}
		}
		if err != nil && ctx.Err() == nil && len(paths) > 1 {
			aliens.Add(flash.Error, path, "%s", words.Plain(strings.TrimPrefix(err.Error(), path+": ")))
			continue
		}
		if err != nil {
			return kitWords(err)
		}
		defer s.Close()
		searches = append(searches, s)
		if s.More {
			u.Note("%s has more files than a search looks at: name the folder or the file", path)
		}
	}
	doc, err := document.NewAgents(searches)
	if err != nil {
		return err
	}
	doc.Problems = append(doc.Problems, aliens...)
	if len(searches) == 0 {
		u.Problems(doc.Problems)
		return errors.New("none of the paths has a Download Agent")
	}
	for i, f := range doc.Files {
		if i > 0 {
			u.Say("")
		}
		printAgents(u, f)
	}
	if doc.Others > 0 {
		u.Note("not Download Agents: %s", counted(doc.Others, "other file"))
	}
	return u.End(doc, doc.Problems)
}

func printAgents(u *ui, f document.AgentFile) {
	row := func(k, format string, a ...any) { u.Say("  %-8s %s", k, fmt.Sprintf(format, a...)) }
	u.Say("%s", f.Path)
	for i, line := range chipLines(f.Chips) {
		row(map[bool]string{true: "reads"}[i == 0], "%s", line)
	}
	row("id", "%s", f.ID)
	row("size", "0x%x bytes, SHA-256 %s", f.Size, f.SHA256)
	for _, a := range f.Agents {
		u.Say("")
		printAgent(row, a)
	}
}

// chipLines names chips, in lines of at most 66 columns.
func chipLines(chips []document.AgentChip) []string {
	lines := []string{"phones with " + counted(len(chips), "chip") + ":"}
	for i, c := range chips {
		name := " " + c.Name
		if i < len(chips)-1 {
			name += ","
		}
		if last := &lines[len(lines)-1]; len(*last)+len(name) <= 66 {
			*last += name
		} else {
			lines = append(lines, strings.TrimSpace(name))
		}
	}
	return lines
}

func printAgent(row func(k, format string, a ...any), a document.Agent) {
	row("agent", "%s, %s; hardware version %s, software version %s, or newer", a.Code, a.Protocol, a.HWVersion, a.SWVersion)
	for _, c := range a.Chips {
		row("", "for %s (%s)", c.Names+map[bool]string{true: c.Name}[c.Names == ""], c.HWCode)
	}
	if len(a.Chips) == 0 {
		row("", "for no phone: mtkkit does not know a chip with this code, or another agent in the file is newer")
	}
	for i, s := range a.Stages {
		signed := "not signed"
		if s.Signed {
			signed = fmt.Sprintf("signed (0x%x bytes)", s.Signature)
		} else if s.Signature > 0 {
			signed = fmt.Sprintf("not signed (0x%x bytes for a signature are empty)", s.Signature)
		}
		if s.Built != "" {
			signed += ", built " + s.Built
		}
		row("", "stage %d: 0x%x bytes at 0x%x, loaded at 0x%x, %s", i+1, s.Length, s.Offset, s.Address, signed)
		row("", "         SHA-256 %s", s.SHA256)
	}
	if b := a.Binding; b.Hash == da.NoHash {
		row("", "no hash of stage 2 was found in stage 1")
	} else {
		row("", "stage 1 has the %s of stage 2 %s, at 0x%x", b.Hash, b.Covers, b.Offset)
	}
}
