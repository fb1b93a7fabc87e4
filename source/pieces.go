package source

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
)

// Packages have large images as several Android sparse files. Each has the size of the whole
// image and only a part of its bytes: super.img_sparsechunk.0, system.sparse.1.img … The number
// may be anywhere in the name.
var (
	pieceNumber = regexp.MustCompile(`^(.*?)([0-9]+)([^0-9]*)$`)
	pieceName   = regexp.MustCompile(`(?i)sparse_?(chunk)?[._-]?[0-9]+`)
)

// sparseMagic is the start of every Android sparse image.
const sparseMagic = "\x3A\xFF\x26\xED\x01\x00"

// farHole is the smallest end of a hole at the start of a piece that is not the first one: every
// image with a header has it before this offset.
const farHole = 64 << 10

// IsSparse reports whether a file is an Android sparse image.
func IsSparse(path string) bool {
	return fileStarts(path, sparseMagic)
}

func fileStarts(path, magic string) bool {
	f, err := OpenFile(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head, err := headOf(f)
	return err == nil && strings.HasPrefix(string(head), magic)
}

func isSparse(img flash.Image) bool {
	head, err := headOf(img)
	return err == nil && strings.HasPrefix(string(head), sparseMagic)
}

// OpenPieces opens the pieces of one sparse image, in any order, as that image.
func OpenPieces(ctx context.Context, paths []string, opt Options) (*Source, error) {
	if len(paths) == 1 {
		return Open(ctx, paths[0], opt)
	}
	s := &Source{opt: opt}
	if err := s.openPieces(ctx, paths); err != nil {
		s.Close()
		return nil, err
	}
	s.lackSilent()
	return s, nil
}

func (s *Source) openPieces(ctx context.Context, paths []string) error {
	var raw []flash.Image
	for i, path := range paths {
		if err := s.refuseTwice(path); err != nil {
			return err
		}
		f, err := s.openFile(ctx, path)
		if err != nil {
			return err
		}
		if !isSparse(f) {
			return &UnreadableError{path, fmt.Sprintf("is not an Android sparse image, but %s is: only the pieces of one image can be given together", paths[max(i-1, 0)])}
		}
		raw = append(raw, f)
	}
	name := filepath.Base(paths[0])
	img, err := s.joinSparse(ctx, raw, name, paths)
	if err != nil {
		return err
	}
	s.Unpacked = true
	s.take(place(img, true), name)
	return s.openBeside(ctx)
}

// readSparse opens a sparse image and checks its checksums. Few images have any. Then the whole
// image is read once, because later reads of single ranges prove nothing.
func (s *Source) readSparse(ctx context.Context, in flash.Image, name string) (*image.Sparse, error) {
	img, err := image.ReadSparse(in)
	if err != nil {
		return nil, fmt.Errorf("source: %s: %w", name, err)
	}
	bad, err := img.CheckCRC(func(done int64) error {
		s.opt.progress(flash.Event{Op: "look", Done: done, Total: img.Size()})
		return ctx.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("source: %s: %w", name, err)
	}
	for _, p := range bad {
		p.Place = name
		s.Damaged = append(s.Damaged, p)
	}
	img.Problems = append(img.Problems, bad...)
	return img, nil
}

// tellSparse reports the problems of a sparse image.
func (s *Source) tellSparse(img *image.Sparse, name string) {
	for _, p := range img.Problems {
		p.Place = name
		s.Problems = append(s.Problems, p)
	}
}

// lackSilent marks the ranges that the sparse files of a device leave out as unread, whatever
// they are packed in. On a phone these bytes would keep their old values, and tools that make a
// sparse file of a whole dump (img2simg, mtkkit) write zeros as fills. Package layout later
// excepts ranges that no file system uses.
func (s *Source) lackSilent() {
	for i := range s.Parts {
		p := &s.Parts[i]
		p.Unread = flash.Union(p.Unread, flash.Holes(p.Image))
	}
}

// joinSparse joins the pieces of an image. Name is the name of the whole.
func (s *Source) joinSparse(ctx context.Context, raw []flash.Image, name string, paths []string) (flash.Image, error) {
	var pieces []*image.Sparse
	for _, f := range raw {
		p, err := s.readSparse(ctx, f, name)
		if err != nil {
			return nil, err
		}
		p.Problems = slices.DeleteFunc(p.Problems, func(bad flash.Problem) bool {
			return bad.Severity == flash.Note // another piece may have the missing range
		})
		s.tellSparse(p, name)
		pieces = append(pieces, p)
	}
	img, said, err := image.JoinSparse(pieces)
	if err != nil {
		return nil, fmt.Errorf("source: %s: %w", name, err)
	}
	s.problem(flash.Note, name, "joined from %d pieces of a sparse image; %s of it are in none of them (don't care)", len(pieces), flash.Size(flash.Total(flash.Holes(img))))
	s.Problems = append(s.Problems, JudgePieces(pieces, paths, img, said)...)
	return img, nil
}

// JudgePieces returns the problems that suggest that the pieces joined to img are not all of one
// image, or that others are among them. Said is the sum of the bytes in the pieces.
func JudgePieces(pieces []*image.Sparse, paths []string, img flash.Image, said int64) (out []flash.Problem) {
	add := func(i int, format string, a ...any) {
		out = append(out, flash.NewProblem(flash.Warning, filepath.Base(paths[i]), flash.NoOffset, format, a...))
	}
	for i, p := range pieces {
		if p.Size() != pieces[0].Size() {
			add(i, "is a piece of an image of %s, %s of one of %s: they are probably not pieces of one image", flash.Size(p.Size()), filepath.Base(paths[0]), flash.Size(pieces[0].Size()))
			break
		}
	}
	holes := flash.Holes(img)
	if twice := said - (img.Size() - flash.Total(holes)); twice > 0 {
		add(0, "several pieces have the same ranges, %s in all: the last piece was used; pieces of one image have no common ranges", flash.Size(twice))
	}
	if len(pieces) > 1 && lacksHead(holes) {
		add(0, "the first piece of the image is missing: its range is a hole")
	}
	if n, gap := gapIn(paths); gap && len(holes) > 0 {
		add(0, "piece %d of the sparse image was not given: its bytes are missing", n)
	}
	return out
}

// gapIn finds a gap in the numbers of pieces.
func gapIn(paths []string) (missing int, gap bool) {
	var numbers []int
	for _, path := range paths {
		m := pieceNumber.FindStringSubmatch(filepath.Base(path))
		if m == nil {
			return 0, false
		}
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return 0, false
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for i, n := range numbers[1:] {
		if n > numbers[i]+1 {
			return numbers[i] + 1, true
		}
	}
	return 0, false
}

// PieceOf says why an Android sparse file is one piece of several; "" if it does not seem to be
// one. The signs: files beside it with the same name and another number have the ranges that it
// leaves out; it leaves out the start of its image; or it has the name of a piece.
func PieceOf(path string) string {
	f, err := OpenFile(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if !isSparse(f) {
		return ""
	}
	s, err := image.ReadSparse(f)
	if err != nil {
		return ""
	}
	return pieceOf(s, filepath.Base(path), path)
}

// pieceOf is PieceOf for a sparse image of any origin. Path is "" if there are no files beside it.
func pieceOf(s *image.Sparse, name, path string) string {
	if s.DontCare == 0 {
		return ""
	}
	var others []string
	if path != "" {
		others = otherPieces(path, s)
	}
	switch {
	case len(others) > 0:
		return fmt.Sprintf("is one of several pieces of a sparse image (beside it: %s): give the others, too", list(others))
	case lacksHead(flash.Holes(s)):
		return "is one of several pieces of a sparse image, and not the first: give the others, too"
	case pieceName.MatchString(name):
		return "is one of several pieces of a sparse image, by its name: give the others, too"
	}
	return ""
}

// lacksHead reports whether an image has a hole where its header would be.
func lacksHead(holes []flash.Extent) bool {
	return len(holes) > 0 && holes[0].Offset == 0 && holes[0].Length >= farHole
}

// otherPieces lists the files beside a piece that have the ranges it leaves out.
func otherPieces(path string, s *image.Sparse) (names []string) {
	m := pieceNumber.FindStringSubmatch(filepath.Base(path))
	if m == nil {
		return nil
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		n := pieceNumber.FindStringSubmatch(e.Name())
		if n == nil || n[1] != m[1] || n[3] != m[3] || n[2] == m[2] || !e.Type().IsRegular() {
			continue
		}
		f, err := OpenFile(filepath.Join(filepath.Dir(path), e.Name()))
		if err != nil {
			continue
		}
		if other, err := image.ReadSparse(f); err == nil && completes(s, other) {
			names = append(names, e.Name())
		}
		f.Close()
	}
	return names
}

// completes reports whether all ranges of b are left out by a, in an image of the same size.
func completes(a, b *image.Sparse) bool {
	said := flash.Without([]flash.Extent{{Length: b.Size()}}, flash.Holes(b))
	return a.Size() == b.Size() && len(said) > 0 && len(flash.Without(said, flash.Holes(a))) == 0
}

// joinPieces replaces the pieces of an image in a folder or archive by one member.
func (s *Source) joinPieces(ctx context.Context, f *folder) error {
	if err := s.joinChunks(ctx, f); err != nil {
		return err
	}
	groups := map[string][]*member{}
	for _, m := range f.members {
		if m.used || m.starts == nil || !m.starts(sparseMagic) {
			continue
		}
		key := m.name // numbered parts are already one member
		if n := pieceNumber.FindStringSubmatch(m.name); n != nil {
			key = n[1] + "\x00" + n[3]
		}
		groups[key] = append(groups[key], m)
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		if g := groups[key]; len(g) == 1 && (g[0].path == "" || filepath.Base(g[0].path) == g[0].name) {
			continue
		}
		if err := s.joinAlike(ctx, f, groups[key]); err != nil {
			return err
		}
	}
	return nil
}

// joinAlike replaces several members whose names differ in a number by one, if they are pieces of one
// image. Their names do not say that they are.
func (s *Source) joinAlike(ctx context.Context, f *folder, group []*member) error {
	var raw []flash.Image
	var first *image.Sparse
	var named []string
	whole := &member{name: group[0].name, path: group[0].path}
	for _, m := range group {
		named = append(named, m.name)
		img, err := s.openRaw(ctx, m)
		if err != nil {
			return err
		}
		p, err := image.ReadSparse(img)
		if err != nil && !isSparse(img) { // numbered parts, joined when they were opened
			f.joined = m
		}
		switch {
		case err != nil || first != nil && !completes(first, p):
			return nil
		case first == nil:
			first = p
		}
		raw, whole.size = append(raw, img), whole.size+m.size
	}
	if len(group) == 1 {
		return nil
	}
	img, err := s.joinSparse(ctx, raw, whole.name, named)
	if err != nil {
		return err
	}
	whole.packed, f.joined = img, whole
	f.members[slices.Index(f.members, group[0])] = whole
	f.members = slices.DeleteFunc(f.members, func(m *member) bool { return slices.Contains(group[1:], m) })
	return nil
}
