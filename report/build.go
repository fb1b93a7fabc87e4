package report

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// Input has the facts that are known before the rows are read.
type Input struct {
	Tool      string   // "mtkkit 1.0"
	File      string   // path of the dump; only its last element is shown
	Phone     Identity // Build (the function) fills in its Build
	Regions   []Region
	Missing   []Missing
	Conflicts []Conflict
	Rows      []Source
	Boots     []BootRegion
	Problems  flash.Problems
	Full      bool              // read every byte instead of samples
	Progress  func(flash.Event) // nil for none
}

// Source is a row and its bytes.
type Source struct {
	flash.ManifestEntry
	Scatter *int64      // address in the scatter file, nil if unknown
	Image   flash.Image // the bytes that the dump has; nil for none
}

// BootRegion is a boot region of the dump, with its parsed header.
type BootRegion struct {
	Region flash.Region
	Source string
	Header *preloader.Region // nil if it has no preloader
}

// Build reads the rows and makes the report. Its error is that of ctx.
func Build(ctx context.Context, f Input) (*Report, error) {
	r := &Report{
		Schema: Schema, Tool: f.Tool, File: filepath.Base(f.File), Sampled: !f.Full, Phone: f.Phone,
		Missing: list(f.Missing), Conflicts: list(f.Conflicts),
		Regions: list(f.Regions), Rows: []Row{}, Preloaders: cards(f.Boots),
		Problems: list(f.Problems),
	}
	b := &builder{Report: r, meter: newMeter(ctx, f)}
	sources := slices.Clone(f.Rows)
	order := map[flash.Region]int{}
	for i, reg := range r.Regions {
		order[reg.Name] = i
	}
	slices.SortStableFunc(sources, func(x, y Source) int {
		return cmp.Or(cmp.Compare(order[x.Region], order[y.Region]), cmp.Compare(placeOf(x), placeOf(y)))
	})
	for _, s := range sources {
		if err := b.row(s); err != nil {
			return nil, err
		}
	}
	b.assign()
	r.Phone.Build = b.software(sources)
	for _, s := range sources {
		if s.Image != nil && r.Logo == nil && s.Kind == flash.KindPartition && scatter.Canonical(s.Name) == "logo" {
			r.Logo = decodeLogo(ctx, s.Name, s.Image)
		}
	}
	return r, ctx.Err()
}

// list copies s, so that an empty list is [] in documents, not null.
func list[T any](s []T) []T { return append([]T{}, s...) }

// placeOf is the sort key of a row; rows without an offset come last.
func placeOf(s Source) uint64 { return uint64(s.Offset) }

func newMeter(ctx context.Context, f Input) *meter {
	m := &meter{ctx: ctx, full: f.Full, buf: make([]byte, short), step: func(int64) {}}
	if !f.Full {
		return m
	}
	m.buf = make([]byte, chunk)
	if f.Progress != nil {
		e := flash.Event{Op: "blocks"}
		for _, s := range f.Rows {
			if s.Image != nil {
				e.Total += s.Image.Size()
			}
		}
		m.step = func(n int64) {
			e.Done += n
			f.Progress(e)
		}
	}
	return m
}

// builder adds rows to a report.
type builder struct {
	*Report
	meter *meter
}

// row adds one row and reads its content.
func (b *builder) row(s Source) error {
	row := Row{
		Kind: s.Kind, Name: s.Name, Class: ClassOf(&s.ManifestEntry), Region: s.Region, Scatter: s.Scatter,
		Start: s.Offset, Length: s.Length, File: s.File, Operation: s.Operation, Type: s.Type,
		Witness: s.Witness, SHA256: s.SHA256, Guess: s.Guess, Unnamed: s.Unnamed,
	}
	img := s.Image
	if img == nil {
		img = flash.Slice(emptyImage{}, flash.Extent{})
	}
	row.Present = min(img.Size(), row.Length)
	if row.Present > 0 {
		c := image.Sniff(img)
		row.Content = &Content{Kind: c.Kind.String(), Label: c.Label, Length: c.Length, Verdict: verdict(row, c).String()}
	}
	var err error
	if row.Fill, err = b.meter.measure(img, row.Length); err != nil {
		return err
	}
	if row.Fill.Bad > 0 {
		b.Problems = append(b.Problems, flash.NewProblem(flash.Error, row.Name, row.Start, "0x%x bytes could not be read, now or when the dump was made", row.Fill.Bad))
	}
	if f := row.Fill; row.Kind == flash.KindGap && f.Exact && f.Zero == row.Present {
		row.File = "" // a split makes no file for such a gap
	}
	if c := row.Content; c != nil {
		row.settle()
		if c.Verdict == image.Contradicted.String() {
			b.Conflicts = append(b.Conflicts, Conflict{row.Name, fmt.Sprintf("%s: by the table it is at 0x%x, but the content there is %s", row.Name, row.Start, c.words())})
		}
	}
	b.Rows = append(b.Rows, row)
	return nil
}

// settle corrects facts for which the start of the row was not enough.
func (r *Row) settle() {
	if r.blank() && r.Fill.Data > 0 {
		r.Content.Kind = image.Unknown.String() // only its start is blank
	}
}

// verdict reports whether the content belongs to the name. Gaps have no verdict.
func verdict(r Row, c image.Content) image.Verdict {
	switch r.Kind {
	case flash.KindPartition:
		return image.Agrees(scatter.Canonical(r.Name), c)
	case flash.KindPreloader:
		return image.Agrees("preloader", c)
	}
	return image.Neutral
}

// words returns the kind of the content with the name it has in itself.
func (c *Content) words() string {
	if c.Label == "" {
		return c.Kind
	}
	return fmt.Sprintf("%s %q", c.Kind, c.Label)
}

// blank reports whether all bytes that were read are erased flash.
func (r *Row) blank() bool {
	k := r.Content.Kind
	return k == image.Zero.String() || k == image.Erased.String()
}

// what names the row's content for people. For a blank row it says if only samples were read,
// because the rest of the row may have data.
func (r *Row) what(name func(*Content) string) string {
	s := name(r.Content)
	if r.blank() && !r.Fill.Exact {
		s += " where sampled"
	}
	return s
}

// assign gives each row the problems with its name, or with its region for a row that is a whole
// region.
func (b *builder) assign() {
	for i := range b.Rows {
		row := &b.Rows[i]
		for _, p := range b.Problems {
			if p.Place != "" && p.Place == row.Name && row.Kind != flash.KindRegion {
				row.Problems = append(row.Problems, p)
			}
		}
	}
}

// emptyImage is an Image without bytes.
type emptyImage struct{}

func (emptyImage) ReadAt([]byte, int64) (int, error) { return 0, nil }
func (emptyImage) Size() int64                       { return 0 }
