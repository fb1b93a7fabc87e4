package commands

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// splitOptions are the options of split.
type splitOptions struct {
	readOptions
	wishOptions
	output                     string
	trim, sparse               bool
	sparseSize                 int64 // largest sparse file, bytes; 0: one file
	force, acceptGuess, dryRun bool
	noHash, noHoles            bool
}

// smallestSparse is the smallest size that --sparse=SIZE accepts, bytes.
const smallestSparse = 1 << 20

func splitCommand(u *ui) *cli.Command {
	o := &splitOptions{readOptions: newReadOptions(), wishOptions: newWishes()}
	return &cli.Command{
		Name:      "split",
		Usage:     "split a dump into the image files that flash tools need",
		ArgsUsage: "ROM_1",
		Description: "Writes ROM_1.parts/: an image for every partition, the scatter file that describes them,\n" +
			"manifest.json and SHA256SUMS. The dump itself is opened read-only.",
		Flags: flags.Of(flags.Fields(&o.output, &o.scatter, &o.boot1, &o.only, &o.skip, &o.force), o.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			d, err := o.openArgs(ctx, u, args)
			if err != nil {
				return err
			}
			defer d.Close()
			job, err := newSplitJob(ctx, u, o, d)
			if err != nil {
				return err
			}
			if o.dryRun {
				return job.dryRun()
			}
			return job.run(ctx)
		}),
	}
}

func (o *splitOptions) options() []flags.Option {
	sparseSize := flags.Size(&o.sparseSize, "sparse-size", "", smallestSparse, "4G")
	sparseSize.Flag.(*cli.GenericFlag).Hidden = true // --sparse=4G is typed
	return slices.Concat(
		flags.In(flags.GroupOutput, slices.Concat([]flags.Option{
			flags.Text(&o.output, "output o", "`FOLDER` to write to (default: the dump's name with .parts)"),
			flags.Switch(&o.force, "force f", forceFolder),
		}, o.wishOptions.options(), []flags.Option{
			flags.Switch(&o.trim, "trim", "also write a copy of each image that is cut at its true length, if the length is proven; the scatter file names the copies"),
			flags.Switch(&o.sparse, "sparse", "also write an Android sparse image of each file system; --sparse=4G writes several of at most 4 GiB"),
			sparseSize,
			acceptGuessOption(&o.acceptGuess),
			flags.Switch(&o.dryRun, "dry-run n", "show what would be written, and write nothing"),
			flags.Switch(&o.noHash, "no-hash", "compute no SHA-256 of the parts: faster, but join and verify cannot prove them, and --force cannot replace them"),
			flags.Switch(&o.noHoles, "no-holes", "write all zeros to the disk; do not leave holes in the files (sparse files)"),
		})...),
		o.readOptions.options())
}

// acceptGuessOption is the option of all commands that make files for single partitions.
func acceptGuessOption(p *bool) flags.Option {
	return flags.Switch(p, "accept-guess", "go by guesses from the content if the dump has no table at all")
}

// newSplitJob plans a split; nothing is written yet.
func newSplitJob(ctx context.Context, u *ui, o *splitOptions, d *input) (*splitJob, error) {
	if err := d.RefuseGuess(); err != nil && !o.acceptGuess && !o.dryRun {
		u.Problems(d.Layout.Problems)
		return nil, words.Refused(err)
	}
	p, err := d.Plan(o.wishes())
	if err != nil {
		return nil, patternWords(err)
	}
	copies := plan.Copies{Trim: o.trim, Sparse: o.sparse || o.sparseSize > 0, SparseSize: o.sparseSize}
	if err := p.AddCopies(ctx, copies, u.Bars.Event); err != nil {
		return nil, err
	}
	u.Bars.Clear()
	dir := o.output
	if dir == "" {
		dir = words.OutputBeside(d.Path, ".parts")
	}
	return &splitJob{u: u, d: d, p: p, dir: dir, opt: split.Options{
		Force: o.force, NoHash: o.noHash, NoHoles: o.noHoles, Inputs: o.inputs(d), Progress: u.Bars.Event,
	}}, nil
}
