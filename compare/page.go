package compare

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/report"
)

// Generator is in every page, near its start; it identifies mtkkit's pages.
const Generator = `<meta name="generator" content="mtkkit compare">`

//go:embed page.css
var pageCSS string

//go:embed page.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// HTML writes the result as one self-contained page, in the style of the blocks map: there is no
// script, and the browser may not load anything. Tool is the name and version of the program.
func (r *Result) HTML(w io.Writer, tool string) error {
	return pageTemplate.Execute(w, r.page(tool))
}

// page is what the template shows. All texts are safe to look at: what they have from dumps is on
// one line, without characters that change the direction.
type page struct {
	NameA, NameB, PathA, PathB, BuildA, BuildB string
	FirmwareA, FirmwareB                       bool
	Relation, Count, Main, Tool, What          string
	Reasons, Problems                          []string
	Same                                       bool // nothing differs
	Areas                                      []area
	Rows                                       []pageRow
	CSS                                        template.CSS
	PrintRows                                  int
}

// pageRow is a row of the table.
type pageRow struct {
	Index                      int
	Name, Region, Word, State  string
	SizeA, SizeB, Amount, Told string
	Ranges, Said               []string
	Verified                   string
	Bad, Gap                   bool // neither side is right
}

func (r *Result) page(tool string) *page {
	p := &page{
		NameA: filepath.Base(flash.Shown(r.Files[A])), NameB: filepath.Base(flash.Shown(r.Files[B])),
		PathA: flash.Shown(r.Files[A]), PathB: flash.Shown(r.Files[B]), BuildA: flash.Shown(r.Builds[A]), BuildB: flash.Shown(r.Builds[B]),
		FirmwareA: r.Package == A || r.Package == Both, FirmwareB: r.Package == B || r.Package == Both,
		Relation: strings.ToUpper(string(r.Relation[:1])) + string(r.Relation[1:]), Count: r.Count(), Main: string(r.main()), Tool: tool,
		Reasons: shown(r.Reasons), Same: r.Equal(), CSS: template.CSS(report.PageCSS + pageCSS),
	}
	switch r.Package {
	case "":
		p.What = "comparison of two dumps"
	case Both:
		p.What = "comparison of two firmware packages"
	default:
		p.What = "comparison with a firmware package"
	}
	for _, problem := range r.Problems {
		p.Problems = append(p.Problems, flash.Shown(problem.String()))
	}
	for i := range r.Rows {
		p.Rows = append(p.Rows, r.pageRow(i))
		if r.Rows[i].State != Equal {
			p.PrintRows += 1 + len(r.Rows[i].Said)
		}
	}
	p.Areas = r.areas()
	p.PrintRows += 4*len(p.Areas) + len(p.Reasons) + len(p.Problems)
	return p
}

func (p *page) LabelClass(name string) string {
	return (&report.ViewSegment{Segment: report.Segment{Name: name}}).LabelClass()
}

func shown(list []string) (out []string) {
	for _, s := range list {
		out = append(out, flash.Shown(s))
	}
	return out
}

func (r *Result) pageRow(i int) pageRow {
	row := &r.Rows[i]
	p := pageRow{Index: i, Name: flash.Shown(row.Name), Region: flash.Shown(string(row.Region)), Word: r.Word(row), State: r.color(row),
		Told: flash.Shown(row.Told()), Said: shown(row.Said), Verified: flash.Shown(row.Verified), Bad: row.Right == Neither, Gap: row.Kind == flash.KindGap}
	size := func(side Name) string {
		if n, has := row.Sizes[side]; has {
			return flash.Size(n).String()
		}
		return ""
	}
	p.SizeA, p.SizeB = size(A), size(B)
	if row.Sectors > 0 {
		p.Amount = flash.Size(row.Sectors * 512).String()
	}
	for _, e := range row.Ranges {
		p.Ranges = append(p.Ranges, fmt.Sprintf("0x%x..0x%x", e.Offset, e.End()))
	}
	return p
}

// color returns the class of a row's colour.
func (r *Result) color(row *Row) string {
	switch {
	case row.State == Equal:
		return "equal"
	case row.State == OnlyInA, row.State == OnlyInB:
		return "lone"
	case row.State == Unknown:
		return "unknown"
	case row.Usual != "":
		return "usual"
	}
	return "differs"
}

