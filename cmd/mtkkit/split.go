package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

func splitCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "split",
		Usage:     "cut a dump into the images a flash tool takes",
		ArgsUsage: "ROM_1",
		Description: "Writes ROM_1.parts/: an image for every partition, the scatter file that describes them,\n" +
			"manifest.json and SHA256SUMS. The dump itself is opened read-only.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` to write to (default: the dump's name with .parts)"},
			&cli.StringSliceFlag{Name: "only", Usage: "only partitions that match these `PATTERNS`, as in 'boot,recovery,nv*'"},
			&cli.StringSliceFlag{Name: "skip", Usage: "leave out partitions that match these `PATTERNS`"},
			&cli.StringFlag{Name: "slot", Usage: "on a phone with two of each: only `SLOT` a or b"},
			&cli.StringFlag{Name: "userdata", Value: "full", Usage: "`HOW` much of userdata: full, head (its first 4 and last 1 MiB) or skip"},
			&cli.BoolFlag{Name: "trim", Usage: "beside each image a copy of its true length, where that is proven; the scatter file names the copies"},
			&cli.BoolFlag{Name: "sparse", Usage: "beside each file system an Android sparse image; --sparse=4G makes several, none larger"},
			&cli.StringFlag{Name: "sparse-size", Hidden: true},
			&cli.StringFlag{Name: "names", Value: "flash", Usage: "`HOW` files are named: flash (as flash tools want them) or table (after partitions)"},
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "replace what an earlier run wrote to the folder"},
			&cli.BoolFlag{Name: "accept-guess", Usage: "split by content where no table of any kind is left"},
			&cli.BoolFlag{Name: "dry-run", Aliases: []string{"n"}, Usage: "say what would be written, and write nothing"},
			&cli.BoolFlag{Name: "no-hash", Usage: "no SHA-256 of the parts: faster, but join and verify cannot prove them"},
			&cli.BoolFlag{Name: "no-holes", Usage: "write zeros as zeros, not as holes"},
		}, append(dumpFlags(), phoneFlags()...)...),
		Action: withDump(u, func(c *cli.Context, d *dump) error {
			job, err := newSplitJob(c, u, d)
			if err != nil {
				return err
			}
			if c.Bool("dry-run") {
				return job.dryRun()
			}
			return job.run(c.Context)
		}),
	}
}

// newSplitJob plans a split; nothing is written yet.
func newSplitJob(c *cli.Context, u *ui, d *dump) (*splitJob, error) {
	w, copies, err := wishes(c)
	if err != nil {
		return nil, err
	}
	if d.lay.Generation == "content" && !c.Bool("accept-guess") && !c.Bool("dry-run") {
		u.problems(d.lay.Problems)
		return nil, refusal{errors.New("the dump has no partition table: all of the above is guessed from content"),
			[]string{"give this phone's scatter file with --scatter FILE", "--accept-guess splits by the guess"}}
	}
	p, err := d.plan(w)
	if err != nil {
		return nil, patternHelp(c, err)
	}
	if err := p.AddCopies(c.Context, copies, u.bars.event); err != nil {
		return nil, err
	}
	u.bars.clear()
	return &splitJob{u: u, d: d, p: p, dir: partsFolder(c, d.path), opt: splitOptions(c, u, inputs(c, d.path, d.src.Files...))}, nil
}

// partsFolder is where the parts go: -o, else beside the dump under its name.
func partsFolder(c *cli.Context, path string) string {
	if o := c.String("output"); o != "" {
		return o
	}
	return besides(path, ".parts")
}

// besides names a folder beside what the user named: without the endings of what it was
// packed in.
func besides(path, ending string) string {
	for _, ext := range []string{".zst", ".gz", ".xz", ".lz4", ".bz2", ".zip", ".001"} {
		path = strings.TrimSuffix(path, ext)
	}
	if path == source.Stdin {
		path = "stdin"
	}
	path = filepath.Clean(path)
	if base := filepath.Base(path); base == "." || base == ".." { // the folder has its name, in another one
		if abs, err := filepath.Abs(path); err == nil {
			path = filepath.Join(path, "..", filepath.Base(abs))
		}
	}
	return path + ending
}

