package acquire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// A phone may disconnect every time a certain range is read. After each loss a person has to
// reconnect the phone, so the journal records these ranges, and the number of tries is bounded:
//
//	lost once     the next run continues there: usually the cable was the cause
//	lost twice    put off: everything else is read first, other regions too
//	then          from its start in steps of 64 KiB, until a loss;
//	              from its end backwards, until a loss; the same in steps of 4 KiB
//	what is left  counts as unreadable, and is not tried again unless the user asks
//
// Two runs find the range, and at most four more find its ends.
const (
	coarseStep = 64 << 10
	fineStep   = 4 << 10
)

// LostError reports that the connection to the phone (or to the reader or file that replaces it)
// was lost while a range was read. It wraps the cause.
type LostError struct {
	Region flash.Region
	Extent flash.Extent // the range of the failed read
	Before int          // losses at this range before this one
	Next   string       // what the next run does, for the user
	Rest   bool         // only ranges that are put off are left to be read
	Err    error
}

func (e *LostError) Error() string {
	if e.Before == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("the phone was lost at this range before (%s, 0x%x bytes at 0x%x): %v", e.Region, e.Extent.Length, e.Extent.Offset, e.Err)
}

func (e *LostError) Unwrap() error { return e.Err }

// doubter is an error with a range whose bytes cannot be trusted although a read returned them.
type doubter interface {
	error
	Doubted() flash.Extent
}

// NoteLoss records that the phone was lost while a caller (for example the search for tables) read
// e of a region. It returns err, as a *LostError if the dump has the region.
func (d *Dump) NoteLoss(name flash.Region, e flash.Extent, err error) error {
	for _, r := range d.regions {
		if r.region != name {
			continue
		}
		err = d.lose(context.Background(), r, e.Clip(r.size), err)
		if serr := r.sync(); serr != nil {
			return errors.Join(err, serr)
		}
		d.tellLost()
		return cmp.Or(d.writeDraft(), err)
	}
	return err
}

// Traps returns the unread ranges at which the phone was lost more than once, from the journals of
// an unfinished dump folder. A caller that reads the phone itself should not read them.
func Traps(dir string) (map[flash.Region][]flash.Extent, error) {
	m, err := readRecord(dir)
	if err != nil {
		return nil, err
	}
	out := map[flash.Region][]flash.Extent{}
	for _, s := range m.Sources {
		j, _, err := loadJournal(filepath.Join(dir, regionsDir, s.Name), s.Region, s.Size)
		if err != nil {
			return nil, err
		}
		if j != nil {
			out[s.Region] = flash.Without(j.lostTwice(), j.read)
		}
	}
	return out, nil
}

// lose records that the phone was lost while e was read. If ctx has ended, nothing is recorded,
// because the range is not the cause.
func (d *Dump) lose(ctx context.Context, r *region, e flash.Extent, err error) error {
	if doubt := doubter(nil); errors.As(err, &doubt) { // the phone is not lost: it returned other bytes
		r.drop(doubt.Doubted())
		return err
	}
	if ctx.Err() != nil {
		return err
	}
	lost := &LostError{Region: r.region, Extent: e, Before: r.losses(e), Err: err}
	again := len(flash.Without([]flash.Extent{e}, r.read)) == 0
	r.lost = append(r.lost, e)
	r.note(record("!", e))
	lost.Next, lost.Rest = r.outlook(e, again), d.onlyPutOff()
	return lost
}

