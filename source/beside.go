package source

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Beside lists the files beside a dump that may belong to the same phone, by their names. They
// must be checked: many folders contain the files of several phones.
type Beside struct {
	Scatter []string // scatter files
	Boot1   []string // copies of the first boot region
}

const (
	maxBeside = 16       // number of scatter files that are read
	maxBoot   = 64 << 20 // size limit of a boot region's file, bytes
)

// Beside lists the files beside the dump at path. Only a dump that is a single file has any: a
// folder or an archive is complete, and a pipe or a device is not in a folder of dumps.
func (s *Source) Beside(path string) (b Beside) {
	user := s.User()
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() || s.Record != nil || user == nil || user.Source != filepath.Base(path) {
		return b
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return b
	}
	stem := stemOf(filepath.Base(path))
	for _, e := range entries {
		st, err := e.Info()
		if err != nil || !st.Mode().IsRegular() { // a link is not followed
			continue
		}
		name, full := strings.ToLower(e.Name()), filepath.Join(filepath.Dir(path), e.Name())
		switch ext := filepath.Ext(name); {
		case (ext == ".txt" || ext == ".xml") && strings.Contains(name, "scatter"):
			if st.Size() <= scatter.MaxSize && len(b.Scatter) < maxBeside {
				b.Scatter = append(b.Scatter, full)
			}
		case st.Size() <= maxBoot && isBootOf(stem, stemOf(name)):
			b.Boot1 = append(b.Boot1, full)
		}
	}
	return b
}

// isBootOf reports whether two names belong to one read-back: phone-ROM_1 and phone-BOOT_1.
func isBootOf(dump, boot string) bool {
	for i := range len(dump) {
		if regionNamed(dump[i:], flash.EMMC).IsUser() && strings.HasPrefix(boot, dump[:i]) {
			r := regionNamed(boot[i:], flash.EMMC)
			return r == flash.EMMC.Boot1()
		}
	}
	return false
}

// TakeScatter makes a scatter file beside the dump the dump's scatter file.
func (s *Source) TakeScatter(ctx context.Context, path string) error {
	f, err := s.openFile(ctx, path)
	if err == nil {
		s.Scatter, s.ScatterText = path, f
	}
	return err
}

// TakeBoot1 makes a file beside the dump its first boot region if wanted accepts it, and reports
// whether it did.
func (s *Source) TakeBoot1(ctx context.Context, path string, wanted func(flash.Image) bool) bool {
	files, closers, problems := len(s.Files), len(s.closers), len(s.Problems)
	name, img, err := s.openNamed(ctx, path)
	if err == nil && s.Part(s.Storage.Boot1()) == nil && wanted(img) {
		s.Parts = append(s.Parts, flash.Part{Region: s.Storage.Boot1(), Image: img, Source: name})
		if s.honourMapBeside(ctx, path, s.Parts[len(s.Parts)-1:]) == nil {
			return true
		}
		s.Parts = s.Parts[:len(s.Parts)-1]
	}
	for _, c := range s.closers[closers:] {
		c.Close()
	}
	s.Files, s.closers, s.Problems = s.Files[:files], slices.Clip(s.closers[:closers]), s.Problems[:problems]
	return false
}
