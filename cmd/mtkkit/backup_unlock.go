package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
)

// unlock opens the private files of a plain archive that are wanted by the keys at hand,
// and makes the record what it was before they were locked: nvram.bin.zst.age is
// nvram.bin again. What no key opens stays as it is.
func (r *restoring) unlock(m *flash.Manifest, wanted func(file string) bool) error {
	r.opened = map[string]flash.Output{}
	told := map[string]bool{} // nobody to ask for a passphrase is one fact of all files
	for i, members := 0, r.a.Members(); i < len(members); i++ {
		f := &members[i]
		if !strings.HasSuffix(f.Name, sealedEnding) || !wanted(f.Name) {
			continue
		}
		keys, err := r.a.keys()
		if err != nil {
			return err
		}
		o, err := r.unlockOne(m, f, keys)
		if r.c.Context.Err() != nil {
			return r.c.Context.Err()
		}
		if err == nil {
			r.opened[f.Name] = o
			continue
		}
		if r.locked++; !errors.Is(err, seal.ErrKey) && !told[err.Error()] {
			told[err.Error()] = true
			r.problems = append(r.problems, flash.Problem{Severity: flash.Warning, Place: f.Name, Offset: flash.NoOffset, Text: "stays encrypted: " + err.Error()})
		}
	}
	for i := range m.Entries {
		if e := &m.Entries[i]; r.opened[e.File].Image != nil {
			*e = asUnlocked(*e)
		}
	}
	return nil
}

// unlockOne opens one file. What it holds has to be as long as the record says, where that
// says it: a sparse or trimmed copy is shorter than what it is a copy of.
func (r *restoring) unlockOne(m *flash.Manifest, f *backup.Member, keys []seal.Key) (flash.Output, error) {
	img, file, err := source.OpenSealed(r.c.Context, r.a.Image(f), f.Name, source.Options{Keys: func() ([]seal.Key, error) { return keys, nil }})
	if err != nil {
		return flash.Output{}, err
	}
	r.files = append(r.files, file)
	for _, e := range m.Entries {
		if n := img.Size(); e.File == f.Name && e.Kind == flash.KindSealed && n != e.Present {
			return flash.Output{}, fmt.Errorf("it holds 0x%x bytes, not the 0x%x of %s", n, e.Present, e.Name)
		}
	}
	name := strings.TrimSuffix(f.Name, sealedEnding)
	return flash.Output{Name: name, Image: unsealed{img, func(e flash.Extent, err error) { r.lost(name, e, err) }}}, nil
}

// asUnlocked is an entry as it was before its file was locked.
func asUnlocked(e flash.ManifestEntry) flash.ManifestEntry {
	e.File = strings.TrimSuffix(e.File, sealedEnding)
	if e.Kind == flash.KindSealed {
		e.Kind, e.Was = cmp.Or(e.Was, "partition"), ""
	}
	return e
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
