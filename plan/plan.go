package plan

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// Item is one range of a region: its manifest entry and its bytes.
type Item struct {
	flash.ManifestEntry
	Row    *flash.Partition // the table's row; nil for gaps, regions and preloaders
	Image  flash.Image      // the bytes that the device has
	Unread []flash.Extent   // its unread ranges, as offsets in the region; they are not zeros
	Write  bool             // a file is made from it; false if it is skipped, or shares an earlier file
}

// unread reports whether all of the item is unread.
func (it Item) unread() bool { return it.Present > 0 && flash.Total(it.Unread) == it.Present }

// Description is what is known about the phone besides its bytes.
type Description struct {
	Table      *flash.Table   // rows of all regions
	Witness    flash.Witness  // the table that they come from
	Chip       string         // "MT6592", "" unknown
	Project    string         // board or project, "" unknown
	DeviceSize int64          // true size of the user area, bytes; 0 unknown
	Problems   flash.Problems // problems of finding all this

	// ScatterName and Scatter are the scatter file of a firmware package, "" and nil for none. It is
	// written as it is. For a dump one is made.
	ScatterName string
	Scatter     []byte

	// Unnamed reports whether a range that no table names may have data, and the guessed names
	// from its content. It is nil if the tables name everything.
	Unnamed func(flash.Extent) (guess string, yes bool)
}

// Plan lists what a split will do.
type Plan struct {
	Items       []Item
	ScatterName string         // name of the scatter file that will be written, "" for none
	Private     []string       // partitions in it that contain the phone's identity
	Problems    flash.Problems // problems of the description, and the plan's own

	dev     *flash.Device
	facts   Description
	wishes  Wishes
	taken   names
	trimmed map[string]string // whole file → its trimmed copy
}

// Make plans a split. The error is a *PatternError or a read error.
func Make(dev *flash.Device, f Description, w Wishes) (*Plan, error) {
	p := &Plan{dev: dev, facts: f, wishes: w, Problems: slices.Clone(f.Problems), taken: names{}, trimmed: map[string]string{}}
	p.ScatterName, _ = SafeName(f.ScatterName)
	if dev.Storage != flash.Package {
		p.ScatterName = scatter.FileName(f.Chip)
	}
	for _, own := range []string{flash.ManifestName, flash.SumsName, p.ScatterName, flash.MarkerName} {
		p.taken.take(own)
	}
	p.addBoots()
	p.addUser()
	p.addOthers()

	var all [][]string
	for _, it := range p.Items {
		all = append(all, aliases(it.Name, it.File))
	}
	if err := w.check(all); err != nil {
		return nil, err
	}
	p.choose()
	if len(p.Items) > 0 && !slices.ContainsFunc(p.Items, func(it Item) bool { return it.Write }) {
		return nil, ErrNothing
	}
	p.Problems = unique(p.Problems)
	slices.SortStableFunc(p.Items, func(a, b Item) int {
		if a.Region != b.Region || a.Kind == flash.KindPreloader || b.Kind == flash.KindPreloader {
			return 0
		}
		return cmp.Compare(a.Offset, b.Offset)
	})
	return p, nil
}

// unique removes repeated problems: the layout and the plan both check the same bytes.
func unique(ps []flash.Problem) []flash.Problem {
	seen := map[flash.Problem]bool{}
	return slices.DeleteFunc(ps, func(p flash.Problem) bool {
		again := seen[p]
		seen[p] = true
		return again
	})
}

// addBoots plans each boot region twice: all its bytes, and its preloader in the form that a
// flash tool takes.
func (p *Plan) addBoots() {
	n := 0
	for _, part := range p.dev.Parts {
		if !part.Region.IsBoot() {
			continue
		}
		n++
		raw := fmt.Sprintf("boot%d", n)
		if part.Region == p.dev.Storage.Boot2() {
			raw = "boot2"
		}
		p.add(Item{
			ManifestEntry: flash.ManifestEntry{
				Kind: flash.KindRegion, Name: raw, Region: part.Region, File: p.taken.take(raw + ".bin"),
				Extent: flash.Extent{Length: part.Image.Size()}, Witness: flash.Witness(part.Source),
			},
			Image: part.Image,
		})
	}
	p.addPreloaders()
}

