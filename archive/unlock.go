package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
)

// unlocking opens the private files of a plain archive with the keys at hand.
type unlocking struct {
	a        *Archive
	lost     func(file string, e flash.Extent, err error) // is called for lost ranges of these files
	opened   map[string]flash.Output                      // by name in the archive
	kept     int                                          // number of files that no key has opened
	problems []flash.Problem
	files    []io.Closer
}

// all opens the wanted files and restores their entries in the record: nvram.bin.zst.age becomes
// nvram.bin again. Files that no key opens stay encrypted.
func (u *unlocking) all(ctx context.Context, m *flash.Manifest, wanted func(file string) bool) error {
	u.opened = map[string]flash.Output{}
	told := map[string]bool{} // a missing passphrase is reported once, not for every file
	for i, members := 0, u.a.Members(); i < len(members); i++ {
		f := &members[i]
		if !strings.HasSuffix(f.Name, LockedEnding) || !wanted(f.Name) {
			continue
		}
		keys, err := u.a.keys()
		if err != nil {
			return err
		}
		plain, err := u.open(ctx, m, f, keys)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			name := strings.TrimSuffix(f.Name, LockedEnding)
			u.opened[f.Name] = flash.Output{Name: name, Image: unsealed{plain, func(e flash.Extent, err error) { u.lost(name, e, err) }}}
			continue
		}
		if u.kept++; !errors.Is(err, seal.ErrKey) && !told[err.Error()] {
			told[err.Error()] = true
			u.problems = append(u.problems, flash.NewProblem(flash.Warning, f.Name, flash.NoOffset, "stays encrypted: %v", err))
		}
	}
	for i := range m.Entries {
		if e := &m.Entries[i]; u.opened[e.File].Image != nil {
			*e = asUnlocked(*e)
		}
	}
	return nil
}

// open opens one file. Its content must have the length in the record, if the record has one: a
// sparse or trimmed copy is shorter than its original.
func (u *unlocking) open(ctx context.Context, m *flash.Manifest, f *backup.Member, keys []seal.Key) (flash.Image, error) {
	img, file, err := source.OpenSealed(ctx, u.a.Image(f), f.Name, source.Options{Keys: func() ([]seal.Key, error) { return keys, nil }})
	if err != nil {
		return nil, err
	}
	u.files = append(u.files, file)
	for _, e := range m.Entries {
		if n := img.Size(); e.File == f.Name && e.Kind == flash.KindSealed && n != e.Present {
			return nil, fmt.Errorf("it has 0x%x bytes, not the 0x%x of %s", n, e.Present, e.Name)
		}
	}
	return img, nil
}

// opens reports whether a file was locked and has been opened.
func (u *unlocking) opens(name string) bool {
	_, ok := u.opened[name+LockedEnding]
	return ok
}

func (u *unlocking) close() {
	for _, f := range u.files {
		f.Close()
	}
}

// asUnlocked returns an entry as it was before its file was locked.
func asUnlocked(e flash.ManifestEntry) flash.ManifestEntry {
	e.File = strings.TrimSuffix(e.File, LockedEnding)
	if e.Kind == flash.KindSealed {
		e.Kind, e.Was = cmp.Or(e.Was, flash.KindPartition), ""
	}
	return e
}

// unsealed is an opened file that was locked. Ranges that the archive has lost read as zeros and
// are reported.
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
