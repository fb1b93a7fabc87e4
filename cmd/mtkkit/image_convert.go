package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

func outputFlag(ending string) cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write (default: the image's name with " + ending + ")"}
}

func imageTrimCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "trim",
		Usage:     "a copy of an image's true length, where that is proven",
		ArgsUsage: "IMAGE | ROM_1 PARTITION",
		Description: "The length must stand in a header, and only erased flash may follow it: else the copy is refused,\n" +
			"with the reason. mtkkit split --trim does the same for all partitions of a dump.",
		Flags: append([]cli.Flag{outputFlag(".trimmed.img")}, dumpFlags()...),
		Action: withSlice(u, func(c *cli.Context, s *slice) error {
			n, known, err := image.TrueLength(s.img, looking(c.Context, u, s.img.Size()))
			switch {
			case err != nil:
				return err
			case n == 0:
				return refusal{fmt.Errorf("%s: its true length is not proven: %s", s.name, known), []string{"flash tools take the whole image as it is, too"}}
			case n == s.img.Size():
				u.say("%s: there is nothing to trim: %s", s.name, known)
				return nil
			}
			return s.write(c, u, ".trimmed.img", flash.Slice(s.img, flash.Extent{Length: n}), fmt.Sprintf("0x%x bytes of 0x%x: %s", n, s.img.Size(), known))
		}),
	}
}

func imageSparseCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:        "sparse",
		Usage:       "an Android sparse file of an image",
		ArgsUsage:   "IMAGE | ROM_1 PARTITION",
		Description: "Zeros are told as zeros, never as \"don't care\": what a phone holds already would stay there.",
		Flags: append([]cli.Flag{
			outputFlag(".sparse.img"),
			&cli.StringFlag{Name: "pieces", Usage: "several files of at most `SIZE` each, as fastboot sends them"},
		}, dumpFlags()...),
		Action: withSlice(u, makeSparse(u)),
	}
}

func makeSparse(u *ui) func(c *cli.Context, s *slice) error {
	return func(c *cli.Context, s *slice) error {
		if image.Sniff(s.img).Kind == image.SparseAndroid {
			return refusal{fmt.Errorf("%s is an Android sparse image already", s.name), []string{"mtkkit image raw makes the plain image of it"}}
		}
		const block = 4096
		if s.img.Size()%block != 0 {
			return refusal{fmt.Errorf("%s: its 0x%x bytes are no multiple of %d", s.name, s.img.Size(), block), []string{"is it cut? sparse files tell an image in whole blocks"}}
		}
		limit := int64(0)
		if text := c.String("pieces"); text != "" {
			var err error
			if limit, err = flash.ParseSize(text); err != nil || limit <= 0 {
				return usage("mtkkit image sparse: --pieces is a size such as 512M, not %q", text)
			}
		}
		view, err := image.NewSparseView(s.img, block, looking(c.Context, u, s.img.Size()))
		if err != nil {
			return err
		}
		pieces := []*image.SparseView{view}
		if limit > 0 {
			if pieces, err = view.Pieces(limit); err != nil {
				return usage("%v", err)
			}
		}
		ending := func(i int) string {
			if len(pieces) > 1 {
				return fmt.Sprintf(".sparse.%d.img", i+1)
			}
			return ".sparse.img"
		}
		for i := range pieces { // all of them, or none
			if err := split.RefuseFile(s.outName(c, ending(i)), split.FileOptions{Inputs: s.inputs}); err != nil {
				return refused(err)
			}
		}
		for i, p := range pieces {
			if err := s.write(c, u, ending(i), p, fmt.Sprintf("0x%x bytes for 0x%x", p.Size(), s.img.Size())); err != nil {
				return err
			}
		}
		return nil
	}
}

func imageRawCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "raw",
		Usage:     "the plain image that Android sparse files stand for",
		ArgsUsage: "SPARSE… (all pieces, in any order)",
		Flags: []cli.Flag{
			outputFlag(".raw.img"),
			jsonFlag(), quietFlag(), progressFlag(),
		},
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usage("%s: which sparse image? (see %s --help)", commandName(c), commandName(c))
			}
			if err := u.speak(c); err != nil {
				return err
			}
			s := &slice{opened: &opened{name: c.Args().First(), inputs: c.Args().Slice()}}
			defer func() { s.Close() }()
			problems, err := s.openPieces(c, u)
			if err != nil {
				return err
			}
			u.problems(problems)
			if err := s.write(c, u, ".raw.img", s.img, fmt.Sprintf("0x%x bytes", s.img.Size())); err != nil {
				return err
			}
			if err := s.tellMade(u); err != nil {
				return err
			}
			return verdict(problems)
		},
	}
}

// openPieces opens sparse files and lays them over each other. Damaged ones are
// refused: a plain image does not show what is missing in it.
func (s *slice) openPieces(c *cli.Context, u *ui) ([]flash.Problem, error) {
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
			more, err := p.CheckCRC(looking(c.Context, u, p.Size()))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			bad = append(bad, more...)
		}
		if flash.Worst(bad) >= flash.Error {
			u.problems(bad)
			return nil, refusal{fmt.Errorf("%s is damaged: nothing was written", name), []string{"download or copy it again"}}
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
func (s *slice) judgePieces(pieces []*image.Sparse, said int64) []flash.Problem {
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

// withSlice is the frame of a command that makes one image of another.
func withSlice(u *ui, do func(c *cli.Context, s *slice) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		if c.NArg() < 1 || c.NArg() > 2 {
			return usage("%s: an image is needed, or a dump and a partition (see %s --help)", commandName(c), commandName(c))
		}
		if err := u.speak(c); err != nil {
			return err
		}
		s, err := openSlice(c, u, c.Args().Get(0), c.Args().Get(1))
		if err != nil {
			return err
		}
		defer s.Close()
		if err := do(c, s); err != nil {
			return err
		}
		return s.tellMade(u)
	}
}

// looking tells the progress of a look through an image.
func looking(ctx context.Context, u *ui, total int64) func(int64) error {
	return func(done int64) error {
		u.bars.event(flash.Event{Op: "look", Done: done, Total: total})
		return ctx.Err()
	}
}

// madeDoc is the JSON document of image trim, sparse and raw.
type madeDoc struct {
	Schema string     `json:"schema"`
	Files  []madeFile `json:"files"`
}

type madeFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// tellMade prints the document, if one is asked for.
func (s *slice) tellMade(u *ui) error {
	if !u.json {
		return nil
	}
	return u.document(madeDoc{"mtkkit.image-files/1", append([]madeFile{}, s.made...)})
}

// outName is the image's name with an ending, unless -o says another.
func (s *slice) outName(c *cli.Context, ending string) string {
	out := c.String("output")
	if out == "" {
		base := filepath.Base(s.name)
		if len(s.inputs) > 0 && !strings.ContainsAny(s.inputs[0], ":") {
			base = filepath.Join(filepath.Dir(s.inputs[0]), base)
		}
		out = strings.TrimSuffix(strings.TrimSuffix(base, ".img"), ".sparse") + ending
	} else if strings.Count(ending, ".") > 2 { // one of several pieces
		ext := filepath.Ext(out)
		out = strings.TrimSuffix(out, ext) + strings.TrimSuffix(strings.TrimPrefix(ending, ".sparse"), ".img") + cmp.Or(ext, ".img")
	}
	return out
}

// write makes the file.
func (s *slice) write(c *cli.Context, u *ui, ending string, img flash.Image, words string) error {
	out := s.outName(c, ending)
	r, err := split.WriteImage(c.Context, img, out, split.ImageOptions{Hash: true, Inputs: s.inputs, Progress: u.bars.event})
	u.bars.clear()
	if err != nil {
		return refused(err)
	}
	s.made = append(s.made, madeFile{out, r.Size, r.SHA256})
	u.say("%s: %s", out, words)
	return nil
}