// addPreloaders plans the flashable preloader from the boot region with a proven copy. A
// preloader that must not be flashed is a problem and gets no file.
func (p *Plan) addPreloaders() {
	var regions []flash.Part
	for _, part := range p.dev.Parts {
		if part.Region.IsBoot() && preloader.Sniff(part.Image) && preloader.Fits(preloader.Medium(part.Image), p.dev.Storage) {
			regions = append(regions, part)
		}
	}
	var (
		fixed    []preloader.Fixed
		problems flash.Problems
		err      error
	)
	switch len(regions) {
	case 0:
		return
	case 1:
		fixed, problems, err = preloader.Fix(regions[0].Image)
	default:
		fixed, problems, err = preloader.FixPair(regions[0].Image, regions[1].Image)
	}
	p.Problems = append(p.Problems, problems...)
	if err != nil {
		p.Problems.Add(flash.Error, "preloader", "no flashable preloader: %v", err)
	}
	for _, f := range fixed {
		if f.Refused != nil {
			continue
		}
		p.add(Item{
			ManifestEntry: flash.ManifestEntry{
				Kind: flash.KindPreloader, Name: "preloader", Region: regions[max(f.Region, 1)-1].Region, File: p.taken.take(f.Name),
				Extent: f.Extent, Witness: "BRLYT and GFH", Type: "SV5_BL_BIN", Operation: "BOOTLOADERS",
			},
			Image: f.Image,
		})
	}
}

// addOthers plans regions without a table (RPMB).
func (p *Plan) addOthers() {
	for _, part := range p.dev.Parts {
		if part.Region.IsUser() || part.Region.IsBoot() {
			continue
		}
		name := strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(string(part.Region), "EMMC_"), "UFS_"))
		p.add(Item{
			ManifestEntry: flash.ManifestEntry{
				Kind: flash.KindRegion, Name: name, Region: part.Region, File: p.taken.take(name + ".bin"),
				Extent: flash.Extent{Length: part.Image.Size()}, Witness: flash.Witness(part.Source),
			},
			Image: part.Image,
		})
	}
}

// addUser plans the user area: its rows in the order of their offsets, and the gaps.
func (p *Plan) addUser() {
	user := p.dev.User()
	if user == nil {
		return
	}
	rows := p.rows(user.Region)
	for _, r := range rows {
		p.addRow(r, user.Image)
	}
	for _, g := range gaps(rows, user.Image.Size()) {
		it := Item{
			ManifestEntry: flash.ManifestEntry{
				Kind: flash.KindGap, Name: fmt.Sprintf("gap_0x%x", g.Offset), Region: user.Region,
				File: p.taken.take(fmt.Sprintf("gap_0x%x.bin", g.Offset)), Extent: g,
			},
			Image: flash.Slice(user.Image, g),
		}
		it.Guess, it.Unnamed = p.unnamed(g)
		p.add(it)
	}
}

// unnamed is Description.Unnamed for a range of the user area.
func (p *Plan) unnamed(e flash.Extent) (guess string, yes bool) {
	if p.facts.Unnamed == nil {
		return "", false
	}
	return p.facts.Unnamed(e)
}

// rows returns the partitions of a region in the order of their offsets.
func (p *Plan) rows(r flash.Region) []*flash.Partition {
	var rows []*flash.Partition
	for i := range p.facts.Table.Partitions {
		row := &p.facts.Table.Partitions[i]
		if row.Region == r && row.Carved() {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b *flash.Partition) int { return cmp.Compare(a.Offset, b.Offset) })
	return rows
}

