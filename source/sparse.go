package source

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
)

// Plain is the plain image of Android sparse files.
type Plain struct {
	Image    flash.Image
	Problems []flash.Problem // ranges that the files leave out, and signs that they are not of one image

	closers []io.Closer
}

// DamagedError reports a damaged sparse file. A plain image of it would hide the damage.
type DamagedError struct {
	Path     string
	Problems []flash.Problem
}

func (e *DamagedError) Error() string { return e.Path + " is damaged" }

// OpenSparse opens all pieces of one sparse image, in any order, and joins them. All their
// checksums are checked. Look gets the progress in bytes and can stop the work with an error. A
// damaged piece is a *DamagedError.
func OpenSparse(paths []string, look func(done, total int64) error) (*Plain, error) {
	p := &Plain{}
	if err := p.open(paths, look); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Close closes the files.
func (p *Plain) Close() error {
	var errs []error
	for _, c := range p.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

func (p *Plain) open(paths []string, look func(done, total int64) error) error {
	var pieces []*image.Sparse
	for _, path := range paths {
		f, err := OpenFile(path)
		if err != nil {
			return err
		}
		p.closers = append(p.closers, f)
		s, err := p.piece(path, f, look)
		if err != nil {
			return err
		}
		pieces = append(pieces, s)
	}
	img, said, err := image.JoinSparse(pieces)
	if err != nil {
		return err
	}
	p.Image = img
	p.Problems = append(p.Problems, JudgePieces(pieces, paths, img, said)...)
	p.tellSilent(paths)
	return nil
}

// piece reads one file.
func (p *Plain) piece(path string, f flash.Image, look func(done, total int64) error) (*image.Sparse, error) {
	s, err := image.ReadSparse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	bad := s.Problems
	if flash.Worst(bad) < flash.Error {
		more, err := s.CheckCRC(func(done int64) error { return look(done, s.Size()) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		bad = append(bad, more...)
	}
	if flash.Worst(bad) >= flash.Error {
		return nil, &DamagedError{path, bad}
	}
	for _, b := range bad {
		if b.Severity > flash.Note { // another piece may have the missing range
			p.Problems = append(p.Problems, b)
		}
	}
	return s, nil
}

// tellSilent reports the ranges that no piece has, and whether they are in use.
func (p *Plain) tellSilent(paths []string) {
	silent := flash.Size(flash.Total(flash.Holes(p.Image)))
	if silent == 0 {
		return
	}
	why, ps := "", flash.Problems(p.Problems)
	if len(paths) == 1 {
		why = PieceOf(paths[0])
	}
	text, severity := image.FindHoleUse(p.Image).Tell()
	switch name := filepath.Base(paths[0]); {
	case why != "":
		ps.Add(flash.Warning, name, "%s; %s are zeros in the plain image", why, silent)
	case text != "":
		ps.Add(severity, name, "%s; the plain image has zeros there", text)
	default:
		ps.Add(flash.Note, name, "%s are in no piece (\"don't care\") and not in use: they are zeros in the plain image", silent)
	}
	p.Problems = ps
}
