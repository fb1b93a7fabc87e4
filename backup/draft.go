package backup

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Draft returns the manifest of an archive that has lost its own, made from the draft at its
// start: without the files that are not in the archive, whose bytes count as unread. It is nil if
// the archive has its manifest, or no draft.
func (a *Archive) Draft() []byte { return a.draft }

// readDraft makes the manifest from the draft, and names the files that are not in the archive.
func (a *Archive) readDraft() {
	m := a.Member(flash.DraftName)
	if m == nil {
		return
	}
	r, err := flash.ReadManifest(io.NewSectionReader(a.Image(m), 0, m.Size))
	if err == nil && !r.Draft {
		err = errors.New("is not a draft")
	}
	if err == nil {
		err = a.takeDraft(r)
	}
	if err != nil {
		a.tell(flash.Error, m.Name, flash.NoOffset, "cannot be used: %v", err)
	}
}

func (a *Archive) takeDraft(r *flash.Manifest) (err error) {
	there := func(file string) bool { return a.Member(file) != nil }
	lost := r.TakeDraft(there, a.omitted(r))
	if len(lost) > 0 {
		a.tell(flash.Error, "archive", flash.NoOffset, "%d files are not in it any more: %s", len(lost), strings.Join(lost, " "))
	}
	for i := range r.Files {
		m, f := a.Member(r.Files[i].Name), &r.Files[i]
		if m.Size != f.Size {
			return fmt.Errorf("%s has 0x%x bytes in the archive, but 0x%x in the draft", f.Name, m.Size, f.Size)
		}
		f.SHA256 = cmp.Or(m.SHA256, f.SHA256)
	}
	a.draft, err = r.Encode()
	return err
}

// omitted returns a function that reports whether a file of a draft was left out because it has
// only zeros: the writer does that to gaps. Of an archive that is cut it is known only before the
// last file.
func (a *Archive) omitted(r *flash.Manifest) func(file string) bool {
	gaps, before := map[string]bool{}, map[string]bool{}
	for _, e := range r.Entries {
		gaps[e.File] = e.Kind == flash.KindGap
	}
	last := -1
	for i, f := range r.Files {
		if a.Member(f.Name) != nil {
			last = i
		}
	}
	for i, f := range r.Files {
		before[f.Name] = !a.rebuilt || i < last && !a.gaps
	}
	return func(file string) bool { return gaps[file] && before[file] && a.Member(file) == nil }
}