// outlook returns the text that tells what the next run does with a range where the phone was just
// lost. The loss was in a second reading if again is true.
func (r *region) outlook(e flash.Extent, again bool) string {
	_, spare := useless(r.region)
	switch {
	case spare && len(r.read) == 0 && r.losses(e) > 1:
		return fmt.Sprintf("the next run leaves out the %s", FileName(r.region))
	case spare && len(r.read) == 0:
		return fmt.Sprintf("the next run tries the %s once more; if the phone is lost there again, it is left out: a restore has no use for it", FileName(r.region))
	case again && r.skipsSecond(e):
		return "the next run omits the second reading of this range"
	case again:
		return "the next run tries the second reading of this range once more"
	case touches(r.bad, e) && touches(r.lostTwice(), e):
		return "the next run leaves this range unread: it could not be read before, either"
	case touches(r.bad, e):
		return "the next run tries this range once more"
	}
	for _, u := range r.putOff() {
		if !u.Overlaps(e) {
			continue
		}
		step, more := r.nextStep(u)
		switch {
		case !more:
			return fmt.Sprintf("the next run counts 0x%x bytes at 0x%x as unreadable and does not try them", u.Length, u.Offset)
		case e.Length > coarseStep:
			return "the next run reads everything else first, and then this range in small steps"
		case step.Offset > u.Offset:
			return fmt.Sprintf("the next run reads what is left of this range (0x%x bytes at 0x%x) from its end backwards", u.Length, u.Offset)
		}
		return fmt.Sprintf("the next run reads what is left of this range (0x%x bytes at 0x%x) in smaller steps", u.Length, u.Offset)
	}
	return "the next run continues at this range; if the phone is lost there again, the range is put off until everything else is read"
}

// losses counts how often the phone was lost while a part of e was read.
func (j *journal) losses(e flash.Extent) (n int) {
	for _, l := range j.lost {
		if l.Overlaps(e) {
			n++
		}
	}
	return n
}

// lostTwice returns the ranges where the phone was lost more than once.
func (j *journal) lostTwice() (out []flash.Extent) {
	type edge struct {
		at int64
		by int
	}
	var edges []edge
	for _, l := range j.lost {
		edges = append(edges, edge{l.Offset, 1}, edge{l.End(), -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), a.by-b.by) })
	depth := 0
	for i, e := range edges {
		if depth > 1 {
			out = append(out, flash.Extent{Offset: edges[i-1].at, Length: e.at - edges[i-1].at})
		}
		depth += e.by
	}
	return flash.Union(out)
}

// putOff returns the ranges that are still to be read and where the phone was lost twice. Each
// range is within one chunk, so that the bytes between two ranges are not given up with them.
func (j *journal) putOff() []flash.Extent {
	if len(j.lost) < 2 {
		return nil
	}
	todo := j.todo()
	return chunks(flash.Without(todo, flash.Without(todo, j.lostTwice())))
}

// ready returns the ranges that are to be read and are not put off.
func (j *journal) ready() []flash.Extent { return flash.Without(j.todo(), j.putOff()) }

// nextStep returns the next range to read of a range that is put off. More is false if the phone
// was lost at both ends in the smallest steps.
func (j *journal) nextStep(e flash.Extent) (step flash.Extent, more bool) {
	lost := func(step flash.Extent, size int64) bool {
		return slices.ContainsFunc(j.lost, func(l flash.Extent) bool { return l.Length <= size && l.Overlaps(step) })
	}
	for _, size := range []int64{coarseStep, fineStep} {
		end := min(e.Offset/size*size+size, e.End())
		if step = (flash.Extent{Offset: e.Offset, Length: end - e.Offset}); !lost(step, size) {
			return step, true
		}
		start := max((e.End()-1)/size*size, e.Offset)
		if step = (flash.Extent{Offset: start, Length: e.End() - start}); !lost(step, size) {
			return step, true
		}
	}
	return step, false
}

// readPutOff reads the ranges that are put off, in small steps. A loss ends the run, as everywhere;
// the next run continues from the journal.
func (d *Dump) readPutOff(ctx context.Context, r *region, img flash.Image) error {
	list := r.putOff()
	if len(list) == 0 {
		return nil
	}
	d.at = FileName(r.region) + ", where the phone was lost"
	d.again()
	for _, e := range list {
		if err := d.readSteps(ctx, r, img, e); err != nil {
			return d.stop(r, err)
		}
	}
	if err := r.sync(); err != nil {
		return err
	}
	return d.reread(ctx, r, img)
}

