package archive

import (
	"github.com/mtkkit/mtkkit/backup/leak"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// Decision says whether a range of a phone's flash may be private, and why.
type Decision struct {
	Private bool
	What    string // the kind of range, as listed in docs/archive.md
	Why     string
}

// rule is the decision about one kind of range.
type rule struct {
	Decision
	is func(e *flash.ManifestEntry, img flash.Image) bool
}

// rules is the one table of what is private. The first rule that fits decides. Only data that are
// known to be the same on every phone of the model are shared or left unencrypted; everything else
// may be private.
var rules = []rule{
	{Decision{false, "an encrypted file", "only those with the key can read it"},
		func(e *flash.ManifestEntry, _ flash.Image) bool { return e.Kind == flash.KindSealed }},
	{Decision{false, "a preloader", "it is cut out of its region at its own length, and all phones of the model have it"},
		func(e *flash.ManifestEntry, _ flash.Image) bool { return e.Kind == flash.KindPreloader }},
	{Decision{false, "a boot region that contains a proven preloader and fill, or only fill", "nothing else is in it"},
		func(e *flash.ManifestEntry, img flash.Image) bool {
			return e.Kind == flash.KindRegion && e.Region.IsBoot() && holdsPreloaderOnly(img)
		}},
	{Decision{true, "any other boot region", "the bytes behind the preloader may belong to this phone"},
		func(e *flash.ManifestEntry, _ flash.Image) bool {
			return e.Kind == flash.KindRegion && e.Region.IsBoot()
		}},
	{Decision{true, "any other whole region", "RPMB contains keys, and a user area everything"},
		func(e *flash.ManifestEntry, _ flash.Image) bool { return e.Kind == flash.KindRegion }},
	{Decision{true, "a partition whose name only its content gives", "the name is a guess"},
		func(e *flash.ManifestEntry, _ flash.Image) bool {
			return e.Kind == flash.KindPartition && e.Witness.IsGuess()
		}},
	{Decision{false, "a partition whose name means the same bytes on every phone of the model", "the maker's firmware contains it"},
		func(e *flash.ManifestEntry, _ flash.Image) bool {
			return e.Kind == flash.KindPartition && scatter.Public(e.Name)
		}},
	{Decision{true, "a partition whose name means data of the phone or its owner", "its name says so"},
		func(e *flash.ManifestEntry, _ flash.Image) bool {
			return e.Kind == flash.KindPartition && scatter.Why(e.Name) != ""
		}},
	{Decision{true, "any other partition", "it is not known to be the same on every phone"},
		func(e *flash.ManifestEntry, _ flash.Image) bool { return e.Kind == flash.KindPartition }},
	{Decision{true, "a gap", "no table says what is between partitions, and with an MBR it may be nvram"},
		func(e *flash.ManifestEntry, _ flash.Image) bool { return e.Kind == flash.KindGap }},
	{Decision{true, "anything else", "excerpts contain the owner's data, and a copy is judged by its original"},
		func(*flash.ManifestEntry, flash.Image) bool { return true }},
}

// Decide says whether the bytes of an entry may be private. Img has these bytes, or is nil if not
// all of them are there. It is read only if the decision depends on the content; unreadable bytes
// count as private.
func Decide(e *flash.ManifestEntry, img flash.Image) Decision {
	for _, r := range rules {
		if r.is(e, img) {
			return r.Decision
		}
	}
	return Decision{Private: true} // not reached: the last rule fits everything
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

// everybodys reports whether a shared archive keeps an item.
func everybodys(it *plan.Item) bool { return !decideItem(it).Private }

// privateFiles returns a function that reports whether a file of a record may be private. Outputs
// are the files; boot regions are judged by their bytes. Among files without an entry, the scatter
// file is public, and the blocks map is private, because it also shows the private partitions.
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

// ofThisPhone lists the items that may be private and that a shared archive leaves out. Excerpts
// are parts of other items. Items without any bytes are left out of the list.
func ofThisPhone(p *plan.Plan) (out []plan.Item) {
	for i := range p.Items {
		if it := p.Items[i]; it.Present > 0 && it.Kind != "excerpt" && decideItem(&it).Private {
			out = append(out, it)
		}
	}
	return out
}

// privateParts returns the bytes that may be private. In a boot region these are the bytes outside
// of the preloader, which all phones of the model have.
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
