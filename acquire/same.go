package acquire

import (
	"crypto/sha256"
	"maps"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// Unproven is the text of the problem of a dump whose runs may have read two phones.
const Unproven = "nothing proves that all runs read the same phone: they have no identity in common, and nothing that differs between phones of one model could be compared"

// maxCompared bounds what of a region is compared where no identity is, chunks: 256 MiB.
const maxCompared = 64

// samePhone compares what the phone says of itself. It reports whether that was an identity
// that is in the record, too.
func (d *Dump) samePhone() (known bool, err error) {
	other := func(format string, a ...any) (bool, error) {
		return false, refuse(flash.ReasonOtherPhone, d.dir, "is of another phone: "+format, a...)
	}
	if d.record.Phone != nil {
		for _, name := range slices.Sorted(maps.Keys(d.job.IDs)) {
			was := d.record.Phone.IDs[name]
			if was == "" || len(d.job.IDs[name]) == 0 {
				continue
			}
			if was != d.hmac(name, d.job.IDs[name]) {
				return other("its %s differs", name)
			}
			known = true
		}
	}
	for _, s := range d.record.Sources {
		p := d.job.Device.Part(s.Region)
		if p == nil && d.job.Partial {
			if err := d.refuseLacking(s); err != nil {
				return false, err
			}
			continue
		}
		if p == nil {
			return other("this one has no %s", s.Region)
		}
		if p.Image.Size() != s.Size {
			return other("its %s has 0x%x bytes, this one's 0x%x", s.Region, s.Size, p.Image.Size())
		}
	}
	return known, nil
}

// refuseLacking refuses a source without a region that is still to be read.
func (d *Dump) refuseLacking(s flash.ManifestSource) error {
	j, _, err := loadJournal(d.path(filepath.Join(regionsDir, s.Name)), s.Region, s.Size)
	if err != nil || j != nil && len(j.want) > 0 && len(j.todo()) == 0 {
		return err
	}
	return refuse(flash.ReasonNoRegion, d.dir, "%s is still to be read, and is not there", s.Region)
}

// sameContent compares what the device holds with what was read: the last chunk of each
// region and, of a phone that is not known, a sample. It reports whether that, if not its
// identity, proves the phone to be the same. Where nothing was read, nothing can be mixed.
func (d *Dump) sameContent(known bool) (proved bool, err error) {
	d.again()
	proved = known
	begun := false
	for _, s := range d.record.Sources {
		j, _, err := loadJournal(d.path(filepath.Join(regionsDir, s.Name)), s.Region, s.Size)
		if err != nil {
			return false, err
		}
		begun = begun || j != nil && len(j.chunks) > 0
		if j == nil || d.job.Device.Part(s.Region) == nil || d.job.Live && s.Region.IsUser() {
			continue
		}
		end, err := d.sameEnd(j)
		if err != nil {
			return false, err
		}
		if known {
			continue
		}
		told, err := d.sameSample(j, end)
		if err != nil {
			return false, err
		}
		proved = proved || told
	}
	return proved || !begun, nil
}

// sameEnd compares the last chunk of a region that can be read; three are tried. It returns
// where that is, -1 for none. Where there are others, it is none beside a range where the
// phone was lost twice: the system may read ahead of us, and a run is to get further than here.
func (d *Dump) sameEnd(j *journal) (end int64, err error) {
	var traps []flash.Extent
	for _, e := range j.lostTwice() {
		traps = append(traps, flash.Extent{Offset: e.Offset - chunkSize, Length: e.Length + 2*chunkSize})
	}
	list := slices.DeleteFunc(slices.Clone(j.chunks), func(c chunk) bool { return touches(traps, c.Extent) })
	if len(list) == 0 {
		list = j.chunks
	}
	for i, c := range slices.Backward(list) {
		if i < len(list)-3 {
			break
		}
		if read, err := d.sameChunk(j, c); read || err != nil {
			return c.Offset, err
		}
	}
	return -1, nil
}

// sameSample compares a sample of what was read of a region, without its end, which was
// compared, and reports whether one of its chunks tells phones apart.
func (d *Dump) sameSample(j *journal, end int64) (told bool, err error) {
	for _, c := range d.sample(j) {
		read := c.Offset == end
		if !read {
			if read, err = d.sameChunk(j, c); err != nil {
				return false, err
			}
		}
		told = told || read && d.tells(j.region, c)
	}
	return told, nil
}

// sample chooses what to compare: first what is known to differ between phones, then what
// may, then the rest; of each, chunks from all over it.
func (d *Dump) sample(j *journal) []chunk {
	var own, data, rest []chunk
	for _, c := range j.chunks {
		switch {
		case !d.tells(j.region, c):
			rest = append(rest, c)
		case touches(d.job.Distinct[j.region], c.Extent):
			own = append(own, c)
		default:
			data = append(data, c)
		}
	}
	list := spread(own, maxCompared*3/4)
	list = append(list, spread(data, maxCompared-len(list))...)
	return append(list, spread(rest, maxCompared-len(list))...)
}

// spread takes at most n chunks from all over a list.
func spread(list []chunk, n int) []chunk {
	if len(list) <= n {
		return slices.Clone(list)
	}
	out := make([]chunk, 0, maxCompared)
	for i := range n {
		out = append(out, list[i*len(list)/n])
	}
	return out
}

// tells reports whether a chunk may tell phones of one model apart. Zeros do not, nor do
// the tables and the boot regions.
func (d *Dump) tells(r flash.Region, c chunk) bool {
	return !r.IsBoot() && !c.isZero() && len(flash.Without([]flash.Extent{c.Extent}, d.job.ReadTwice[r])) > 0
}

func (c chunk) isZero() bool {
	if c.Length >= chunkSize {
		return c.sum == zeroSum()
	}
	return c.sum == sha256.Sum256(zeros[:c.Length])
}

// sameChunk compares one chunk, and reports whether the device could give it.
func (d *Dump) sameChunk(j *journal, c chunk) (read bool, err error) {
	if c.Length > chunkSize || touches(d.job.Holes[j.region], c.Extent) || touches(j.lost, c.Extent) {
		return false, nil // there is nothing to be had there, or the phone was lost there
	}
	img, b := d.job.Device.Image(j.region), d.buffer()[:c.Length]
	err = exactly(img, b, c.Offset)      // around it may be a range where the phone is lost
	if err == nil && sumOf(b) != c.sum { // a bit that flipped on the way is no other phone
		d.again()
		err = exactly(img, b, c.Offset)
	}
	switch {
	case err != nil && d.isLocal(err):
		return false, nil
	case err != nil:
		return false, err
	case sumOf(b) != c.sum:
		return false, refuse(flash.ReasonChanged, d.dir, "the phone's %s holds something else at 0x%x than when the reading stopped", j.region, c.Offset)
	}
	return true, nil
}

// tellUnproven notes that two phones may be mixed, where there is something to read.
func (d *Dump) tellUnproven() error {
	p := flash.NewProblem(flash.Warning, flash.PlacePhone, flash.NoOffset, Unproven)
	reads := slices.ContainsFunc(d.regions, func(r *region) bool {
		return d.job.Device.Part(r.region) != nil && len(r.todo())+len(r.bad) > 0
	})
	if !reads || slices.Contains(d.problems, p) {
		return nil
	}
	d.problems = append(d.problems, p)
	return d.writeDraft()
}