// main returns the side whose flash is drawn.
func (r *Result) main() Name {
	if r.Package == A {
		return B
	}
	return A
}

// area is a region of the side that is drawn.
type area struct {
	Name     flash.Region
	Small    bool // it is much smaller than the largest
	Segments []segment
	size     int64
}

// segment is a row as it is drawn, or what is between rows.
type segment struct {
	report.ViewSegment
	State string
}

// areas draws the regions. Two packages have none.
func (r *Result) areas() (out []area) {
	if r.Package == Both {
		return nil
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		it := row.couple.of(r.main())
		if it == nil || it.loose || it.Offset < 0 || it.Length == 0 || it.kind == flash.KindPreloader {
			continue
		}
		k := slices.IndexFunc(out, func(a area) bool { return a.Name == it.region })
		if k < 0 {
			k, out = len(out), append(out, area{Name: it.region})
		}
		out[k].add(r, i, it)
	}
	r.drawSuper(out)
	for i := range out {
		out[i].Name = flash.Region(flash.Shown(string(out[i].Name)))
	}
	largest := int64(1)
	for _, a := range out {
		largest = max(largest, a.size)
	}
	for i := range out {
		out[i].Small = out[i].size < largest/16
	}
	return out
}

// drawSuper puts super in its place, with the colour of the worst partition in it.
func (r *Result) drawSuper(areas []area) {
	it := r.super[r.main()]
	if it == nil {
		return
	}
	first, worst := -1, "equal"
	for i := range r.Rows {
		if row := &r.Rows[i]; row.Logical {
			if c := r.color(row); first < 0 || c == "differs" && worst != c || worst == "equal" {
				first, worst = i, c
			}
		}
	}
	for i := range areas {
		for k := range areas[i].Segments {
			if s := &areas[i].Segments[k]; areas[i].Name == it.region && s.Row < 0 && s.Start <= it.Offset && s.End >= it.End() {
				middle := segment{report.NewViewSegment(first, it.name, it.Offset, it.End()), worst}
				middle.Runs = []report.ViewRun{{State: "z", N: 1}}
				areas[i].Segments = slices.Replace(areas[i].Segments, k, k+1, between(s.State, s.Start, it.Offset, middle, it.End(), s.End)...)
				return
			}
		}
	}
}

// between returns a segment with what is before and behind it.
func between(state string, start, end int64, middle segment, from, to int64) (out []segment) {
	if start < end {
		out = append(out, filler(state, start, end))
	}
	if out = append(out, middle); from < to {
		out = append(out, filler(state, from, to))
	}
	return out
}

// filler is a range without a row: an equal gap, or one that a package cannot have.
func filler(state string, start, end int64) segment {
	s := segment{report.NewViewSegment(-1, "", start, end), state}
	s.Runs = []report.ViewRun{{State: "z", N: 1}}
	return s
}

// of returns the item of a side.
func (p *couple) of(side Name) *item {
	if side == A {
		return p.a
	}
	return p.b
}

// add draws a row behind those that are drawn. Equal gaps are no rows, so there may be a range
// before it.
func (a *area) add(r *Result, i int, it *item) {
	if it.Offset < a.size {
		return // it overlaps: it is in the table
	}
	if it.Offset > a.size {
		state := "equal"
		if r.Package != "" {
			state = "lone"
		}
		a.Segments = append(a.Segments, filler(state, a.size, it.Offset))
	}
	row := &r.Rows[i]
	s := segment{report.NewViewSegment(i, row.Name, it.Offset, it.End()), r.color(row)}
	s.Tip += ": " + r.Word(row)
	s.Runs = row.runs(it.Length)
	if row.Kind == flash.KindGap {
		s.Name = ""
	}
	a.Segments = append(a.Segments, s)
	a.size = it.End()
}

// runs draws where a row differs.
func (r *Row) runs(length int64) (out []report.ViewRun) {
	state := "z"
	switch r.State {
	case Unknown:
		state = "n"
	case Moved:
		state = "d"
	}
	share := func(state string, n int64) {
		if n > 0 {
			out = append(out, report.ViewRun{State: state, N: max(float64(n)/512, 1)})
		}
	}
	at := int64(0)
	for _, e := range r.Ranges {
		e = e.Clip(length)
		share(state, e.Offset-at)
		share("d", e.Length)
		at = max(at, e.End())
	}
	share(state, length-at)
	return out
}
