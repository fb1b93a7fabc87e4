package lp

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// Super is the table of a super partition.
type Super struct {
	Geometry Geometry        `json:"geometry"`
	Empty    bool            `json:"empty"` // a super_empty.img: a table without contents
	Slots    []*Metadata     `json:"slots"` // by slot; nil if no copy can be read
	Problems []flash.Problem `json:"problems"`

	img    flash.Image
	others func(device string) flash.Image
}

// Read reads the table of the super partition img. others, if not nil, returns the
// image of another partition of the phone, or nil if it is not available; it is called
// if extents are on other partitions. Damage is listed in Problems. If no slot can be
// read, the error is a *flash.FormatError; it wraps flash.ErrNotThis if there is no
// sign of a table.
func Read(img flash.Image, others func(device string) flash.Image) (*Super, error) {
	s := &Super{img: img, others: others}
	if err := s.readGeometry(); err != nil {
		return nil, err
	}
	var first error
	for slot := range s.Geometry.Slots {
		m, err := s.readSlot(slot)
		if first == nil {
			first = err
		}
		s.Slots = append(s.Slots, m)
		if s.Empty {
			break // it has one copy, for all slots
		}
	}
	if !slices.ContainsFunc(s.Slots, func(m *Metadata) bool { return m != nil }) {
		return nil, first
	}
	for _, m := range s.Slots {
		if m != nil {
			s.lay(m)
		}
	}
	return s, nil
}

// readGeometry uses the first correct copy.
func (s *Super) readGeometry() error {
	g, err := readGeometry(s.img, reserved)
	if err == nil {
		s.Geometry = g
		if again, err := readGeometry(s.img, reserved+geometryRoom); err != nil {
			s.problem(flash.Warning, "super geometry", reserved+geometryRoom, "the second copy is unusable: %v", reason(err))
		} else if again != g {
			s.problem(flash.Warning, "super geometry", reserved+geometryRoom, "the two copies differ: the first is used")
		}
		return nil
	}
	if g, err := readGeometry(s.img, 0); err == nil {
		s.Geometry, s.Empty = g, true
		return nil
	}
	if g, err2 := readGeometry(s.img, reserved+geometryRoom); err2 == nil {
		s.Geometry = g
		s.problem(flash.Warning, "super geometry", reserved, "the first copy is unusable: %v; the second is used", reason(err))
		return nil
	}
	return err
}

// reason returns the text of an error without the parts that a problem already has.
func reason(err error) string {
	if f, ok := errors.AsType[*flash.FormatError](err); ok {
		return f.Text
	}
	return err.Error()
}

// readSlot reads the first correct copy of a slot's metadata.
func (s *Super) readSlot(slot int) (*Metadata, error) {
	room := s.Geometry.MetadataMaxSize
	if s.Empty {
		return readMetadata(s.img, 0, geometryRoom, room)
	}
	at := reserved + 2*geometryRoom + int64(slot)*room
	backup := at + int64(s.Geometry.Slots)*room
	place := fmt.Sprintf("super metadata of slot %d", slot)
	m, err := readMetadata(s.img, slot, at, room)
	again, err2 := readMetadata(s.img, slot, backup, room)
	switch {
	case err == nil && err2 != nil:
		s.problem(flash.Warning, place, backup, "the backup is unusable: %v", reason(err2))
	case err == nil && !bytes.Equal(m.raw, again.raw):
		s.problem(flash.Warning, place, backup, "the backup differs: the first copy is used")
	case err != nil && err2 == nil:
		s.problem(flash.Warning, place, at, "the first copy is unusable: %v; the backup is used", reason(err))
		return again, nil
	case err != nil:
		severity := flash.Error
		if errors.Is(err, flash.ErrNotThis) && errors.Is(err2, flash.ErrNotThis) && slot > 0 {
			severity = flash.Note // never written: there is room for more slots than the phone has
		}
		s.problem(severity, place, at, "neither copy can be read: %v", reason(err))
		return nil, err
	}
	return m, nil
}

// lay gives every partition of a slot its image, and checks the extents.
func (s *Super) lay(m *Metadata) {
	images := s.devices(m)
	for i := range m.Partitions {
		p := &m.Partitions[i]
		if s.Empty {
			p.Missing = p.Size
		} else {
			s.layPartition(m, p, images)
		}
		if p.Missing == 0 {
			p.Image = p.image(images)
		}
	}
	s.overlaps(m)
}

// devices returns the images of a slot's block devices, nil for those that are not
// available.
func (s *Super) devices(m *Metadata) []flash.Image {
	images := make([]flash.Image, len(m.Devices))
	images[0] = s.img // the one that holds the metadata
	for i := 1; i < len(images) && s.others != nil; i++ {
		images[i] = s.others(m.Devices[i].Name)
	}
	return images
}

// layPartition finds the missing bytes of a partition.
func (s *Super) layPartition(m *Metadata, p *Partition, images []flash.Image) {
	var beyond int64
	for _, x := range p.Extents {
		if x.zeros() || x.Length == 0 {
			continue
		}
		switch img := images[x.source]; {
		case img == nil:
			p.Missing += x.Length
			if !slices.Contains(p.Needs, x.Device) {
				p.Needs = append(p.Needs, x.Device)
			}
		case x.End() > img.Size():
			beyond += x.End() - max(x.Offset, img.Size())
		}
		if d := m.Devices[x.source]; x.Offset < d.FirstUsable || x.End() > d.Size {
			s.problem(flash.Warning, p.Name, x.Offset, "an extent is at %s of %s, but that device has %s, and extents begin at 0x%x", x.Extent, d.Name, flash.Size(d.Size), d.FirstUsable)
		}
	}
	if p.Missing += beyond; beyond > 0 {
		s.problem(flash.Error, p.Name, flash.NoOffset, "%s of %s are behind the end of the image", flash.Size(beyond), flash.Size(p.Size))
	}
}

// image joins the extents of the partition. A single extent is a plain slice, in which
// a mover can find the file.
func (p *Partition) image(images []flash.Image) flash.Image {
	var parts []flash.Image
	for _, x := range p.Extents {
		if x.zeros() {
			parts = append(parts, flash.NewStitched(x.Length))
		} else if x.Length > 0 {
			parts = append(parts, flash.Slice(images[x.source], x.Extent))
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return flash.Join(parts...)
}

// overlaps reports bytes that two partitions of one slot contain.
func (s *Super) overlaps(m *Metadata) {
	type claim struct {
		Extent
		name string
	}
	var claims []claim
	for _, p := range m.Partitions {
		for _, x := range p.Extents {
			if !x.zeros() && x.Length > 0 {
				claims = append(claims, claim{x, p.Name})
			}
		}
	}
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.Offset, b.Offset))
	})
	for i := 1; i < len(claims); i++ {
		if a, b := claims[i-1], claims[i]; a.source == b.source && a.Overlaps(b.Extent.Extent) {
			s.problem(flash.Error, b.name, b.Offset, "overlaps %s in slot %d's metadata", a.name, m.Slot)
		}
	}
}

// maxProblems limits the list: so many problems show that the table is useless.
const maxProblems = 64

// problem adds a problem that is not in the list yet: the slots often have the same.
func (s *Super) problem(sev flash.Severity, place string, off int64, format string, a ...any) {
	p := flash.NewProblem(sev, place, off, format, a...)
	if len(s.Problems) < maxProblems && !slices.Contains(s.Problems, p) {
		s.Problems = append(s.Problems, p)
	}
}
