package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// addSealed puts a private file of a plain archive at its offset. Its bytes count as unread if
// there is no key for it, or if it is damaged.
func (s *Source) addSealed(ctx context.Context, f *folder, img *flash.Stitched, e *flash.ManifestEntry) (opened bool, err error) {
	m := f.find(e.File)
	if m == nil {
		s.problem(flash.Error, e.Name, "%s is not in the folder", e.File)
		return false, nil
	}
	m.used = true
	if s.opt.Keys != nil { // an unreadable key file is the user's error, not damage of the archive
		if _, err := s.opt.Keys(); err != nil {
			return false, err
		}
	}
	raw, err := s.openRaw(ctx, m)
	if err != nil {
		return false, err
	}
	plain, err := s.openSealed(ctx, raw, e.File)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, seal.ErrKey):
		s.problem(flash.Error, e.Name, "%s is encrypted: %v", e.File, seal.ErrKey)
		return false, nil
	case err != nil:
		s.problem(flash.Error, e.Name, "%s stays encrypted: %v", e.File, err)
		return false, nil
	}
	if plain.Size() != e.Present {
		s.problem(flash.Error, e.Name, "%s has 0x%x bytes instead of 0x%x", e.File, plain.Size(), e.Present)
	}
	img.Add(e.Offset, flash.Slice(plain, flash.Extent{Length: e.Present}))
	return plain.Size() >= e.Present, nil
}

// OpenSealed opens the content of NAME.zst.age, a private file of a plain archive, in place. The
// error wraps seal.ErrKey if no key fits.
func OpenSealed(ctx context.Context, raw flash.Image, name string, opt Options) (flash.Image, io.Closer, error) {
	s := &Source{opt: opt}
	img, err := s.openSealed(ctx, raw, name)
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return img, s, nil
}

func (s *Source) openSealed(ctx context.Context, raw flash.Image, name string) (flash.Image, error) {
	packed, name, err := s.unseal(raw, name)
	if err != nil {
		return nil, err
	}
	return s.openZstd(ctx, packed, name)
}

// unsealMain is unseal for the file that the user named. Of one whose end is missing, it opens
// what is before the end, with a problem.
func (s *Source) unsealMain(in flash.Image, name string) (flash.Image, string, error) {
	return s.unsealWith(in, name, func(keys []seal.Key) (flash.Image, error) {
		plain, err := seal.Open(in, keys)
		if !errors.As(err, new(*flash.FormatError)) {
			return plain, err
		}
		cut, cerr := seal.OpenCut(in, keys)
		if cerr != nil {
			return nil, err
		}
		p := flash.NewProblem(flash.Error, name, in.Size(), "the encrypted file is cut at byte %d, or its end is damaged: only the first %s can be decrypted", in.Size(), flash.Size(cut.Size()))
		s.Problems, s.Damaged = append(s.Problems, p), append(s.Damaged, p)
		return cut, nil
	})
}

// unseal opens an encrypted file with the user's keys, and returns any other file as it is. The
// error wraps seal.ErrKey if none fits. It is decrypted while it is read, not unpacked.
func (s *Source) unseal(in flash.Image, name string) (flash.Image, string, error) {
	return s.unsealWith(in, name, func(keys []seal.Key) (flash.Image, error) { return seal.Open(in, keys) })
}

func (s *Source) unsealWith(in flash.Image, name string, open func(keys []seal.Key) (flash.Image, error)) (flash.Image, string, error) {
	if !seal.Sniff(in) {
		return in, name, nil
	}
	var keys []seal.Key
	if s.opt.Keys != nil {
		var err error
		if keys, err = s.opt.Keys(); err != nil {
			return nil, name, err
		}
	}
	plain, err := open(keys)
	damaged := (*flash.FormatError)(nil)
	switch {
	case errors.Is(err, seal.ErrKey):
		return nil, name, fmt.Errorf("source: %s is encrypted: %w", name, err)
	case errors.As(err, &damaged):
		return nil, name, &UnreadableError{name, err.Error()}
	case err != nil:
		return nil, name, err
	}
	return plain, strings.TrimSuffix(name, ".age"), nil
}
