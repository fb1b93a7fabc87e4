package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
)

// unlock opens the private files of a plain archive by the keys at hand, and makes the
// record what it was before they were locked: nvram.bin.zst.age is nvram.bin again.
// What no key opens stays as it is.
func (r *restoring) unlock(m *flash.Manifest) error {
	r.opened = map[string]flash.Output{}
	for i, members := 0, r.a.Members(); i < len(members); i++ {
		f := &members[i]
		name, sealed := strings.CutSuffix(f.Name, sealedEnding)
		if !sealed {
			continue
		}
		keys, err := r.a.keys()
		if err != nil {
			return err
		}
		img, file, err := source.OpenSealed(r.c.Context, r.a.Image(f), f.Name, source.Options{Keys: func() ([]seal.Key, error) { return keys, nil }})
		if err != nil {
			if r.locked++; !errors.Is(err, seal.ErrKey) { // damage, or nobody to ask for a passphrase
				r.problems = append(r.problems, flash.Problem{Severity: flash.Warning, Place: f.Name, Offset: flash.NoOffset, Text: "stays encrypted: " + err.Error()})
			}
			continue
		}
		r.files = append(r.files, file)
		r.opened[f.Name] = flash.Output{Name: name, Image: unsealed{img, func(e flash.Extent, err error) { r.lost(name, e, err) }}}
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		o, ok := r.opened[e.File]
		if !ok {
			continue
		}
		if n := o.Image.Size(); n != e.Present {
			return fmt.Errorf("%s holds 0x%x bytes, not the 0x%x of %s", e.File, n, e.Present, e.Name)
		}
		if e.File = o.Name; e.Kind == flash.KindSealed {
			e.Kind, e.Was = cmp.Or(e.Was, "partition"), ""
		}
	}
	return nil
}

// opens reports whether a file is one that was locked, and is not any more.
func (r *restoring) opens(name string) bool {
	_, ok := r.opened[name+sealedEnding]
	return ok
}

// close closes what was opened by a key.
func (r *restoring) close() {
	for _, f := range r.files {
		f.Close()
	}
}

// unsealed is a file that was locked. What the archive has lost of it reads as zeros, and
// is told.
type unsealed struct {
	flash.Image
	lost func(flash.Extent, error)
}

func (u unsealed) ReadAt(p []byte, off int64) (int, error) {
	n, err := u.Image.ReadAt(p, off)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	e := flash.Extent{Offset: off, Length: min(int64(len(p)), u.Size()-off)}
	u.lost(e, err)
	clear(p)
	if e.Length < int64(len(p)) {
		return int(e.Length), io.EOF
	}
	return len(p), nil
}

// NextData implements flash.DataFinder.
func (u unsealed) NextData(off int64) (flash.Extent, error) { return flash.NextData(u.Image, off) }
