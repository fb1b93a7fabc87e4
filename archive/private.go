package archive

import (
	"github.com/mtkkit/mtkkit/backup/leak"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// Decision is whether a range of a phone's flash may be of this phone only, and why.
type Decision struct {
	Private bool
	What    string // the kind of range, as docs/archive.md lists them
	Why     string
}

// rule decides about one kind of range.
type rule struct {
	Decision
	is func(e *flash.ManifestEntry, img flash.Image) bool
}

// rules is the one table of what is private: the first that fits decides. What is shared
// and what is left in the clear is only what is known to be the same on every phone of
// the model; of all else nobody knows that.
var rules = []rule{
	{Decision{false, "an encrypted file", "only those with the key can read it"},
		func(e *flash.ManifestEntry, _ flash.Image) bool { return e.Kind == flash.KindSealed }},
	{Decision{false, "a preloader", "it is cut out of its region to its own length, and is of the model"},
		func(e *flash.ManifestEntry, _ flash.Image) bool { return e.Kind == flash.KindPreloader }},
	{Decision{false, "a boot region that holds a proven preloader and fill, or only fill", "nothing else is in it"},
		func(e *flash.ManifestEntry, img flash.Image) bool {
			return e.Kind == flash.KindRegion && e.Region.IsBoot() && holdsPreloaderOnly(img)
		}},
	{Decision{true, "any other boot region", "what stands behind the preloader may be of this phone"},
		func(e *flash.ManifestEntry, _ flash.Image) bool {
			return e.Kind == flash.KindRegion && e.Region.IsBoot()
		}},
	{Decision{true, "any other whole region", "RPMB holds keys, and a user area everything"},
		func(e *flash.ManifestEntry, _ flash.Image) bool { return e.Kind == flash.KindRegion }},
	{Decision{true, "a partition whose name only its content gives", "a guess is no knowledge"},
		func(e *flash.ManifestEntry, _ flash.Image) bool {
			return e.Kind == flash.KindPartition && e.Witness.IsGuess()
		}},
	{Decision{false, "a partition of a name that stands for the same bytes on every phone of the model", "the maker's firmware carries it"},
		func(e *flash.ManifestEntry, _ flash.Image) bool {
			return e.Kind == flash.KindPartition && scatter.Public(e.Name)
		}},
	{Decision{true, "a partition of a name that stands for what is the phone's or its owner's", "its name says so"},
		func(e *flash.ManifestEntry, _ flash.Image) bool {
			return e.Kind == flash.KindPartition && scatter.Why(e.Name) != ""
		}},
	{Decision{true, "any other partition", "nobody knows that it is the same on every phone"},
		func(e *flash.ManifestEntry, _ flash.Image) bool { return e.Kind == flash.KindPartition }},
	{Decision{true, "a gap", "no table says what lies between partitions, and with an MBR that may be nvram"},
		func(e *flash.ManifestEntry, _ flash.Image) bool { return e.Kind == flash.KindGap }},
	{Decision{true, "anything else", "excerpts are of the owner's data, and copies are not judged by themselves"},
		func(*flash.ManifestEntry, flash.Image) bool { return true }},
}

// Decide tells whether what an entry speaks of may be of this phone only. img are its
// bytes, nil when not all of them are at hand: they are looked at only where the answer
// depends on them, and what cannot be read counts as private.
func Decide(e *flash.ManifestEntry, img flash.Image) Decision {
	for _, r := range rules {
		if r.is(e, img) {
			return r.Decision
		}
	}
	return Decision{Private: true} // the last rule fits all
}

func holdsPreloaderOnly(img flash.Image) bool {
	if img == nil {
		return false
	}
	rest, err := preloader.Rest(img)
	return err == nil && len(rest) == 0
}

// decideItem is Decide for an item of a plan.
func decideItem(it *plan.Item) Decision {
	if len(it.Unread) > 0 || it.Present < it.Length {
		return Decide(&it.ManifestEntry, nil)
	}
	return Decide(&it.ManifestEntry, it.Image)
}

// everybodys is what a shared archive keeps of a plan.
func everybodys(it *plan.Item) bool { return !decideItem(it).Private }

// privateFiles tells which files of a record may hold what is of this phone only. Outputs
// are the files, by which boot regions are judged. Of files that are no entry the scatter
// file is everybody's; the blocks map is a picture of the private partitions too.
func privateFiles(m *flash.Manifest, outputs []flash.Output) func(file string) bool {
	images := map[string]flash.Image{}
	for _, o := range outputs {
		images[o.Name] = o.Image
	}
	entries := map[string]bool{}
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.File == "" {
			continue
		}
		img := images[e.File]
		if m.State(e) != flash.StateStored {
			img = nil
		}
		entries[e.File] = entries[e.File] || Decide(e, img).Private
	}
	return func(file string) bool {
		private, entry := entries[file]
		return private || !entry && !dump.ScatterName.MatchString(file)
	}
}

// ofThisPhone lists what may be of this one phone, which is what a shared archive leaves
// out. Excerpts are parts of others, and what is not at hand is nothing.
func ofThisPhone(p *plan.Plan) (out []plan.Item) {
	for i := range p.Items {
		if it := p.Items[i]; it.Present > 0 && it.Kind != "excerpt" && decideItem(&it).Private {
			out = append(out, it)
		}
	}
	return out
}

// privateParts are the bytes of what may be of this one phone. Of a boot region they are
// what is not its preloader, which all phones of the model have.
func privateParts(p *plan.Plan) (out []leak.Part, err error) {
	for _, it := range ofThisPhone(p) {
		if it.Kind != flash.KindRegion || !it.Region.IsBoot() {
			out = append(out, leak.Part{Name: it.Name, Image: it.Image})
			continue
		}
		rest, err := preloader.Rest(it.Image)
		if err != nil {
			return nil, err
		}
		for _, e := range rest {
			out = append(out, leak.Part{Name: it.Name, Image: flash.Slice(it.Image, e)})
		}
	}
	return out, nil
}
