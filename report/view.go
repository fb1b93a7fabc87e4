package report

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"math"
	"unicode/utf8"

	"github.com/mtkkit/mtkkit/flash"
)

// View is the report as a page shows it: in words, and with the shares of its pictures. Its texts are
// safe for a terminal, but not escaped for HTML.
type View struct {
	*Report
	Title  string
	File   string
	Facts  []ViewFact
	Gone   []ViewMissing
	Cut    bool // some of the missing bytes are in a region that the dump has
	Hashes bool // some row has a hash
	Areas  []ViewArea
	Legend []ClassInfo
	Both   bool // scatter addresses differ from the offsets in the region
	Count  string
	Logos  *ViewLogo
	Notes  []flash.Problem // problems that belong to no row
}

// ViewFact is a fact about the phone, with its source.
type ViewFact struct {
	Name, Value, From string
	Wide              bool
}

// ViewMissing is a range that is still to be read.
type ViewMissing struct {
	Missing
	Why string // what a region has that is not at hand
}

// ViewArea is a region with its strip and its rows.
type ViewArea struct {
	Region
	File     string
	Small    bool // a boot region: its strip is low
	Segments []ViewSegment
	Rows     []ViewRow
}

// ViewSegment is a part of a strip.
type ViewSegment struct {
	Segment
	Letter      string  // of its class
	Flag        bool    // its row has a warning or an error
	Linear, Log float64 // shares of the strip, in proportion and logarithmic; they do not add up to 1
	Tip         string
	Runs        []ViewRun
}

// LabelClass returns the CSS class for the length of its name; a style has the width that it needs.
func (s *ViewSegment) LabelClass() string { return labelClass(s.Name) }

// NewViewSegment returns the segment of a range of a region, without runs. Row is -1 for none.
func NewViewSegment(row int, name string, start, end int64) ViewSegment {
	p := ViewSegment{Segment: Segment{Row: row, Name: clean(name), Start: start, End: end}, Linear: weight(end - start)}
	p.Log = math.Log2(1 + p.Linear)
	p.Tip = fmt.Sprintf("%s %s 0x%x..0x%x", orDash(p.Name), flash.Size(end-start), start, end)
	return p
}

// ViewRun is a share with one state: "d" data, "z" zeros, "e" erased, "n" not read, "x" unreadable.
type ViewRun struct {
	State string
	N     float64
}

// ViewRow is a row of the table.
type ViewRow struct {
	*Row
	Index  int // in Report.Rows
	Name   string
	File   string
	Letter string
	What   string
	Judged *Judgement // nil for none
	True   string     // true length of the content, "" if it is not known
	Used   string
	Bar    []ViewRun
	Told   []flash.Problem // problems that are shown below the row
}

// Judgement says whether a row has what its name promises. Class is "yes" or "no".
type Judgement struct{ Class, Text string }

// ViewLogo is the boot logo with the pictures that can be shown.
type ViewLogo struct {
	*Logo
	Pictures []ViewPicture
}

// ViewPicture is a picture with the size of its small copy in pixels.
type ViewPicture struct {
	Picture
	W, H    int
	URL     template.URL // the small copy as a data: URL
	Caption string
}