// addRow plans one partition. Two rows may name the same file: with equal bytes they share it,
// otherwise the second file gets the name of its partition.
func (p *Plan) addRow(row *flash.Partition, user flash.Image) {
	it := Item{
		ManifestEntry: flash.ManifestEntry{
			Kind: flash.KindPartition, Name: row.Name, Region: row.Region, Extent: row.Extent,
			Witness: row.Witness, Operation: row.Operation, Type: row.Type,
		},
		Row:   row,
		Image: flash.Slice(user, row.Extent),
	}
	it.Guess = row.Guess
	if _, yes := p.unnamed(row.Extent); yes {
		it.Unnamed = true
	}
	if row.Length > 0 && it.Image.Size() == 0 {
		p.add(it) // completely outside of the image: an entry without a file
		return
	}
	want := p.fileName(row)
	if !p.taken[strings.ToLower(want)] {
		it.File = p.taken.take(want)
		p.add(it)
		return
	}
	if twin := p.withFile(want); twin != nil && row.File != "" && same(twin.Image, it.Image) {
		it.File = twin.File
		p.Items = append(p.Items, p.sized(it))
		return
	}
	own, _ := SafeName(row.Name)
	own = cmp.Or(own, fmt.Sprintf("row_%d", row.Index)) + path.Ext(want)
	it.File = p.taken.take(own)
	switch {
	case it.File != own && want == own:
		p.tell(flash.Warning, row, "the file name %s is taken by another partition: this one is written as %s", want, it.File)
	case it.File != own:
		p.tell(flash.Warning, row, "the file names %s and %s are taken by other partitions: this one is written as %s", want, own, it.File)
	case row.File != "":
		p.tell(flash.Note, row, "another partition with other bytes has the file name %s, too: this one is written as %s", want, it.File)
	}
	p.add(it)
}

func (p *Plan) tell(s flash.Severity, row *flash.Partition, format string, a ...any) {
	p.Problems.AddAt(s, row.Name, row.Offset, format, a...)
}

// fileName returns the name that a flash tool expects: the one in the scatter file, else the
// usual one for this partition, else <partition>.bin.
func (p *Plan) fileName(row *flash.Partition) string {
	file := row.File
	if file == "" {
		file = scatter.Defaults(row.Name, p.dev.Storage).File
	}
	ext := path.Ext(file)
	if base, slot := cutSlot(row.Name); file == "" && slot != "" {
		ext = path.Ext(scatter.Defaults(base+"_a", p.dev.Storage).File) // only the first slot has default file names
	}
	own := row.Name + cmp.Or(ext, ".bin")
	source := cmp.Or(file, own)
	if p.wishes.TableNames {
		source = own
	}
	safe, changed := SafeName(source)
	if stem := strings.TrimSuffix(safe, path.Ext(safe)); stem == "" || row.Name == "" && row.File == "" {
		safe, changed = fmt.Sprintf("row_%d.bin", row.Index), true
	}
	if changed {
		p.tell(flash.Warning, row, "the table's name %q cannot be a file name: written as %s", source, safe)
	}
	return safe
}

func (p *Plan) withFile(name string) *Item {
	for i := range p.Items {
		if strings.EqualFold(p.Items[i].File, name) {
			return &p.Items[i]
		}
	}
	return nil
}

// add appends an item, and sets Write if it has a file.
func (p *Plan) add(it Item) {
	it.Write = it.File != ""
	p.Items = append(p.Items, p.sized(it))
}

// sized fills in how much of the item the device has.
func (p *Plan) sized(it Item) Item {
	it.Present = it.Image.Size()
	if part := p.dev.Part(it.Region); part != nil {
		it.Unread = flash.Within(part.Unread, it.AtHand())
	}
	return it
}

// gaps returns the ranges of [0, size) that no row covers.
func gaps(rows []*flash.Partition, size int64) []flash.Extent {
	var out []flash.Extent
	at := int64(0)
	for _, r := range rows {
		if start := min(r.Offset, size); start > at {
			out = append(out, flash.Extent{Offset: at, Length: start - at})
		}
		at = max(at, min(r.End(), size))
	}
	if at < size {
		out = append(out, flash.Extent{Offset: at, Length: size - at})
	}
	return out
}

// same reports whether two images are equal; images that cannot be read are not.
func same(a, b flash.Image) bool {
	equal, err := flash.Equal(context.Background(), a, b)
	return equal && err == nil
}
