package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/ui/form"
	"github.com/mtkkit/mtkkit/whatis"
	"github.com/mtkkit/mtkkit/words"
)

// action is something that can be done with what is open: a link to its form.
type action struct {
	Name    string // of its texts
	Address string
	Direct  bool // it starts at once: its form has no fields
}

// actionsFor returns what can be done with what is open, the usual first.
func (w *window) actionsFor(o *opened) (out []action) {
	for _, a := range form.For(w.forForms(o)) {
		out = append(out, action{a.Name, actionAddress(o, a.Name), a.Direct()})
	}
	return out
}

func actionAddress(o *opened, name string) string { return fmt.Sprintf("%s/do/%s", o.address(), name) }

// forForms returns what the forms need to know. Paths become absolute, so that the person sees where
// something is written.
func (w *window) forForms(o *opened) form.Opened {
	f := form.Opened{Path: o.Path, Scatter: absolute(o.Scatter), Boot1: absolute(o.Boot1), Key: absolute(o.Key), Passphrase: o.Passphrase}
	if !oci.IsLayout(o.Path) {
		f.Path = absolute(o.Path)
	}
	for _, p := range o.paths()[1:] {
		f.Pieces = append(f.Pieces, absolute(p))
	}
	f.Kind = kindOf(f.Path)
	_, err := os.Stat(f.Path + parity.Suffix)
	f.Sidecar = err == nil
	c, done := w.dumps.use(o)
	defer done()
	if f.Kind == form.Dump && c != nil && c.dump == nil && len(f.Pieces) == 0 {
		f.Kind = form.Other
	}
	switch {
	case c != nil && c.dump != nil && c.dump.Package():
		f.Kind = form.Package
	case f.Kind == form.Boot:
		f.Boot = f.Path
	case f.Boot1 != "":
		f.Boot = f.Boot1
	case c != nil && c.dump != nil:
		f.Boot = bootOf(c.dump, f.Path)
	}
	return f
}

// bootOf returns the file or the folder that has the first boot region of a dump, "" for none.
func bootOf(d *dump.Dump, path string) string {
	i := slices.IndexFunc(d.Source.Parts, func(p flash.Part) bool { return p.Region.IsBoot() })
	if i < 0 {
		return ""
	}
	if words.IsFolder(path) {
		return path
	}
	for _, t := range d.Taken {
		if filepath.Base(t.Path) == filepath.Base(d.Source.Parts[i].Source) {
			return absolute(t.Path)
		}
	}
	return ""
}

// archiveName matches the names of archives that cannot be told by their first bytes: encrypted ones.
var archiveName = regexp.MustCompile(`(?i)\.(tar\.zst|zip)\.age(\.001)?$`)

// imageKinds are the kinds of files for which there are forms.
var imageKinds = map[whatis.Kind]form.Kind{
	whatis.Archive: form.Archive, whatis.BootRegion: form.Boot, whatis.Preloader: form.Boot,
	whatis.AndroidBoot: form.Stock, whatis.Scatter: form.Table, whatis.List: form.Table,
}

// kindOf decides by the path and the first bytes. What is not known counts as a dump: its commands say
// what is wrong with it.
func kindOf(path string) form.Kind {
	switch {
	case oci.IsLayout(path):
		return form.Store
	case archive.IsParts(path):
		return form.Parts
	case archiveName.MatchString(path):
		return form.Archive
	case words.IsFolder(path):
		return form.Dump
	}
	thing := dump.KindOf(path)
	if thing == nil {
		return form.Dump
	}
	if k, ok := imageKinds[thing.Kind]; ok {
		return k
	}
	if isImage(thing.Kind) {
		return form.Other
	}
	return form.Dump
}

// isImage reports whether a kind is a single image: of a phone, but not its whole flash.
func isImage(k whatis.Kind) bool {
	whole := []whatis.Kind{whatis.PartTable, whatis.Sparse, whatis.SparsePiece}
	return k.Use() == whatis.Phone && !slices.Contains(whole, k)
}