func splitOptions(c *cli.Context, u *ui, inputs []string) split.Options {
	return split.Options{
		Force: c.Bool("force"), NoHash: c.Bool("no-hash"), NoHoles: c.Bool("no-holes"),
		Inputs: inputs, Progress: u.bars.event,
	}
}

// splitJob is one run of split.
type splitJob struct {
	u   *ui
	d   *dump
	p   *plan.Plan
	dir string
	opt split.Options
}

// dryRun shows the plan and what would be said of it.
func (j *splitJob) dryRun() error {
	problems := j.p.Problems
	if j.u.json {
		if err := j.u.document(j.d.record(j.p, "mtkkit "+version())); err != nil {
			return err
		}
	} else {
		j.u.say("%s would be split into %s:\n", j.d.path, j.dir)
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
	text := j.p.Scatter()
	folder, err := split.Create(j.dir, j.p.Outputs(), []string{j.p.ScatterName}, j.opt)
	if err != nil {
		return refused(err)
	}
	results, err := folder.Copy(ctx)
	if err == nil {
		err = folder.WriteFile(j.p.ScatterName, text)
	}
	m := j.d.record(j.p, "mtkkit "+version())
	if err == nil {
		err = j.d.src.Check()
	}
	if err == nil && !j.opt.NoHash {
		err = j.compare(ctx, m, results)
	}
	if err == nil {
		err = folder.Finish(m)
	}
	if err != nil {
		return errors.Join(err, folder.Abandon())
	}
	j.u.bars.clear()
	if j.u.json {
		if err := j.u.document(m); err != nil {
			return err
		}
	}
	j.summary(results, m)
	return verdict(m.Problems)
}

// compare adds to the record what of the source has changed since it was written.
func (j *splitJob) compare(ctx context.Context, m *flash.Manifest, results []split.Result) error {
	written := make([]flash.Written, len(results))
	for i, r := range results {
		written[i].Name, written[i].SHA256 = r.Name, r.SHA256
	}
	found, err := j.d.changed(ctx, withSums(m.Entries, written), j.u.bars.event)
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
	j.u.problems(m.Problems)
	j.d.missingPieces(j.u)
	if s := j.p.Identity(); s != "" {
		j.u.note("%s", s)
	}
	if strings.HasPrefix(j.p.ScatterName, flash.NoChip) {
		j.u.note("nothing in the dump tells the chip: the scatter file is called %s; --platform MT6592 (say) names it", j.p.ScatterName)
	}
	for _, s := range copiesWords(j.p) {
		j.u.note("%s", s)
	}
	took := "of data"
	if shared > 0 {
		j.u.note("%d files share their blocks with the dump and take no space of their own", shared)
		took = "of data of their own"
	}
	j.u.say("%s: %s, %s (%s %s), described by %s", j.dir, counted(files, "image"), flash.Size(bytes), flash.Size(data), took, j.p.ScatterName)
	if m.LeavesOut() {
		j.u.say("partial: what was not asked for is not in there, so this folder cannot be joined again")
	}
	printMissing(j.u, j.d.lay.Missing)
	if !j.opt.NoHash {
		j.u.say("check:  mtkkit verify %s", quoted(j.dir))
	}
}

// counted is a number of things: 1 image, 2 images.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// quoted is a path as it is typed in a command.
func quoted(path string) string {
	if runtime.GOOS == "windows" { // a backslash is its separator, and no path holds a double quote
		if strings.ContainsAny(path, " '&;()^%!") {
			return `"` + path + `"`
		}
		return filepath.Clean(path)
	}
	if strings.ContainsAny(path, " '\"$&;()*?[]\\") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return filepath.Clean(path)
}
