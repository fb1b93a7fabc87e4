package acquire

import (
	"crypto/sha256"
	"maps"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// Unproven is the text of the problem that a dump gets if its runs may have read two different
// phones. Finish compares it, also in the manifests of resumed dumps.
const Unproven = "nothing proves that all runs read the same phone: they have no identity in common, and nothing that differs between phones of one model could be compared"

// maxCompared is how many chunks of a region are compared without a known identity: 256 MiB.
const maxCompared = 64

// samePhone compares the identities and the region sizes with the record. Known is true if at least
// one identity is in both.
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
			return other("its %s has 0x%x bytes, and this one has 0x%x", s.Region, s.Size, p.Image.Size())
		}
	}
	return known, nil
}

// refuseLacking refuses a device that does not have a region that is still to be read.
func (d *Dump) refuseLacking(s flash.ManifestSource) error {
	j, _, err := loadJournal(d.path(filepath.Join(regionsDir, s.Name)), s.Region, s.Size)
	if err != nil || j != nil && len(j.want) > 0 && len(j.todo()) == 0 {
		return err
	}
	return refuse(flash.ReasonNoRegion, d.dir, "%s is still to be read, but this source does not have it", s.Region)
}

// sameContent compares bytes of the device with what was read: the last chunk of each region and,
// if the phone is not known, a sample. Proved is true if the identity or the bytes prove that the
// phone is the same, or if nothing was read before.
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

// sameEnd compares the last readable chunk of a region; it tries three. It returns the offset of
// this chunk, or -1 if none could be read. It avoids chunks beside a range where the phone was lost
// twice, if there are others: the operating system may read ahead into that range, and then no run
// gets further than this check.
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

// sameSample compares a sample of what was read of a region, except the chunk at end, which was
// compared before. It reports whether one of the chunks can identify the phone.
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

// sample chooses the chunks to compare: first those that are known to differ between phones, then
// those that may differ, then the others. Each group is sampled evenly.
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

// spread takes at most n chunks, evenly from the whole list.
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

// tells reports whether a chunk may differ between phones of one model. Zeros, tables and boot
// regions do not.
func (d *Dump) tells(r flash.Region, c chunk) bool {
	return !r.IsBoot() && !c.isZero() && len(flash.Without([]flash.Extent{c.Extent}, d.job.ReadTwice[r])) > 0
}

func (c chunk) isZero() bool {
	if c.Length >= chunkSize {
		return c.sum == zeroSum()
	}
	return c.sum == sha256.Sum256(zeros[:c.Length])
}

// sameChunk compares one chunk, and reports whether the device could read it.
func (d *Dump) sameChunk(j *journal, c chunk) (read bool, err error) {
	if c.Length > chunkSize || touches(d.job.Holes[j.region], c.Extent) || touches(j.lost, c.Extent) {
		return false, nil // the device has no bytes there, or the phone was lost there
	}
	img, b := d.job.Device.Image(j.region), d.buffer()[:c.Length]
	err = exactly(img, b, c.Offset)      // reading around it may lose the phone
	if err == nil && sumOf(b) != c.sum { // one flipped bit does not mean another phone
		d.again()
		err = exactly(img, b, c.Offset)
	}
	switch {
	case err != nil && d.isLocal(err):
		return false, nil
	case err != nil:
		return false, err
	case sumOf(b) != c.sum:
		return false, refuse(flash.ReasonChanged, d.dir, "the phone's %s has other bytes at 0x%x than when the reading stopped", j.region, c.Offset)
	}
	return true, nil
}

// tellUnproven adds the problem Unproven if there are bytes to read.
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
