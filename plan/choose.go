package plan

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// choose drops what the user does not want. With Only, gaps are not wanted either.
func (p *Plan) choose() {
	otherSlot := p.otherSlot()
	var excerpts []Item
	for i := range p.Items {
		it := &p.Items[i]
		wanted := p.wishes.wants(aliases(it.Name, it.File)...)
		switch {
		case it.Kind == flash.KindGap && len(p.wishes.Only) > 0, it.Kind == flash.KindPartition && otherSlot(it.Name):
			wanted = false
		case it.unread():
			wanted = false // all of it is unread: its file would only have false zeros; the layout reports the hole
		case p.wishes.Keep != nil && !p.wishes.Keep(it):
			wanted = false
		case wanted && it.Kind == flash.KindPartition && scatter.Canonical(it.Name) == "userdata":
			var ends []Item
			wanted, ends = p.userdata(*it)
			excerpts = append(excerpts, ends...)
		}
		if !wanted {
			it.Write, it.Skipped, it.File = false, it.Present > 0, ""
		}
	}
	// A file that is shared with a skipped row must still be written once.
	written := map[string]bool{}
	for i := range p.Items {
		it := &p.Items[i]
		if it.File == "" {
			continue
		}
		it.Write = it.Write || !written[it.File]
		written[it.File] = true
	}
	p.Items = append(p.Items, excerpts...)
}

// otherSlot returns a function that recognises rows of the slot that is not wanted. A name
// counts as a slot's only if the row of the other slot exists, too, so that no row is left out
// by accident of its name.
func (p *Plan) otherSlot() func(name string) bool {
	if p.wishes.Slot == "" {
		return func(string) bool { return false }
	}
	own := map[string]bool{} // names of pairs that have the wanted slot
	other := false
	for _, it := range p.Items {
		if it.Kind == flash.KindPartition {
			base, slot := cutSlot(it.Name)
			own[base] = own[base] || slot == p.wishes.Slot
			other = other || slot != "" && slot != p.wishes.Slot
		}
	}
	if !other {
		p.Problems.Add(flash.Note, "slots", "no partition has a slot other than %s: nothing is left out", p.wishes.Slot)
	}
	return func(name string) bool {
		base, slot := cutSlot(name)
		return slot != "" && slot != p.wishes.Slot && own[base]
	}
}

// userdata applies the user's wish about userdata. It returns whether all of it is wanted, and
// otherwise the excerpts that are kept of it.
func (p *Plan) userdata(it Item) (whole bool, excerpts []Item) {
	switch {
	case p.wishes.Userdata == UserdataSkip:
		return false, nil
	case p.wishes.Userdata != UserdataHead, it.Present <= userdataHead+userdataTail:
		return true, nil
	}
	end := func(mark string, e flash.Extent) {
		own := Item{Write: true, ManifestEntry: it.ManifestEntry, Image: flash.Slice(it.Image, e)}
		own.Kind, own.File = flash.KindExcerpt, p.taken.take(marked(it.File, mark))
		own.Offset, own.Length, own.Present = it.Offset+e.Offset, e.Length, e.Length
		excerpts = append(excerpts, own)
	}
	end("head", flash.Extent{Length: userdataHead})
	kept := fmt.Sprintf("first %s", flash.Size(userdataHead))
	if it.Present == it.Length {
		end("tail", flash.Extent{Offset: it.Length - userdataTail, Length: userdataTail})
		kept += fmt.Sprintf(" and last %s", flash.Size(userdataTail))
	}
	p.tell(flash.Note, it.Row, "is left out as asked, except its %s", kept)
	return false, excerpts
}
