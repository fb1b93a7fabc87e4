package commands

import (
	"cmp"
	"context"
	"strings"

	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// splitJob is one run of split.
type splitJob struct {
	u   *ui
	d   *input
	p   *plan.Plan
	dir string
	opt split.Options
}

// dryRun prints the plan and its problems, and writes nothing.
func (j *splitJob) dryRun() error {
	problems := j.p.Problems
	if j.u.JSON {
		if err := j.u.Document(document.NewManifest(j.d.Record(j.p))); err != nil {
			return err
		}
	} else {
		j.u.Say("%s would be split into %s:\n", j.d.Path, j.dir)
		if err := printItems(j.u, j.p.Items); err != nil {
			return err
		}
		j.u.Say("\nand %s", strings.Join(nonEmpty([]string{j.p.ScatterName, flash.ManifestName, flash.SumsName}), ", "))
	}
	j.u.Problems(problems)
	j.d.missingPieces(j.u)
	return words.Verdict(problems)
}

func (j *splitJob) run(ctx context.Context) error {
	r, err := j.d.Split(ctx, j.p, j.dir, j.opt)
	if err != nil {
		return words.Refused(err)
	}
	if err := j.u.Answer(r.Record); err != nil {
		return err
	}
	j.tell(r)
	return words.Verdict(r.Record.Problems)
}

// tell prints what was written, and notes about it.
func (j *splitJob) tell(r *dump.SplitResult) {
	j.u.Problems(r.Record.Problems)
	j.d.missingPieces(j.u)
	if s := words.Identity(j.p.Identity(), "do not share them"); s != "" && !j.d.Package() {
		j.u.Note("%s", s)
	}
	if j.p.ScatterName == "" {
		j.u.Note("the package has no scatter file, and none was made: nothing says where its images belong")
	}
	if strings.HasPrefix(j.p.ScatterName, flash.NoChip) {
		j.u.Note("the dump does not show the chip, so the scatter file is called %s; give the chip, for example --platform MT6592", j.p.ScatterName)
	}
	for _, s := range words.Copies(j.p) {
		j.u.Note("%s", s)
	}
	took := "of data"
	if r.Shared > 0 {
		j.u.Note("%d files share their blocks with the dump and use no additional space", r.Shared)
		took = "of additional data"
	}
	j.u.Say("%s: %s, %s (%s %s), described by %s", j.dir, counted(r.Files, "image"), flash.Size(r.Bytes), flash.Size(r.Data), took, cmp.Or(j.p.ScatterName, flash.ManifestName))
	if r.Record.LeavesOut() {
		j.u.Say("partial: the folder has only what was requested, so it cannot be joined again")
	}
	printMissing(j.u, j.d.Layout.Missing)
	if !j.opt.NoHash {
		j.u.Say("check:  mtkkit verify %s", words.Quoted(j.dir))
	}
}
