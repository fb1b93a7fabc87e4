package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/acquire/adb"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
)

// Run is one reading of an origin into a dump folder. Set Origin and Wishes, call Read once, and
// call Close at the end.
type Run struct {
	Origin *Origin
	Wishes

	// Results of Read, also when it returns an error.
	Dir   string        // the dump folder; "" until it has a name
	Dump  *acquire.Dump // nil if none was opened
	Told  *layout.Claim // partitions from another source than the flash; nil: none
	Blind bool          // no table was found, so the names in the wishes could not be resolved

	job acquire.Job
}

// MovedError means that the origin's files changed while they were read: the dump may be a mix of
// two states.
type MovedError struct{ Err error }

func (e *MovedError) Error() string { return e.Err.Error() }
func (e *MovedError) Unwrap() error { return e.Err }

// Read reads what the wishes ask for. The dump stays open in Run.Dump; the caller finishes it.
//
// Errors: a *plan.PatternError or a *RangeError if the phone has nothing for a wish, a
// *layout.ForeignError if the flash contradicts a claim, a *flash.Refusal for the folder, an
// *acquire.LostError if the phone was lost, a *MovedError, and errors of the origin. If a dump is
// in Dir after an error, another run can resume it.
func (r *Run) Read(ctx context.Context) error {
	r.Dir = r.Folder
	err := r.plan(ctx)
	if lost := (*lostEarly)(nil); errors.As(err, &lost) {
		return r.noteLoss(ctx, lost)
	}
	if err != nil {
		return err
	}
	if err := r.open(); err != nil {
		return err
	}
	if err := r.Origin.keepCaptures(r.Dump.Dir()); err != nil {
		return err
	}
	if err := r.Dump.Read(ctx); err != nil {
		return r.Origin.accuse(err)
	}
	if err := r.Origin.Source.Check(); err != nil { // files may change while they are read
		return &MovedError{err}
	}
	return nil
}

// Close closes the dump folder.
func (r *Run) Close() {
	if r.Dump != nil {
		r.Dump.Close()
	}
}

// plan makes a job from the wishes, with the phone's own tables.
func (r *Run) plan(ctx context.Context) error {
	l, err := r.layout(ctx)
	if err != nil {
		return err
	}
	tables := tableRanges(&r.Origin.Source.Device, l)
	want, named, err := r.extents(r.Origin, l, tables)
	if err != nil {
		return err
	}
	r.job.Retry, r.job.ReadTwice = named, byRegion(tables)
	if r.some() || !r.Resume || r.Complete {
		r.job.Want = want
	}
	r.describe(l)
	return nil
}

// layout finds the partitions in the phone's tables. A phone without a table can be read, too; then
// only regions have names.
func (r *Run) layout(ctx context.Context) (*layout.Layout, error) {
	o := r.Origin
	if r.Told = r.Claim; r.Told == nil {
		r.Told = o.claim()
	}
	var avoid map[flash.Region][]flash.Extent
	if r.Resume {
		var err error
		if avoid, err = acquire.Traps(r.Dir); err != nil {
			return nil, err
		}
	}
	w := &watch{isLocal: o.isLocal, progress: r.Progress}
	resolve := func() (*layout.Layout, error) {
		return layout.Resolve(ctx, guarded(o.Source.Device, avoid, w), layout.Options{Claim: r.Told, TablesOnly: true, Progress: r.Progress})
	}
	l, err := resolve()
	if foreign, ok := errors.AsType[*layout.ForeignError](err); ok && o.packaged { // the phone may have another version of the firmware
		o.problems = append(o.problems, flash.NewProblem(flash.Note, foreign.Claim.Name, flash.NoOffset,
			"the scatter file of the firmware package does not describe this phone and is not used: %s", foreign.Differ[0].Text))
		r.Told = nil
		l, err = resolve()
	}
	switch {
	case w.lost != nil: // the phone was lost before a table could be read
		return nil, w.lost
	case errors.Is(err, layout.ErrNoTable):
		o.problems = append(o.problems, flash.Problem{Severity: flash.Warning, Place: "table", Offset: flash.NoOffset,
			Text: "no partition table can be read: partitions have no names, and it is not certain that this is the flash of a phone"})
		return &layout.Layout{User: o.Source.Storage.User()}, nil
	}
	return l, err
}

