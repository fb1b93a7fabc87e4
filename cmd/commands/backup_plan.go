package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/stock"
	"github.com/mtkkit/mtkkit/words"
)

// flashPlan prints what a flash tool would write, what would be lost, and the commands for the tools.
func flashPlan(ctx context.Context, u *ui, o *restoreOptions, a *archive.Archive) error {
	target, err := readTarget(ctx, u, o)
	if err != nil {
		return err
	}
	p, err := a.FlashPlan(ctx, archive.PlanOptions{Only: o.only, Skip: o.skip, AcceptGuess: o.acceptGuess, Target: target})
	if err != nil {
		return words.Backup(patternWords(err))
	}
	advice, err := stockAdvice(ctx, u, o, a)
	if err != nil {
		return err
	}
	takeStock(p, advice, plan.Wishes{Only: o.only, Skip: o.skip}.Wants)
	problems := flash.Problems(p.Problems)
	if p.Locked > 0 {
		problems.Add(flash.Warning, a.Path, "%d encrypted files (NAME%s) are not in this plan: their partitions stay as they are; the scatter file names these images, so decrypt them first (--key FILE)", p.Locked, archive.LockedEnding)
	}
	if advice != nil && len(advice.Rows) > 0 {
		problems.Add(flash.Warning, a.Path, "%s", stockCount(advice))
	}
	if len(p.Tables) > 0 {
		problems.Add(flash.Warning, a.Path, "%s is not in this plan: the partition table lists partitions that are not all in the archive, and the phone would have them without content", strings.Join(p.Tables, ", "))
	}
	u.Problems(problems)
	commands := planCommands(p, len(o.only)+len(o.skip) == 0)
	if advice != nil {
		commands["stock"] = stockCommands(advice)
	}
	doc := document.NewFlashPlan(p, advice, commands, problems)
	if u.JSON {
		err = u.Document(doc)
	} else {
		err = printPlan(u, &doc, advice)
	}
	if err != nil {
		return err
	}
	return words.Verdict(problems)
}

// readTarget returns what is known of the phone that would be written, nil if no target is given.
func readTarget(ctx context.Context, u *ui, o *restoreOptions) (*archive.Target, error) {
	if o.target == "" || o.foreign {
		return nil, nil
	}
	if t, err := archive.ScatterTarget(o.target); t != nil || err != nil {
		return t, err
	}
	d, err := openInput(ctx, u, &o.dumpOptions, o.target)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if err := d.RefuseTable(); err != nil {
		return nil, err
	}
	return archive.TargetOf(d.Dump), nil
}

func printPlan(u *ui, p *document.FlashPlan, advice *stock.Advice) error {
	u.Say("what a flash tool would write to %s %s (mtkkit itself never writes to a phone):", p.Chip, p.Project)
	w := u.Table("PARTITION", "REGION", "START", "SIZE", "FILE", "RISK")
	for _, x := range p.Writes {
		w.Row(x.Name, x.Region, fmt.Sprintf("0x%x", x.Offset), flash.Size(x.Length), x.File, x.Risk)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if advice != nil {
		if err := printStock(u, advice); err != nil {
			return err
		}
	}
	if len(p.Lost) > 0 {
		u.Say("\nwhat the phone has now and would lose:")
		for _, l := range p.Lost {
			u.Say("  %s", l)
		}
	}
	u.Say("\ncommands, to be run in the folder that restore --parts writes:")
	for _, t := range flashTools {
		if len(p.Commands[t.key]) > 0 {
			u.Say("\n# %s", t.title)
		}
		for _, line := range p.Commands[t.key] {
			u.Say("%s", line)
		}
	}
	return nil
}
