package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/andybalholm/brotli"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/payload"
	"github.com/mtkkit/mtkkit/image/transfer"
)

// updates returns the partitions of payloads and of block lists.
func (s *Source) updates(ctx context.Context, f *folder, _ []packaged) (rows []packaged, err error) {
	for _, m := range f.members {
		var more []packaged
		switch {
		case m.used:
		case strings.EqualFold(m.name, "payload.bin"):
			more, err = s.openPayload(ctx, m)
		case strings.HasSuffix(strings.ToLower(m.name), listEnding):
			more, err = s.openTransfer(ctx, f, m)
		}
		var not *UnreadableError
		if err != nil && !errors.As(err, &not) || errors.As(err, new(*incrementalError)) {
			return nil, err
		}
		if err != nil {
			m.used, f.unusable = true, append(f.unusable, not)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// incrementalError is an UnreadableError: the images beside such an update are not those of one phone.
type incrementalError struct{ UnreadableError }

func incremental(m *member, err error) error {
	return &incrementalError{UnreadableError{m.name, fmt.Sprintf("%v: only a full update has whole partitions", err)}}
}

// Unwrap returns the *UnreadableError.
func (e *incrementalError) Unwrap() error { return &e.UnreadableError }

// tellUnusable reports updates that cannot be read, or returns one if nothing else is in the package.
func (s *Source) tellUnusable(f *folder, rows int) error {
	for _, not := range f.unusable {
		if rows == 0 {
			return not
		}
		s.problem(flash.Error, not.Path, "%s: its partitions are left out", not.Text)
	}
	return nil
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
		return nil, incremental(m, err)
	case err != nil:
		return nil, &UnreadableError{m.name, err.Error()}
	}
	m.used = true
	for _, part := range p.Partitions {
		rows = append(rows, packaged{part.Name, part.Name + ".img", m.name, part.Image, part.SHA256})
	}
	s.Problems = append(s.Problems, p.Problems...)
	s.holds("%s", payloadWords(m.name, p))
	return rows, nil
}

// payloadWords describes an update.
func payloadWords(name string, p *payload.File) string {
	words := fmt.Sprintf("%s, a full update with %d partitions", name, len(p.Partitions))
	if p.Partial {
		words += ", not all of the phone"
	}
	if p.Patch != "" {
		words += ", security patch " + flash.Shown(p.Patch)
	}
	if !p.Made.IsZero() {
		words += ", made " + p.Made.Format(time.DateOnly)
	}
	return words
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
		return nil, incremental(m, err)
	case err != nil:
		return nil, &UnreadableError{m.name, err.Error()}
	}
	m.used = true
	data, err := s.newData(ctx, f, name, l.Data)
	if broken := (*streamError)(nil); errors.As(err, &broken) {
		return nil, &UnreadableError{m.name, fmt.Sprintf("its data cannot be unpacked (%v)", broken)}
	}
	if err != nil {
		return nil, err
	}
	if data == nil {
		s.problem(flash.Error, name, "%s has no %s beside it: the partition is missing", m.name, name+dataEnding)
		return nil, nil
	}
	out, problems := l.Image(data, name)
	s.Problems = append(s.Problems, problems...)
	s.holds("%s and its data: the partition %s", m.name, name)
	return []packaged{{name: name, file: name + ".img", in: m.name, img: out}}, nil
}

// newData opens the data file of a block list; nil if there is none. Not much more than size bytes are
// unpacked, whatever it unpacks to.
func (s *Source) newData(ctx context.Context, f *folder, name string, size int64) (flash.Image, error) {
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
	in := brotli.NewReader(io.NewSectionReader(img, 0, img.Size()))
	return s.spool(ctx, io.LimitReader(in, size+1), m.name)
}
