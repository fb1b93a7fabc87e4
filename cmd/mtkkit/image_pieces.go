package main

import (
	"fmt"
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/words"
)

// openPieces opens sparse files and lays them over each other. Damaged ones are
// refused: a plain image does not show what is missing in it.
func (s *conversion) openPieces() ([]flash.Problem, error) {
	var pieces []*image.Sparse
	var problems []flash.Problem
	for _, name := range s.inputs {
		f, err := source.OpenFile(name)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, f)
		p, err := image.ReadSparse(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		bad := p.Problems
		if flash.Worst(bad) < flash.Error {
			more, err := p.CheckCRC(looking(s.ctx, s.u, p.Size()))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			bad = append(bad, more...)
		}
		if flash.Worst(bad) >= flash.Error {
			s.u.Problems(bad)
			return nil, words.Refuse(fmt.Errorf("%s is damaged: nothing was written", name), "download or copy it again")
		}
		for _, b := range bad {
			if b.Severity > flash.Note { // what a piece does not say, another may
				problems = append(problems, b)
			}
		}
		pieces = append(pieces, p)
	}
	img, said, err := image.JoinSparse(pieces)
	if err != nil {
		return nil, err
	}
	s.img = img
	return append(problems, s.judgePieces(pieces, said)...), nil
}

// judgePieces says what pieces leave open, and whether they can be of one image.
func (s *conversion) judgePieces(pieces []*image.Sparse, said int64) []flash.Problem {
	out := source.JudgePieces(pieces, s.inputs, s.img, said)
	add := func(sev flash.Severity, format string, a ...any) {
		out = append(out, flash.Problem{Severity: sev, Place: filepath.Base(s.name), Offset: flash.NoOffset, Text: fmt.Sprintf(format, a...)})
	}
	silent := flash.Size(flash.Total(flash.Holes(s.img)))
	if silent == 0 {
		return out
	}
	why := ""
	if len(pieces) == 1 {
		why = source.PieceOf(s.inputs[0])
	}
	text, severity := image.FindLack(s.img).Tell()
	switch {
	case why != "":
		add(flash.Warning, "%s; %s are zeros in the plain image", why, silent)
	case text != "":
		add(severity, "%s; zeros stand there in the plain image", text)
	default:
		add(flash.Note, "%s are said by no piece (\"don't care\"), and not in use: they are zeros in the plain image", silent)
	}
	return out
}