// readSteps reads one range that was put off, step by step.
func (d *Dump) readSteps(ctx context.Context, r *region, img flash.Image, e flash.Extent) error {
	for {
		left := flash.Within(r.putOff(), e)
		if len(left) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		step, more := r.nextStep(left[0])
		if !more {
			d.step(left[0].Length)
			if err := r.markBad(left[0]); err != nil {
				return err
			}
			continue
		}
		b := d.buffer()[:step.Length]
		err := d.ask(img, b, step.Offset)
		switch {
		case err == nil:
			err = r.put(step.Offset, b)
		case d.isLocal(err):
			err = d.salvage(ctx, r, img, step, fineStep)
		default:
			err = d.lose(ctx, r, step, err)
		}
		if err != nil {
			return err
		}
		d.step(step.Length)
	}
}

// onlyPutOff reports whether bytes are still to be read and all of them are put off.
func (d *Dump) onlyPutOff() bool {
	some := false
	for _, r := range d.regions {
		some = some || len(r.todo()) > 0
		if len(r.ready()) > 0 {
			return false
		}
	}
	return some
}

// acceptPutOff writes zeros where ranges are put off. They still count as to be read, so a later
// run can read them.
func (d *Dump) acceptPutOff() error {
	for _, r := range d.regions {
		list := r.putOff()
		for _, e := range list {
			if err := r.blank(e); err != nil {
				return err
			}
		}
		if len(list) == 0 {
			continue
		}
		if err := r.data.Sync(); err != nil {
			return fmt.Errorf("acquire: %s: %w", r.path+partSuffix, err)
		}
	}
	return nil
}

// tryAgain makes ranges of Job.Retry that were given up after losses normal ranges to be read.
func (d *Dump) tryAgain(r *region) {
	lost := r.lostTwice()
	for _, e := range slices.Clone(r.bad) {
		if !touches(lost, e) {
			continue
		}
		for _, named := range flash.Within(d.job.Retry[r.region], e) {
			r.forget(named)
			r.note(record("?", named))
		}
	}
}

// GivenUp returns the ranges that no later run tries by itself: the phone was lost there even in
// the smallest steps. Name them in Job.Retry to try them again.
func (d *Dump) GivenUp() map[flash.Region][]flash.Extent {
	out := map[flash.Region][]flash.Extent{}
	for _, r := range d.regions {
		lost := r.lostTwice()
		for _, e := range r.bad {
			if touches(lost, e) {
				out[r.region] = append(out[r.region], e)
			}
		}
	}
	return out
}

// lostHere is the start of a problem about a range where the phone was lost. Do not change it:
// resumed dumps have this text in their manifests, and tellLost compares it.
const lostHere = "the phone was lost when this place was read"

// tellLost updates the problems about losses in the manifest. Ranges that were read since have
// none.
func (d *Dump) tellLost() {
	d.problems = slices.DeleteFunc(d.problems, func(p flash.Problem) bool { return strings.Contains(p.Text, lostHere) })
	for _, r := range d.regions {
		for _, e := range chunks(flash.Without(r.lost, r.read)) {
			switch n := r.losses(e); {
			case n == 1:
				d.problem(flash.Note, r, e, lostHere+", once")
			case touches(r.bad, e):
				d.problem(flash.Warning, r, e, lostHere+", %d times: it counts as unreadable", n)
			default:
				d.problem(flash.Warning, r, e, lostHere+", %d times: it was put off", n)
			}
		}
	}
}

// readAhead is more than any reader reads ahead, bytes.
const readAhead = 512 << 20

// nearLoss reports whether a reader that reads ahead from off may reach a range where the phone was
// lost.
func nearLoss(lost []flash.Extent, off int64) bool {
	return slices.ContainsFunc(lost, func(l flash.Extent) bool { return l.End() > off && l.Offset-off < readAhead })
}

// exactReader is an Image that normally reads ahead. ReadExactAt does not: it asks the device only
// for the sectors that hold the len(p) bytes at off.
type exactReader interface {
	ReadExactAt(p []byte, off int64) (int, error)
}

// exactly fills b and lets the device read nothing around this range.
func exactly(img flash.Image, b []byte, off int64) error {
	if x, ok := img.(exactReader); ok {
		return flash.ReadInto(exact{x}, b, off)
	}
	return flash.ReadInto(img, b, off)
}

type exact struct{ exactReader }

func (e exact) ReadAt(p []byte, off int64) (int, error) { return e.ReadExactAt(p, off) }
