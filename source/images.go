package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// listed returns the images that the package's scatter file names. One file may be that of several
// partitions.
func (s *Source) listed(ctx context.Context, f *folder, _ []packaged) (rows []packaged, err error) {
	if f.scatter == nil {
		return nil, nil
	}
	file, err := scatter.Read(f.scatter.packed)
	if err != nil {
		return nil, nil // the folder's other files may be a package all the same
	}
	var missing []string
	named := 0
	for _, row := range file.Table(0).Partitions {
		if row.File == "" || row.Reserved {
			continue
		}
		named++
		m := f.image(row.File)
		if m == nil {
			missing = append(missing, row.Name)
			continue
		}
		img, err := s.usable(ctx, m, row.Name)
		if err != nil {
			return nil, err
		}
		if img == nil {
			continue
		}
		if row.Length > 0 && img.Size() > row.Length && !row.ToEnd {
			s.problem(flash.Warning, row.Name, "%s has 0x%x bytes, but its partition only 0x%x: it may be of another phone", m.name, img.Size(), row.Length)
		}
		rows = append(rows, packaged{name: row.Name, file: packedName.ReplaceAllString(m.name, ""), in: m.name, img: img})
	}
	if len(rows) == 0 {
		return nil, nil
	}
	s.holds("%s, and the images of %d partitions that it names", f.scatter.name, len(rows))
	if len(missing) > 0 {
		s.problem(flash.Note, f.name, "has no file for %d of the %d partitions for which %s names one: %s", len(missing), named, f.scatter.name, list(missing))
	}
	return rows, nil
}

// usable opens the image of a partition. One that cannot be read is reported, and nil.
func (s *Source) usable(ctx context.Context, m *member, partition string) (flash.Image, error) {
	img, err := s.openImage(ctx, m)
	var not *UnreadableError
	var format *flash.FormatError
	var broken *streamError
	switch {
	case errors.As(err, &not):
		s.problem(flash.Error, partition, "%s: %s: the image is left out", m.name, not.Text)
	case errors.As(err, &format):
		s.problem(flash.Error, partition, "%s: %v: the image is left out", m.name, format)
	case errors.As(err, &broken):
		s.problem(flash.Error, partition, "%s: cannot be unpacked (%v): the image is left out", m.name, broken)
	case err != nil:
		return nil, err
	}
	m.used = true
	return img, nil
}

// image returns the member with the name that a scatter file has, also in its signed form
// (boot-verified.img), or else the only one that is called like the partition (boot.img.lz4); nil if
// there is none.
func (f *folder) image(name string) *member {
	if m := f.find(name); m != nil {
		return m
	}
	ext := path.Ext(name)
	for _, mark := range []string{"-verified", "-sign", "-signed"} {
		if m := f.find(strings.TrimSuffix(name, ext) + mark + ext); m != nil {
			return m
		}
	}
	var same *member
	for _, m := range f.members {
		if imageName.MatchString(m.name) && partitionOf(m.name) == partitionOf(name) {
			if same != nil {
				return nil // nothing says which of them it is
			}
			same = m
		}
	}
	return same
}

// imageName matches the names of files that may be the image of a partition.
var imageName = regexp.MustCompile(`(?i)\.(img|bin|mbn|ext4)(\.(lz4|gz|xz|zst))?$`)

// images returns the files that are named like partitions of phones. Two of them, or one beside an
// update, make a package; then others that are called images belong to it, too.
func (s *Source) images(ctx context.Context, f *folder, have []packaged) (rows []packaged, err error) {
	var known, others []*member
	for _, m := range f.members {
		name := partitionOf(m.name)
		switch {
		case m.used || !imageName.MatchString(m.name) || slices.ContainsFunc(have, func(p packaged) bool { return p.name == name }):
		case scatter.Known(name):
			known = append(known, m)
		case strings.Contains(strings.ToLower(m.name), ".img"):
			others = append(others, m)
		}
	}
	if len(known) < 2 && len(have) == 0 {
		return nil, nil
	}
	for _, m := range append(known, others...) {
		img, err := s.usable(ctx, m, partitionOf(m.name))
		if err != nil {
			return nil, err
		}
		if img != nil {
			rows = append(rows, packaged{name: partitionOf(m.name), file: packedName.ReplaceAllString(m.name, ""), in: m.name, img: img})
		}
	}
	if len(rows) > 0 {
		s.holds("%d images by the names of their files", len(rows))
	}
	return rows, nil
}

// unique gives a second image of one partition the name of its file.
func unique(rows []packaged) []packaged {
	slices.SortStableFunc(rows, func(a, b packaged) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(rows); i++ {
		if rows[i].name == rows[i-1].name {
			rows[i].name = rows[i].file
		}
	}
	return rows
}

// packedName matches the names of compressed images. Other files that begin like a compressed one are
// images of such data, as some kernels are.
var packedName = regexp.MustCompile(`(?i)\.(lz4|gz|xz|zst|bz2)$`)

// openImage opens the image in a file of a package. A compressed one is unpacked when it is read, if
// its size is known.
func (s *Source) openImage(ctx context.Context, m *member) (img flash.Image, err error) {
	if m.img == nil {
		if img, err = s.openPacked(ctx, m); err != nil {
			return nil, err
		}
		m.img = img
	}
	return m.img, nil
}

func (s *Source) openPacked(ctx context.Context, m *member) (flash.Image, error) {
	open, size := m.stream, m.size
	if open == nil {
		raw, err := s.openRaw(ctx, m)
		if err != nil {
			return nil, err
		}
		if !packedName.MatchString(m.name) {
			return s.plain(ctx, raw, m.name)
		}
		open, size = func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(raw, 0, raw.Size())), nil }, -1
	}
	img, err := s.unpackLater(ctx, m.name, size, open)
	if img != nil || errors.As(err, new(*UnreadableError)) || errors.As(err, new(*streamError)) {
		return img, err
	}
	if packedName.MatchString(m.name) {
		return s.open(ctx, m) // its size is not known, or it says what is wrong
	}
	raw, err := s.openRaw(ctx, m)
	if err != nil {
		return nil, err
	}
	return s.plain(ctx, raw, m.name)
}

// plain returns an image as it is, and the content of a sparse one. It refuses what no image can be.
func (s *Source) plain(ctx context.Context, raw flash.Image, name string) (flash.Image, error) {
	head, err := headOf(raw)
	if err != nil {
		return nil, fmt.Errorf("source: %s: %w", name, err)
	}
	if why := notADump(head); why != "" {
		return nil, &UnreadableError{name, why}
	}
	if isSparse(raw) {
		return s.openSparse(ctx, raw, name)
	}
	return raw, nil
}

// signed matches what makers append to the names of signed images.
var signed = regexp.MustCompile(`[-_](verified|signed|sign)$`)

// partitionOf returns the name of the partition that a file of a package has.
func partitionOf(file string) string {
	stem := strings.ToLower(stemOf(path.Base(file)))
	stem = signed.ReplaceAllString(stem, "")
	if strings.HasPrefix(stem, "preloader_") {
		return "preloader"
	}
	return stem
}
