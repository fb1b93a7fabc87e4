package source

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
)

// chunkNames match the names that packages give to the pieces of one sparse image, with the name of
// the whole and the number: super.img_sparsechunk.3 and system.img_sparsechunk3 (fastboot packages of
// Motorola), super.sparse.3.img, super.3.img, and super.3.1f2e3d4c.img (unpacked packages of Oppo).
var chunkNames = []*regexp.Regexp{
	regexp.MustCompile(`(?i)^([a-z0-9_-]+?)(?:\.img|\.bin)?[._-]sparse[._-]?(?:chunk)?[._-]?([0-9]{1,4})(?:\.img|\.bin)?$`),
	regexp.MustCompile(`(?i)^([a-z0-9_-]+)\.([0-9]{1,4})(?:\.[0-9a-f]{8})?\.img$`),
}

// chunk is one piece of a sparse image in a package.
type chunk struct {
	*member
	number int
	sparse *image.Sparse
}

// chunkOf returns the name of the image of which a file is a piece, by its name, and its number.
func chunkOf(name string) (stem string, number int, ok bool) {
	for _, r := range chunkNames {
		if m := r.FindStringSubmatch(name); m != nil {
			number, err := strconv.Atoi(m[2])
			return strings.ToLower(m[1]), number, err == nil
		}
	}
	return "", 0, false
}

// joinChunks replaces the pieces of each image by one member with the name of the image. Pieces that
// cannot be all of one image are reported, and not used at all.
func (s *Source) joinChunks(ctx context.Context, f *folder) error {
	groups := map[string][]chunk{}
	var stems []string
	for _, m := range f.members {
		stem, number, ok := chunkOf(m.name)
		if !ok || m.used || m.starts == nil || !m.starts(sparseMagic) {
			continue
		}
		if groups[stem] == nil {
			stems = append(stems, stem)
		}
		groups[stem] = append(groups[stem], chunk{member: m, number: number})
	}
	slices.Sort(stems)
	for _, stem := range stems {
		g := groups[stem]
		slices.SortStableFunc(g, func(a, b chunk) int { return a.number - b.number })
		img, why, err := s.joinGroup(ctx, stem, g)
		if err != nil {
			return err
		}
		whole := &member{name: stem + ".img", path: g[0].path, packed: img, img: img}
		for _, c := range g {
			c.used = true
			whole.size += c.size
		}
		if why != "" {
			s.problem(flash.Error, stem, "%s: the image is left out", why)
			f.refused = append(f.refused, stem+": "+why)
			continue
		}
		f.joined = whole
		f.members[slices.Index(f.members, g[0].member)] = whole
		f.members = slices.DeleteFunc(f.members, func(m *member) bool {
			return slices.ContainsFunc(g, func(c chunk) bool { return c.member == m })
		})
	}
	return nil
}

// joinGroup joins the pieces of one image, in the order of their numbers, or returns why they cannot
// be its pieces. A missing piece is a problem, and its bytes are a hole.
func (s *Source) joinGroup(ctx context.Context, stem string, g []chunk) (img flash.Image, why string, err error) {
	pieces := make([]*image.Sparse, 0, len(g))
	for i := range g {
		c := &g[i]
		if i > 0 && c.number == g[i-1].number {
			return nil, fmt.Sprintf("%s and %s are both piece %d", g[i-1].name, c.name, c.number), nil
		}
		raw, err := s.openRaw(ctx, c.member)
		if err != nil {
			return nil, "", err
		}
		if c.sparse, err = s.readSparse(ctx, raw, c.name); err != nil {
			return nil, fmt.Sprintf("%s cannot be read: %v", c.name, err), nil
		}
		c.sparse.Problems = slices.DeleteFunc(c.sparse.Problems, func(p flash.Problem) bool {
			return p.Severity == flash.Note // another piece has the range
		})
		s.tellSparse(c.sparse, c.name)
		pieces = append(pieces, c.sparse)
	}
	if why := contradiction(g); why != "" {
		return nil, why, nil
	}
	if img, _, err = image.JoinSparse(pieces); err != nil {
		return nil, "", err
	}
	if lost := missingChunks(g, lacksHead(flash.Holes(img))); len(lost) > 0 {
		s.problem(flash.Error, stem, "piece %s of its sparse image is not in the package: its bytes are missing", list(lost))
	}
	s.problem(flash.Note, stem, "joined from %d pieces of a sparse image", len(pieces))
	return img, "", nil
}

// contradiction says why pieces are not all of one image, "" if they may be.
func contradiction(g []chunk) string {
	var said []flash.Extent
	for i, c := range g {
		if c.sparse.Size() != g[0].sparse.Size() {
			return fmt.Sprintf("%s is a piece of an image of %s, %s of one of %s", c.name, flash.Size(c.sparse.Size()), g[0].name, flash.Size(g[0].sparse.Size()))
		}
		has := flash.Without([]flash.Extent{{Length: c.sparse.Size()}}, flash.Holes(c.sparse))
		if again := flash.Total(has) - flash.Total(flash.Without(has, said)); i > 0 && again > 0 {
			return fmt.Sprintf("%s has %s that another piece has, too", c.name, flash.Size(again))
		}
		said = flash.Union(said, has)
	}
	return ""
}

// missingChunks returns the numbers that pieces lack. The first number is 0 or 1; it is 0 if the image
// lacks its head. How many pieces there should be, nothing says.
func missingChunks(g []chunk, headless bool) (lost []string) {
	next := min(g[0].number, 1)
	if headless {
		next = 0
	}
	for _, c := range g {
		for ; next < c.number; next++ { // numbers have at most four digits
			lost = append(lost, strconv.Itoa(next))
		}
		next = c.number + 1
	}
	return lost
}

// isChunk reports whether a file is a piece of a sparse image by its name.
func isChunk(file string) bool {
	_, _, ok := chunkOf(path.Base(file))
	return ok
}
