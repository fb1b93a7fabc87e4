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

// Input is what is known before the rows are read.
type Input struct {
	Tool      string   // "mtkkit 1.0"
	File      string   // path of the dump; only its last element is shown
	Phone     Identity // Build is filled in here
	Regions   []Region
	Missing   []Missing
	Conflicts []Conflict
	Rows      []Source
	Boots     []BootRegion
	Problems  flash.Problems
	Full      bool              // read every byte instead of spots
	Progress  func(flash.Event) // nil for none
}

// Source is a row and where its bytes are.
type Source struct {
	flash.ManifestEntry
	Scatter *int64      // scatter address, nil unknown
	Image   flash.Image // what is at hand of it; nil for nothing
}

// BootRegion is a boot region at hand and what was read from it.
type BootRegion struct {
	Region flash.Region
	Source string
	Header *preloader.Region // nil when it holds no preloader
}

// Build reads what the rows hold and makes the report. Its error is the context's.
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

// list copies s; in documents an empty list is [], not null.
func list[T any](s []T) []T { return append([]T{}, s...) }

// placeOf sorts rows without an address behind all others.
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

// row reads what one row holds.
func (b *builder) row(s Source) error {
	row := Row{
		Kind: s.Kind, Name: s.Name, Class: classOf(&s.ManifestEntry), Region: s.Region, Scatter: s.Scatter,
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
		row.File = "" // a split leaves such gaps out
	}
	if c := row.Content; c != nil {
		row.settle()
		if c.Verdict == image.Contradicted.String() {
			b.Conflicts = append(b.Conflicts, Conflict{row.Name, fmt.Sprintf("%s: the table puts it at 0x%x, where the content is %s", row.Name, row.Start, c.words())})
		}
	}
	b.Rows = append(b.Rows, row)
	return nil
}

// settle corrects what the start of a row alone cannot tell.
func (r *Row) settle() {
	if r.blank() && r.Fill.Data > 0 {
		r.Content.Kind = image.Unknown.String() // blank at its start only
	}
}

// verdict asks whether the content belongs under the name; gaps have none.
func verdict(r Row, c image.Content) image.Verdict {
	switch r.Kind {
	case flash.KindPartition:
		return image.Agrees(scatter.Canonical(r.Name), c)
	case flash.KindPreloader:
		return image.Agrees("preloader", c)
	}
	return image.Neutral
}

// words names the content for the user, with the name it gives itself.
func (c *Content) words() string {
	if c.Label == "" {
		return c.Kind
	}
	return fmt.Sprintf("%s %q", c.Kind, c.Label)
}

// blank reports whether nothing but erased flash was seen in the row.
func (r *Row) blank() bool {
	k := r.Content.Kind
	return k == image.Zero.String() || k == image.Erased.String()
}

// what names the row's content for the user. Of a blank row it says how sure that is:
// the end of a row may hold what a few spots of it do not show.
func (r *Row) what(name func(*Content) string) string {
	s := name(r.Content)
	if r.blank() && !r.Fill.Exact {
		s += " where sampled"
	}
	return s
}

// assign gives each row the problems that are told of it by name, or by region for
// the rows that stand for one.
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

// emptyImage has no bytes.
type emptyImage struct{}

func (emptyImage) ReadAt([]byte, int64) (int, error) { return 0, nil }
func (emptyImage) Size() int64                       { return 0 }
