package report

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"unicode/utf8"

	"github.com/mtkkit/mtkkit/flash"
)

// Generator is in every page, near its start; it identifies mtkkit's pages.
const Generator = `<meta name="generator" content="mtkkit blocks">`

//go:embed page.css
var pageCSS string

//go:embed page.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"hex":        func(v int64) string { return fmt.Sprintf("0x%x", v) },
	"hex32":      func(v uint32) string { return fmt.Sprintf("0x%08x", v) },
	"hex10":      hexAny,
	"size":       func(v int64) string { return flash.Size(v).String() },
	"clean":      clean,
	"problem":    func(p flash.Problem) string { return clean(p.String()) },
	"labelClass": labelClass,
}).Parse(pageText))

func hexAny(v any) string {
	if p, ok := v.(*int64); ok {
		return hexOr(p)
	}
	return hex10(v.(int64))
}

// HTML writes the report as one self-contained page: style and pictures are in it, there is no
// script, and the browser may not load anything.
func (r *Report) HTML(w io.Writer) error {
	return pageTemplate.Execute(w, r.page())
}

// page is the report with the values that the template needs.
type page struct {
	*Report
	Title     string
	File      string
	CSS       template.CSS
	PrintRows int // number of lines of the table, for the size of the print
	Facts     []pageFact
	Gone      []pageMissing
	Cut       bool // some of the missing bytes are in a region that the dump has
	Hashes    bool // some row has a hash
	Areas     []pageArea
	Legend    any
	Both      bool // scatter addresses differ from the offsets in the region
	Count     string
	Logos     *pageLogo
	Notes     []flash.Problem
}

type pageFact struct {
	Name, Value, From string
	Wide              bool
}

type pageMissing struct {
	Missing
	Why string
}

type pageArea struct {
	Region
	File     string
	Small    bool // a boot region: its strip is low
	Segments []pageSegment
	Rows     []pageRow
}

type pageSegment struct {
	Segment
	Letter      string
	Flag        bool
	Linear, Log float64
	Tip         string
	Runs        []pageRun
}

type pageRun struct {
	State string
	N     float64
}

type pageRow struct {
	*Row
	Index  int
	Name   string
	File   string
	Letter string
	What   string
	Judged *judged
	True   string
	Used   string
	Bar    []pageRun
	Told   []flash.Problem
}

type judged struct{ Class, Text string }

type pageLogo struct {
	*Logo
	Pictures []pagePicture
}

type pagePicture struct {
	Picture
	W, H    int
	URL     template.URL
	Caption string
}

func (r *Report) page() *page {
	p := &page{
		Report: r, Title: r.title(), File: clean(r.File), CSS: template.CSS(pageCSS), Legend: classes, Facts: r.facts(),
		Both: r.scatterDiffers(), Notes: r.General(), Logos: r.logos(),
	}
	for _, m := range r.Missing {
		p.Gone = append(p.Gone, pageMissing{m, why(m.Region)})
		p.Cut = p.Cut || m.Length > 0
	}
	partitions := 0
	for _, reg := range r.Regions {
		a := pageArea{Region: reg, File: clean(reg.File), Small: !reg.Name.IsUser()}
		a.Segments = r.pageSegments(reg)
		for i := range r.Rows {
			if row := &r.Rows[i]; row.Region == reg.Name {
				a.Rows = append(a.Rows, pageRowOf(row, i))
				p.PrintRows += 1 + len(a.Rows[len(a.Rows)-1].Told)
				p.Hashes = p.Hashes || row.SHA256 != ""
				if row.Kind == flash.KindPartition {
					partitions++
				}
			}
		}
		p.PrintRows += 3
		p.Areas = append(p.Areas, a)
	}
	p.PrintRows += len(p.Notes) + 2*len(p.Gone) + 2*len(r.Conflicts)
	p.Count = fmt.Sprintf("%d partitions, %d rows", partitions, len(r.Rows))
	return p
}

func (r *Report) title() string {
	switch chip, project := r.Phone.Chip.Value, clean(r.Phone.Project.Value); {
	case chip != "" && project != "":
		return clean(chip) + " · " + project
	case chip != "":
		return clean(chip)
	case project != "":
		return project
	}
	return clean(r.File)
}

func (r *Report) facts() []pageFact {
	p := r.Phone
	out := []pageFact{{Name: "storage", Value: orDash(storageWord(p.Storage))}, {Name: "table", Value: tableWord(p)}}
	if p.Witness != "" {
		out = append(out, pageFact{Name: "rows by", Value: clean(string(p.Witness))})
	}
	for _, f := range []struct {
		name string
		Fact
	}{{"chip", p.Chip}, {"project", p.Project}} {
		if f.Value == "" {
			out = append(out, pageFact{Name: f.name, Value: "unknown"})
			continue
		}
		out = append(out, pageFact{Name: f.name, Value: clean(f.Value), From: clean(f.From), Wide: true})
	}
	for _, f := range p.Build {
		out = append(out, pageFact{Name: "software", Value: clean(f.Value), From: clean(f.From), Wide: true})
	}
	return out
}

