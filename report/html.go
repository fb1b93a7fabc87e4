package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// Generator is in every page, near its start; it identifies mtkkit's pages.
const Generator = `<meta name="generator" content="mtkkit blocks">`

// PageCSS is the style of the page, for other pages that look like it.
//
//go:embed page.css
var PageCSS string

//go:embed page.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"hex":        func(v int64) string { return fmt.Sprintf("0x%x", v) },
	"hex32":      func(v uint32) string { return fmt.Sprintf("0x%08x", v) },
	"hex10":      Hex10,
	"size":       func(v int64) string { return flash.Size(v).String() },
	"clean":      clean,
	"problem":    func(p flash.Problem) string { return clean(p.String()) },
	"labelClass": labelClass,
}).Parse(pageText))

// Hex10 returns an address, int64 or *int64, with the digits of 1 TiB, so that addresses can be compared
// by eye; "-" for none.
func Hex10(v any) string {
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

// page is the view with the values that only a printable page needs.
type page struct {
	*View
	CSS       template.CSS
	PrintRows int // number of lines of the table, for the size of the print
}

func (r *Report) page() *page {
	p := &page{View: r.View(), CSS: template.CSS(PageCSS)}
	for _, a := range p.Areas {
		p.PrintRows += 3
		for _, row := range a.Rows {
			p.PrintRows += 1 + len(row.Told)
		}
	}
	p.PrintRows += len(p.Notes) + 2*len(p.Gone) + 2*len(r.Conflicts)
	return p
}