// describe adds to the job the facts about the phone and the options of the reading.
func (r *Run) describe(l *layout.Layout) {
	o, j := r.Origin, &r.job
	dev, phone := &o.Source.Device, o.phone
	if o.partial { // a phone itself reports the size of its flash
		l.Bound(dev)
	}
	m := &j.Record
	m.Tool, m.Created = r.Tool, r.Began.UTC().Format(time.RFC3339)
	m.Chip, m.Project, m.Table, m.Phone = cmp.Or(l.Chip.Value, o.chip), l.Project.Value, l.Witness, &phone
	m.Problems = append(m.Problems, o.problems...)
	j.Device, j.DropCache, j.IsLocal, j.Sector, j.Live = dev, o.dropCache, o.isLocal, o.sector, o.live
	j.Partial, j.Holes, j.Distinct, j.IDs = o.partial, o.Holes, distinct(l), o.ids
	j.Reread, j.KeepIDs, j.AcceptBad, j.IgnoreFreeSpace, j.Progress = r.Reread, r.KeepIDs, r.AcceptBad, r.IgnoreFreeSpace, r.Progress
}

// open makes the dump folder, or opens the dump to resume.
func (r *Run) open() (err error) {
	switch {
	case r.Resume:
		r.Dump, err = acquire.Resume(r.Dir, r.job)
	case r.Dir != "":
		r.Dump, err = acquire.Create(r.Dir, r.job)
	default:
		err = r.create()
	}
	return err
}

// create makes a folder with a new name.
func (r *Run) create() (err error) {
	board, _ := plan.SafeName(cmp.Or(r.job.Record.Project, r.job.Record.Chip, "phone"))
	name := cmp.Or(board, "phone") + r.Began.Format("-20060102-150405")
	for n := 1; ; n++ {
		r.Dir = name
		if n > 1 {
			r.Dir = fmt.Sprintf("%s-%d", name, n)
		}
		if _, err := os.Lstat(r.Dir); !errors.Is(err, fs.ErrNotExist) {
			continue // made for another phone in the same second
		}
		r.Dump, err = acquire.Create(r.Dir, r.job)
		if _, there := os.Lstat(r.Dir); err != nil && there == nil && n < 100 && flash.AsRefusal(err) != nil {
			continue
		}
		return err
	}
}

// noteLoss records in the dump where the phone was lost during the search for its tables; if there
// is no dump, it begins one. The next run knows the range, and the run after the second loss does
// not read it.
func (r *Run) noteLoss(ctx context.Context, l *lostEarly) error {
	_, unfinished := os.Stat(filepath.Join(r.Dir, flash.ManifestName+".part"))
	if ctx.Err() != nil || r.Resume && unfinished != nil || errors.Is(l.err, da.ErrSum) || errors.Is(l.err, da.ErrProtocol) || errors.Is(l.err, adb.ErrMangled) {
		return l.err // a finished dump stays finished; a phone that sends invalid bytes is not lost
	}
	if !r.Resume {
		r.wishBlindly(l)
		r.describe(&layout.Layout{User: r.Origin.Source.Storage.User()})
	} // otherwise the job is empty: nothing is read
	if err := r.open(); err != nil {
		return errors.Join(l.err, err)
	}
	return r.Dump.NoteLoss(l.region, l.Extent, l.err)
}

// wishBlindly sets the wanted ranges without tables: everything or, if the wishes have names that
// only tables can resolve, the tables and the range where the phone was lost.
func (r *Run) wishBlindly(l *lostEarly) {
	dev := &r.Origin.Source.Device
	want := map[flash.Region][]flash.Extent{l.region: {l.Clip(dev.Part(l.region).Image.Size())}}
	for _, t := range tableRanges(dev, &layout.Layout{}) {
		want[t.Region] = append(want[t.Region], t.Extent)
	}
	if r.Blind = r.some(); !r.Blind {
		for _, p := range dev.Parts {
			want[p.Region] = flash.Without([]flash.Extent{{Length: p.Image.Size()}}, r.Origin.Holes[p.Region])
		}
	}
	for region := range want {
		want[region] = flash.Union(want[region])
	}
	r.job.Want = want
}

// Rest tells which bytes are not in a dump, by what the user can do about it.
type Rest struct {
	Omitted bool         // the user skipped bytes that the origin has
	Again   bool         // ranges could not be read; the next run tries them again
	GivenUp []plan.Range // ranges that are tried again only if Wishes.Ranges has them
}

// RestOf returns which bytes are not in a dump. o may be nil if there is no origin any more.
func RestOf(d *acquire.Dump, o *Origin) (r Rest) {
	var holes map[flash.Region][]flash.Extent
	if o != nil {
		holes = o.Holes
	}
	r.Omitted = d.Omitted(holes) > 0
	_, bad := d.Left()
	for region, list := range d.GivenUp() {
		for _, e := range list {
			r.GivenUp = append(r.GivenUp, plan.Range{Region: region, Extent: e})
		}
		bad -= flash.Total(list)
	}
	slices.SortFunc(r.GivenUp, func(a, b plan.Range) int {
		return cmp.Or(strings.Compare(string(a.Region), string(b.Region)), cmp.Compare(a.Offset, b.Offset))
	})
	r.Again = bad > 0
	return r
}
