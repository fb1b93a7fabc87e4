package main

import (
	"context"
	"strings"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
)

// splitJob is one run of split.
type splitJob struct {
	u   *ui
	d   *input
	p   *plan.Plan
	dir string
	opt split.Options
}

// dryRun shows the plan and what would be said of it.
func (j *splitJob) dryRun() error {
	problems := j.p.Problems
	if j.u.json {
		if err := j.u.document(document.NewManifest(j.d.Record(j.p))); err != nil {
			return err
		}
	} else {
		j.u.say("%s would be split into %s:\n", j.d.Path, j.dir)
		if err := printItems(j.u, j.p.Items); err != nil {
			return err
		}
		j.u.say("\nand %s, %s, %s", j.p.ScatterName, flash.ManifestName, flash.SumsName)
	}
	j.u.problems(problems)
	j.d.missingPieces(j.u)
	return verdict(problems)
}

func (j *splitJob) run(ctx context.Context) error {
	r, err := j.d.Split(ctx, j.p, j.dir, j.opt)
	if err != nil {
		return refused(err)
	}
	if err := j.u.answer(r.Record); err != nil {
		return err
	}
	j.tell(r)
	return verdict(r.Record.Problems)
}

// tell says what was done, and what to know about it.
func (j *splitJob) tell(r *dump.SplitResult) {
	j.u.problems(r.Record.Problems)
	j.d.missingPieces(j.u)
	if s := identityWords(j.p.Identity(), "do not share them"); s != "" {
		j.u.note("%s", s)
	}
	if strings.HasPrefix(j.p.ScatterName, flash.NoChip) {
		j.u.note("nothing in the dump tells the chip: the scatter file is called %s; --platform MT6592 (say) names it", j.p.ScatterName)
	}
	for _, s := range copiesWords(j.p) {
		j.u.note("%s", s)
	}
	took := "of data"
	if r.Shared > 0 {
		j.u.note("%d files share their blocks with the dump and take no space of their own", r.Shared)
		took = "of data of their own"
	}
	j.u.say("%s: %s, %s (%s %s), described by %s", j.dir, counted(r.Files, "image"), flash.Size(r.Bytes), flash.Size(r.Data), took, j.p.ScatterName)
	if r.Record.LeavesOut() {
		j.u.say("partial: what was not asked for is not in there, so this folder cannot be joined again")
	}
	printMissing(j.u, j.d.Layout.Missing)
	if !j.opt.NoHash {
		j.u.say("check:  mtkkit verify %s", flags.Quoted(j.dir))
	}
}