// why says what a missing region contains.
func why(r flash.Region) string {
	switch r {
	case flash.EMMCBoot1, flash.UFSLU0:
		return "it has the preloader, and the user area does not"
	case flash.EMMCBoot2, flash.UFSLU1:
		return "the second copy of the preloader, on phones that have one"
	}
	return ""
}

// scatterDiffers reports whether addresses need two columns.
func (r *Report) scatterDiffers() bool {
	for _, row := range r.Rows {
		if row.Scatter != nil && *row.Scatter != row.Start && row.Region.IsUser() {
			return true
		}
	}
	return false
}

func (r *Report) pageSegments(reg Region) []pageSegment {
	if reg.Size == 0 {
		return []pageSegment{{Segment: Segment{Row: -1, Class: Gap}, Linear: 1, Log: 1, Tip: "not in the dump",
			Runs: []pageRun{{"n", 1}}}}
	}
	var out []pageSegment
	for _, s := range r.segments(reg) {
		p := pageSegment{Segment: s, Letter: s.Class.letter(), Linear: weight(s.End - s.Start), Runs: pageRuns(s.Runs)}
		p.Log = math.Log2(1 + p.Linear)
		p.Name = clean(s.Name)
		p.Tip = fmt.Sprintf("%s %s 0x%x..0x%x", orDash(p.Name), flash.Size(s.End-s.Start), s.Start, s.End)
		if s.Row >= 0 {
			p.Flag = flash.Worst(r.Rows[s.Row].Problems) > flash.Note
		}
		if s.Class == Gap {
			p.Name = ""
		}
		out = append(out, p)
	}
	return out
}

// weight returns a length in sectors, for shares of the strip. If the shares added up to less
// than 1, a part of the strip would be empty.
func weight(n int64) float64 { return max(float64(n)/512, 1) }

func pageRuns(runs []Run) []pageRun {
	var out []pageRun
	for _, x := range runs {
		state := string(x.State)
		if x.State == '-' {
			state = "n"
		}
		out = append(out, pageRun{state, weight(x.End - x.Start)})
	}
	return out
}

func pageRowOf(r *Row, index int) pageRow {
	p := pageRow{Row: r, Index: index, Name: clean(r.Name), File: clean(r.File), Letter: r.Class.letter(), What: "–"}
	if r.Present > 0 {
		p.Used = r.used()
		p.Bar = amounts(r)
	}
	switch c := r.Content; {
	case c != nil:
		p.What = clean(r.what((*Content).words))
		p.Judged = judge(r)
	case r.Placed() && r.Length > 0:
		p.Judged = &judged{"no", "not in the dump"}
		p.What = ""
	}
	if t := r.trueLength(); t != "-" {
		p.True = t
	}
	p.Told = r.told()
	return p
}

// amounts returns the parts of a row's bar: how much of each state, not where.
func amounts(r *Row) []pageRun {
	var out []pageRun
	for _, x := range []struct {
		state string
		n     int64
	}{{"d", r.Fill.Data}, {"x", r.Fill.Bad}, {"e", r.Fill.Erased}, {"z", r.Fill.Zero}, {"n", r.Length - r.Present}} {
		if x.n > 0 {
			out = append(out, pageRun{x.state, weight(x.n)})
		}
	}
	return out
}

func judge(r *Row) *judged {
	switch {
	case r.Content.Verdict == "contradicted":
		return &judged{"no", "not its own"}
	case r.Present < r.Length:
		return &judged{"no", "cut"}
	case r.Content.Verdict == "confirmed":
		return &judged{"yes", "✓"}
	}
	return nil
}

// labelClass returns the CSS class for a label's length; the style has the width that it needs.
func labelClass(name string) string {
	n := utf8.RuneCountInString(name)
	for _, w := range []int{4, 6, 8, 11, 15} {
		if n <= w {
			return fmt.Sprintf("w%d", w)
		}
	}
	return "w99"
}

func (r *Report) logos() *pageLogo {
	if r.Logo == nil || r.Logo.Count == 0 {
		return nil
	}
	l := &pageLogo{Logo: r.Logo}
	for _, p := range r.Logo.Pictures {
		if len(p.PNG) == 0 {
			continue
		}
		k := max((p.Width+thumbWidth-1)/thumbWidth, (p.Height+thumbHeight-1)/thumbHeight, 1)
		v := pagePicture{Picture: p, W: p.Width / k, H: p.Height / k, Caption: fmt.Sprintf("%d: %d×%d", p.Index, p.Width, p.Height),
			URL: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(p.PNG))}
		if !p.Sure {
			v.Caption += ", size guessed"
		}
		l.Pictures = append(l.Pictures, v)
	}
	return l
}
