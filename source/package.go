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

	"github.com/andybalholm/brotli"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/payload"
	"github.com/mtkkit/mtkkit/image/transfer"
	"github.com/mtkkit/mtkkit/scatter"
)

// packaged is the image of a partition in a package.
type packaged struct {
	name string
	file string
	in   string // the file of the package that has it
	img  flash.Image
}

// openPackage opens a firmware package that has no table: update packages, images in a tar
// archive, images alone. The images become one region, one after the other, and Rows has their
// names; where they belong on a phone is not known.
func (s *Source) openPackage(ctx context.Context, f *folder) (bool, error) {
	if err := s.addInner(ctx, f); err != nil {
		return false, err
	}
	rows, err := s.updates(ctx, f)
	if err != nil {
		return false, err
	}
	listed, err := s.listed(ctx, f)
	if err != nil {
		return false, err
	}
	rows = append(rows, listed...)
	more, err := s.images(ctx, f, rows)
	if err != nil || len(rows)+len(more) == 0 {
		return false, err
	}
	s.Storage = flash.Package
	s.Origins = map[string]string{}
	region := flash.NewStitched(0)
	for i, row := range append(rows, more...) {
		s.Rows = append(s.Rows, flash.Partition{
			Index: i, Name: row.name, Region: flash.PackageFiles, File: row.file, Witness: flash.WitnessPackage, Download: true,
			Extent: flash.Extent{Offset: region.Size(), Length: row.img.Size()},
		})
		s.Origins[row.name] = row.in
		region.Add(region.Size(), row.img)
	}
	s.Parts = append(s.Parts, flash.Part{Region: flash.PackageFiles, Image: region, Source: f.name})
	s.problem(flash.Note, f.name, "%d images without a table: where they belong on a phone is not known", len(s.Rows))
	s.tellUnused(f)
	return true, nil
}

// openFirmware opens what is certainly a firmware package: an update, Samsung's archives, or a scatter
// file with images, none of which only a phone has.
func (s *Source) openFirmware(ctx context.Context, f *folder) (bool, error) {
	certain := slices.ContainsFunc(f.members, func(m *member) bool {
		name := strings.ToLower(m.name)
		return name == "payload.bin" || strings.HasSuffix(name, listEnding) || strings.HasSuffix(name, ".tar.md5")
	})
	if !certain && f.scatter != nil {
		certain = s.onlyFirmware(f)
	}
	if !certain {
		return false, nil
	}
	return s.openPackage(ctx, f)
}

// onlyFirmware reports whether the files of a folder with a scatter file are all of a maker: no
// region, no table and no identity of a phone.
func (s *Source) onlyFirmware(f *folder) bool {
	file, err := scatter.Read(f.scatter.packed)
	if err != nil || hasIdentity(f, file.Table(0)) {
		return false
	}
	images := 0
	for _, m := range f.members {
		if r := regionNamed(m.name, flash.EMMC); r.IsUser() || r == flash.EMMCRPMB || r.IsBoot() && !strings.HasPrefix(strings.ToLower(m.name), "preloader") {
			return false
		}
		if slices.ContainsFunc(file.Table(0).Partitions, func(p flash.Partition) bool { return p.File != "" && strings.EqualFold(p.File, m.name) }) {
			images++
		}
	}
	return images >= 2
}

// tarName matches the names of tar archives in a package.
var tarName = regexp.MustCompile(`(?i)\.(tar|tar\.md5|tgz|tar\.gz)$`)

// addInner adds the files of tar archives in a package: Samsung's are one for each group of
// partitions.
func (s *Source) addInner(ctx context.Context, f *folder) error {
	for _, m := range slices.Clone(f.members) {
		if m.used || !tarName.MatchString(m.name) {
			continue
		}
		raw, err := s.openRaw(ctx, m)
		if err != nil {
			return err
		}
		inner, err := s.openTar(ctx, raw, m.name)
		if err != nil {
			return err
		}
		if inner != nil {
			m.used = true
			f.members = append(f.members, inner.members...)
		}
	}
	return nil
}

