package acquire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// useless reports whether no restore can use a copy of a region, and why. Such regions are read
// last, and a dump without them can be complete.
func useless(r flash.Region) (why string, yes bool) {
	if r == flash.EMMCRPMB {
		return "it counts its writes and signs them with a key of the phone", true
	}
	return "", false
}

// noUse is the end of the note about a region that is not in the dump and that no restore needs. Do
// not change it: resumed dumps have this text in their manifests, and notGiven compares it.
const noUse = "it is not in the dump, and a restore has no use for it"

// notGiven reports whether a region is not in the dump because the phone does not give it.
func (d *Dump) notGiven(r flash.Region) bool {
	return d.record.Source(r) == nil && slices.ContainsFunc(d.problems, func(p flash.Problem) bool {
		return p.Place == string(r) && strings.HasSuffix(p.Text, noUse)
	})
}

// readUseless reads a region that no restore can use. It tries the first chunk once: an agent that
// does not give the region refuses every offset, and some agents disconnect.
func (d *Dump) readUseless(ctx context.Context, r *region, img flash.Image) error {
	list := chunks(flash.Union(r.todo(), r.bad))
	if len(list) > 0 && len(r.read) == 0 && len(d.regions) > 1 {
		left, err := d.askFirst(ctx, r, img, list[0])
		if left || err != nil {
			return err
		}
	}
	if err := d.readRegion(ctx, r, img); err != nil {
		return err
	}
	return d.reread(ctx, r, img)
}

// askFirst reads the first chunk of a region that may be left out. It reports whether the region
// was left out.
func (d *Dump) askFirst(ctx context.Context, r *region, img flash.Image, e flash.Extent) (left bool, err error) {
	d.at = FileName(r.region)
	b := d.buffer()[:e.Length]
	err = d.ask(img, b, e.Offset)
	switch {
	case err == nil:
		d.step(e.Length)
		return false, r.put(e.Offset, b)
	case d.isLocal(err):
		return true, d.leaveOut(r, "this phone does not allow reading its %s")
	}
	if err = d.lose(ctx, r, e, err); r.losses(e) < 2 {
		return false, d.stop(r, err)
	}
	if lerr := d.leaveOut(r, "the phone was lost twice while its %s was read"); lerr != nil {
		return true, errors.Join(err, lerr)
	}
	if todo, _ := d.Left(); todo > 0 {
		return true, err
	}
	return true, nil // the phone is lost, but nothing else is to be read
}

// leaveOut takes a region out of the dump and notes why.
func (d *Dump) leaveOut(r *region, why string) error {
	d.step(flash.Total(r.todo()))
	r.close()
	d.regions = slices.DeleteFunc(d.regions, func(x *region) bool { return x == r })
	// The journal is removed first: without it the other files are ignored, even if this run is
	// killed here.
	for _, suffix := range []string{journalSuffix, chunksSuffix, partSuffix, "", mapSuffix} {
		if err := os.Remove(r.path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("acquire: %w", err)
		}
	}
	m, file := d.record, regionsDir+"/"+filepath.Base(r.path)
	m.Sources = slices.DeleteFunc(m.Sources, func(s flash.ManifestSource) bool { return s.Region == r.region })
	m.Entries = slices.DeleteFunc(m.Entries, func(e flash.ManifestEntry) bool { return e.Region == r.region })
	m.Files = slices.DeleteFunc(m.Files, func(f flash.ManifestFile) bool { return f.Name == file || strings.HasPrefix(f.Name, file+".") })
	d.problems = slices.DeleteFunc(d.problems, func(p flash.Problem) bool { return p.Place == string(r.region) })
	d.problems.Add(flash.Note, string(r.region), why+": "+noUse, FileName(r.region))
	return d.writeDraft()
}

// leaveOutLost leaves out the regions that no restore can use and at which the phone was lost, so
// that a dump can be finished without the phone.
func (d *Dump) leaveOutLost() error {
	for _, r := range slices.Clone(d.regions) {
		if _, yes := useless(r.region); yes && len(r.lost) > 0 && len(r.read) == 0 && len(d.regions) > 1 {
			if err := d.leaveOut(r, "the phone was lost while its %s was read"); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellUseless adds a note for each region that was read although no restore can use it.
func (d *Dump) tellUseless() {
	for _, r := range d.regions {
		why, yes := useless(r.region)
		p := flash.NewProblem(flash.Note, string(r.region), flash.NoOffset, "was read, and can never be written back: %s", why)
		if yes && len(r.read) > 0 && !slices.Contains(d.problems, p) {
			d.problems = append(d.problems, p)
		}
	}
}
