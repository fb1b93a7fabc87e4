package main

import (
	"context"
	"errors"
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
	ctx context.Context
	u   *ui
	d   *input
	p   *plan.Plan
	dir string
	opt split.Options
}

// dryRun shows the plan and what would be said of it.
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
		j.u.Say("\nand %s, %s, %s", j.p.ScatterName, flash.ManifestName, flash.SumsName)
	}
	j.u.Problems(problems)
	j.d.missingPieces(j.u)
	return words.Verdict(problems)
}

func (j *splitJob) run() error {
	text := j.p.Scatter()
	folder, err := split.Create(j.dir, j.p.Outputs(), []string{j.p.ScatterName}, j.opt)
	if err != nil {
		return words.Refused(err)
	}
	results, err := folder.Copy(j.ctx)
	if err == nil {
		err = folder.WriteFile(j.p.ScatterName, text)
	}
	m := j.d.Record(j.p)
	if err == nil {
		err = j.d.Source.Check()
	}
	if err == nil && !j.opt.NoHash {
		err = j.compare(m, results)
	}
	if err == nil {
		err = folder.Finish(m)
	}
	if err != nil {
		return errors.Join(err, folder.Abandon())
	}
	j.u.Bars.Clear()
	if j.u.JSON {
		if err := j.u.Document(document.NewManifest(m)); err != nil {
			return err
		}
	}
	j.summary(results, m)
	return words.Verdict(m.Problems)
}

// compare adds to the record what of the source has changed since it was written.
func (j *splitJob) compare(m *flash.Manifest, results []split.Result) error {
	written := make([]flash.Written, len(results))
	for i, r := range results {
		written[i].Name, written[i].SHA256 = r.Name, r.SHA256
	}
	found, err := j.d.Changed(j.ctx, dump.WithSums(m.Entries, written))
	m.Problems = append(m.Problems, found...)
	return err
}

// summary says what was done, and what to know about it.
func (j *splitJob) summary(results []split.Result, m *flash.Manifest) {
	var bytes, data int64
	files, shared := 0, 0
	for _, r := range results {
		if r.Omitted {
			continue
		}
		files++
		bytes += r.Size
		data += r.DataBytes
		if r.Shared {
			shared++
		}
	}
	j.u.Problems(m.Problems)
	j.d.missingPieces(j.u)
	if s := words.Identity(j.p.Identity(), "do not share them"); s != "" {
		j.u.Note("%s", s)
	}
	if strings.HasPrefix(j.p.ScatterName, flash.NoChip) {
		j.u.Note("nothing in the dump tells the chip: the scatter file is called %s; --platform MT6592 (say) names it", j.p.ScatterName)
	}
	for _, s := range words.Copies(j.p) {
		j.u.Note("%s", s)
	}
	took := "of data"
	if shared > 0 {
		j.u.Note("%d files share their blocks with the dump and take no space of their own", shared)
		took = "of data of their own"
	}
	j.u.Say("%s: %s, %s (%s %s), described by %s", j.dir, counted(files, "image"), flash.Size(bytes), flash.Size(data), took, j.p.ScatterName)
	if m.LeavesOut() {
		j.u.Say("partial: what was not asked for is not in there, so this folder cannot be joined again")
	}
	printMissing(j.u, j.d.Layout.Missing)
	if !j.opt.NoHash {
		j.u.Say("check:  mtkkit verify %s", words.Quoted(j.dir))
	}
}