// updates returns the partitions of payloads and of block lists.
func (s *Source) updates(ctx context.Context, f *folder) (rows []packaged, err error) {
	for _, m := range f.members {
		var more []packaged
		switch {
		case m.used:
		case strings.EqualFold(m.name, "payload.bin"):
			more, err = s.openPayload(ctx, m)
		case strings.HasSuffix(strings.ToLower(m.name), listEnding):
			more, err = s.openTransfer(ctx, f, m)
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// openPayload returns the partitions of a payload.bin.
func (s *Source) openPayload(ctx context.Context, m *member) (rows []packaged, err error) {
	img, err := s.openRaw(ctx, m)
	if err != nil {
		return nil, err
	}
	p, err := payload.Read(img)
	switch {
	case errors.Is(err, flash.ErrNotThis):
		return nil, nil
	case errors.Is(err, payload.ErrIncremental):
		return nil, &UnreadableError{m.name, fmt.Sprintf("%v: only a full update has whole partitions", err)}
	case err != nil:
		return nil, &UnreadableError{m.name, err.Error()}
	}
	m.used = true
	for _, part := range p.Partitions {
		rows = append(rows, packaged{part.Name, part.Name + ".img", m.name, part.Image})
	}
	s.Problems = append(s.Problems, p.Problems...)
	return rows, nil
}

// Endings of the two files that have a partition in update packages for phones without slots.
const (
	listEnding = ".transfer.list"
	dataEnding = ".new.dat"
)

// openTransfer returns the partition of a block list and its data.
func (s *Source) openTransfer(ctx context.Context, f *folder, m *member) ([]packaged, error) {
	img, err := s.openRaw(ctx, m)
	if err != nil {
		return nil, err
	}
	name := m.name[:len(m.name)-len(listEnding)]
	l, err := transfer.Read(img)
	switch {
	case errors.Is(err, flash.ErrNotThis):
		return nil, nil
	case errors.Is(err, transfer.ErrIncremental):
		return nil, &UnreadableError{m.name, fmt.Sprintf("%v: only a full update has whole partitions", err)}
	case err != nil:
		return nil, &UnreadableError{m.name, err.Error()}
	}
	m.used = true
	data, err := s.newData(ctx, f, name)
	if err != nil {
		return nil, err
	}
	if data == nil {
		s.problem(flash.Error, name, "%s has no %s beside it: the partition is missing", m.name, name+dataEnding)
		return nil, nil
	}
	out, problems := l.Image(data, name)
	s.Problems = append(s.Problems, problems...)
	return []packaged{{name, name + ".img", m.name, out}}, nil
}

// newData opens the data file of a block list; nil if there is none.
func (s *Source) newData(ctx context.Context, f *folder, name string) (flash.Image, error) {
	if m := f.find(name + dataEnding); m != nil {
		m.used = true
		return s.openRaw(ctx, m)
	}
	m := f.find(name + dataEnding + ".br")
	if m == nil {
		return nil, nil
	}
	m.used = true
	img, err := s.openRaw(ctx, m)
	if err != nil {
		return nil, err
	}
	return s.spool(ctx, brotli.NewReader(io.NewSectionReader(img, 0, img.Size())), m.name)
}

// listed returns the images that the package's scatter file names. One file may be that of several
// partitions.
func (s *Source) listed(ctx context.Context, f *folder) (rows []packaged, err error) {
	if f.scatter == nil {
		return nil, nil
	}
	file, err := scatter.Read(f.scatter.packed)
	if err != nil {
		return nil, nil // the folder's other files may be a package all the same
	}
	missing := []string{}
	for _, row := range file.Table(0).Partitions {
		if row.File == "" || row.Reserved {
			continue
		}
		m := f.image(row.File)
		if m == nil {
			missing = append(missing, row.Name)
			continue
		}
		img, err := s.openImage(ctx, m)
		if not, ok := errors.AsType[*UnreadableError](err); ok {
			s.problem(flash.Error, row.Name, "%s: %s", m.name, not.Text)
			continue
		}
		if err != nil {
			return nil, err
		}
		m.used = true
		if row.Length > 0 && img.Size() > row.Length && !row.ToEnd {
			s.problem(flash.Warning, row.Name, "%s has 0x%x bytes, but its partition only 0x%x: it may be of another phone", m.name, img.Size(), row.Length)
		}
		rows = append(rows, packaged{row.Name, m.name, m.name, img})
	}
	if len(missing) > 0 && len(rows) > 0 {
		s.problem(flash.Note, f.name, "the scatter file names images that are not in the package: %s", list(missing))
	}
	return rows, nil
}

// image returns the member with the name that a scatter file has, also in its signed form
// (boot-verified.img), or nil.
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
	return nil
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
		img, err := s.openImage(ctx, m)
		if not, ok := errors.AsType[*UnreadableError](err); ok {
			s.problem(flash.Error, partitionOf(m.name), "%s: %s", m.name, not.Text)
			continue
		}
		if err != nil {
			return nil, err
		}
		m.used = true
		rows = append(rows, packaged{partitionOf(m.name), m.name, m.name, img})
	}
	return unique(rows), nil
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

// openImage opens the image in a file of a package. A compressed one is unpacked when it is read,
// if its size is known.
func (s *Source) openImage(ctx context.Context, m *member) (img flash.Image, err error) {
	if m.img == nil {
		m.img, err = s.openPacked(ctx, m)
	}
	return m.img, err
}

func (s *Source) openPacked(ctx context.Context, m *member) (flash.Image, error) {
	open, size := m.stream, m.size
	if open == nil {
		raw, err := s.openRaw(ctx, m)
		if err != nil {
			return nil, err
		}
		open, size = func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(raw, 0, raw.Size())), nil }, -1
	}
	if img, err := s.unpackLater(m.name, size, open); img != nil && err == nil {
		return img, nil
	}
	return s.open(ctx, m) // it says what is wrong
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