// View returns what a page shows of the report.
func (r *Report) View() *View {
	p := &View{
		Report: r, Title: r.title(), File: clean(r.File), Legend: classes, Facts: r.facts(),
		Both: r.scatterDiffers(), Notes: r.General(), Logos: r.logos(),
	}
	for _, m := range r.Missing {
		p.Gone = append(p.Gone, ViewMissing{m, why(m.Region)})
		p.Cut = p.Cut || m.Length > 0
	}
	partitions := 0
	for _, reg := range r.Regions {
		a := ViewArea{Region: reg, File: clean(reg.File), Small: !reg.Name.IsUser()}
		a.Segments = r.viewSegments(reg)
		for i := range r.Rows {
			if row := &r.Rows[i]; row.Region == reg.Name {
				a.Rows = append(a.Rows, viewRowOf(row, i))
				p.Hashes = p.Hashes || row.SHA256 != ""
				if row.Kind == flash.KindPartition {
					partitions++
				}
			}
		}
		p.Areas = append(p.Areas, a)
	}
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

func (r *Report) facts() []ViewFact {
	p := r.Phone
	out := []ViewFact{{Name: "storage", Value: orDash(storageWord(p.Storage))}, {Name: "table", Value: tableWord(p)}}
	if p.Witness != "" {
		out = append(out, ViewFact{Name: "rows by", Value: clean(string(p.Witness))})
	}
	for _, f := range []struct {
		name string
		Fact
	}{{"chip", p.Chip}, {"project", p.Project}} {
		if f.Value == "" {
			out = append(out, ViewFact{Name: f.name, Value: "unknown"})
			continue
		}
		out = append(out, ViewFact{Name: f.name, Value: clean(f.Value), From: clean(f.From), Wide: true})
	}
	for _, f := range p.Build {
		out = append(out, ViewFact{Name: "software", Value: clean(f.Value), From: clean(f.From), Wide: true})
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

func (r *Report) viewSegments(reg Region) []ViewSegment {
	if reg.Size == 0 {
		return []ViewSegment{{Segment: Segment{Row: -1, Class: Gap}, Linear: 1, Log: 1, Tip: "not in the dump",
			Runs: []ViewRun{{"n", 1}}}}
	}
	var out []ViewSegment
	for _, s := range r.segments(reg) {
		p := NewViewSegment(s.Row, s.Name, s.Start, s.End)
		p.Class, p.Letter, p.Runs = s.Class, s.Class.letter(), viewRuns(s.Runs)
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

func viewRuns(runs []Run) []ViewRun {
	var out []ViewRun
	for _, x := range runs {
		state := string(x.State)
		if x.State == '-' {
			state = "n"
		}
		out = append(out, ViewRun{state, weight(x.End - x.Start)})
	}
	return out
}

func viewRowOf(r *Row, index int) ViewRow {
	p := ViewRow{Row: r, Index: index, Name: clean(r.Name), File: clean(r.File), Letter: r.Class.letter(), What: "–"}
	if r.Present > 0 {
		p.Used = r.used()
		p.Bar = amounts(r)
	}
	switch c := r.Content; {
	case c != nil:
		p.What = clean(r.what((*Content).words))
		p.Judged = judge(r)
	case r.Placed() && r.Length > 0:
		p.Judged = &Judgement{"no", "not in the dump"}
		p.What = ""
	}
	if t := r.trueLength(); t != "-" {
		p.True = t
	}
	p.Told = r.told()
	return p
}

// amounts returns the parts of a row's bar: how much of each state, not where.
func amounts(r *Row) []ViewRun {
	var out []ViewRun
	for _, x := range []struct {
		state string
		n     int64
	}{{"d", r.Fill.Data}, {"x", r.Fill.Bad}, {"e", r.Fill.Erased}, {"z", r.Fill.Zero}, {"n", r.Length - r.Present}} {
		if x.n > 0 {
			out = append(out, ViewRun{x.state, weight(x.n)})
		}
	}
	return out
}

func judge(r *Row) *Judgement {
	switch {
	case r.Content.Verdict == "contradicted":
		return &Judgement{"no", "not its own"}
	case r.Present < r.Length:
		return &Judgement{"no", "cut"}
	case r.Content.Verdict == "confirmed":
		return &Judgement{"yes", "✓"}
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

func (r *Report) logos() *ViewLogo {
	if r.Logo == nil || r.Logo.Count == 0 {
		return nil
	}
	l := &ViewLogo{Logo: r.Logo}
	for _, p := range r.Logo.Pictures {
		if len(p.PNG) == 0 {
			continue
		}
		k := max((p.Width+thumbWidth-1)/thumbWidth, (p.Height+thumbHeight-1)/thumbHeight, 1)
		v := ViewPicture{Picture: p, W: p.Width / k, H: p.Height / k, Caption: fmt.Sprintf("%d: %d×%d", p.Index, p.Width, p.Height),
			URL: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(p.PNG))}
		if !p.Sure {
			v.Caption += ", size guessed"
		}
		l.Pictures = append(l.Pictures, v)
	}
	return l
}
