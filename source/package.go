package source

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// packaged is the image of a partition in a package.
type packaged struct {
	name string
	file string
	in   string // the file of the package that has it
	img  flash.Image
	sum  []byte // SHA-256 that the package has of it; nil for none
}

// openPackage opens a firmware package: update packages, images in a tar archive, images alone. The
// images become one region, one after the other, and Rows has their names. Where they belong on a
// phone, only a scatter file says.
func (s *Source) openPackage(ctx context.Context, f *folder) (bool, error) {
	var rows []packaged
	outer := len(f.members)
	if err := s.addInner(ctx, f); err != nil {
		return false, err
	}
	if f.scatter == nil && len(f.members) > outer { // it may have been in one of them
		if err := s.findScatter(ctx, f); err != nil {
			return false, err
		}
	}
	if err := s.joinChunks(ctx, f); err != nil {
		return false, err
	}
	for _, find := range []func(context.Context, *folder, []packaged) ([]packaged, error){s.updates, s.listed, s.images} {
		more, err := find(ctx, f, rows)
		if err != nil {
			return false, err
		}
		rows = append(rows, more...)
	}
	if err := s.tellUnusable(f, len(rows)); err != nil || len(rows) == 0 {
		return false, err
	}
	if err := s.takeRows(f.name, unique(rows)); err != nil {
		return false, err
	}
	if s.ScatterText == nil {
		s.problem(flash.Note, f.name, "the package has no table: where its images belong on a phone is not known")
	}
	s.tellLater(f.name)
	s.tellUnused(f)
	return true, nil
}

// takeRows makes one region of the images.
func (s *Source) takeRows(name string, rows []packaged) error {
	s.Storage = flash.Package
	s.Origins = map[string]string{}
	region := flash.NewStitched(0)
	for i, row := range rows {
		if row.img.Size() > maxUnpacked-region.Size() {
			return &UnreadableError{name, fmt.Sprintf("its images have more than %s, and no phone has that much", flash.Size(maxUnpacked))}
		}
		s.Rows = append(s.Rows, flash.Partition{
			Index: i, Name: row.name, Region: flash.PackageFiles, File: row.file, Witness: flash.WitnessPackage, Download: true,
			Extent: flash.Extent{Offset: region.Size(), Length: row.img.Size()},
		})
		s.Origins[row.name] = row.in
		if len(row.sum) > 0 {
			s.RowSums = append(s.RowSums, RowSum{i, row.sum})
		}
		region.Add(region.Size(), row.img)
	}
	s.Parts = append(s.Parts, flash.Part{Region: flash.PackageFiles, Image: region, Source: name})
	return nil
}

// RowSum is the SHA-256 that a firmware package has of one of its images.
type RowSum struct {
	Row    int // index in Rows
	SHA256 []byte
}

// holds adds a line about what a package consists of.
func (s *Source) holds(format string, a ...any) {
	s.Holds = append(s.Holds, fmt.Sprintf(format, a...))
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
	}
	for _, row := range file.Table(0).Partitions {
		if row.File != "" && f.image(row.File) != nil {
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
	tars := slices.DeleteFunc(slices.Clone(f.members), func(m *member) bool { return m.used || !tarName.MatchString(m.name) })
	slices.SortFunc(tars, func(a, b *member) int { return cmp.Compare(a.name, b.name) })
	for _, m := range tars {
		if wipes := wiping(m, tars); wipes != nil {
			m.used = true
			s.problem(flash.Note, m.name, "is not used: it has the same images as %s", wipes.name)
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
		if inner == nil {
			continue
		}
		m.used = true
		if len(f.members)+len(inner.members) > maxMembers {
			return tooMany(f.name)
		}
		f.members = append(f.members, inner.members...)
	}
	return nil
}

// wiping returns the other form of Samsung's archive HOME_CSC_…, which keeps the owner's data: CSC_…
// with the same images. It is nil for any other file.
func wiping(m *member, tars []*member) *member {
	if !strings.HasPrefix(m.name, "HOME_CSC_") {
		return nil
	}
	for _, other := range tars {
		if strings.HasPrefix(other.name, "CSC_") {
			return other
		}
	}
	return nil
}
