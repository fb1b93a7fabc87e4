package ui

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/ui/job"
	"github.com/mtkkit/mtkkit/ui/text"
	"github.com/mtkkit/mtkkit/words"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// pages has the template of each page, by the name of its file without ".html". pages/base.html is the
// frame of all; it calls the templates "title" and "main" of a page. Files whose names begin with "_"
// have templates for several pages.
var pages = parsePages()

func parsePages() map[string]*template.Template {
	base := template.Must(template.New("base.html").Funcs(functions(text.All()[0])).ParseFS(pageFiles, "pages/base.html", "pages/_*.html"))
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	out := map[string]*template.Template{}
	for _, name := range names {
		short := strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), ".html")
		if short != "base" && short[0] != '_' {
			out[short] = template.Must(template.Must(base.Clone()).ParseFS(pageFiles, name))
		}
	}
	return out
}

// functions are what templates can call.
func functions(l *text.Language) template.FuncMap {
	return template.FuncMap{
		"t":      l.T,
		"has":    l.Has,
		"hex":    func(n int64) string { return fmt.Sprintf("0x%x", n) },
		"size":   func(n int64) string { return flash.Size(n).String() },
		"named":  func(area string, name any) string { return named(l, area, fmt.Sprint(name)) },
		"clean":  words.OneLine,
		"lines":  words.Printable,
		"took":   func(d time.Duration) string { return d.Round(time.Second).String() },
		"when":   func(t time.Time) string { return t.Format("2006-01-02 15:04") },
		"action": func(name string) string { return l.T("action." + name) },

		"problem": func(p flash.Problem) string { return words.OneLine(words.Problem(p).String()) },
		"told":    func(p flash.Problem) string { return words.OneLine(words.Problem(p).Text) },
		"hex10":   report.Hex10,
		"hex32":   func(n uint32) string { return fmt.Sprintf("0x%08x", n) },
		"fill":    func(state string) string { return fillOf(state, report.Other) },
	}
}

// named returns the text for a word of the libraries in an area of the texts, or else the word itself.
func named(l *text.Language, area, word string) string {
	if key := area + "." + word; l.Has(key) {
		return l.T(key)
	}
	return words.OneLine(word)
}

// view is what the frame of every page needs.
type view struct {
	Lang      *text.Language
	Languages []*text.Language
	Here      string // path of this page, for links that come back to it
	Section   string // which entry of the navigation is marked: "start", "jobs" or ""
	Virtual   bool   // the phone is a virtual one
	Active    int    // number of jobs that have not ended
	Refresh   int    // the page loads itself again after so many seconds if scripts are off; 0: never
	Data      any
}

// show writes a page.
func (w *window) show(rw http.ResponseWriter, r *http.Request, status int, page string, v view) {
	v.Lang, v.Languages, v.Here = w.language(r), text.All(), cmp.Or(v.Here, r.URL.RequestURI())
	v.Virtual, v.Active = w.Port == portSim, w.jobs.Active()
	t, err := pages[page].Clone()
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	var b bytes.Buffer
	if err := t.Funcs(functions(v.Lang)).Execute(&b, v); err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = b.WriteTo(rw) // the browser may be gone
}

// failure is why a page cannot be shown or a form was not accepted: what the command line would say.
type failure struct {
	Text  string
	Hints []hint
}

// failed returns what is told about an error.
func failed(err error) *failure {
	if err == nil {
		return nil
	}
	said, hints, _ := words.Of(err)
	f := &failure{Text: words.Plain(said)}
	for _, h := range hints {
		f.Hints = append(f.Hints, hint{Text: h})
	}
	return f
}

// refuse shows a page that says why something cannot be done.
func (w *window) refuse(rw http.ResponseWriter, r *http.Request, status int, err error) {
	here := ""
	if r.Method == http.MethodPost { // there is no page at the address of a button
		here = "/"
	}
	w.show(rw, r, status, "refused", view{Here: here, Data: failed(err)})
}

// languageCookie has the language that the user chose.
const languageCookie = "language"

// language returns the language of the user: the chosen one, or that of the browser.
func (w *window) language(r *http.Request) *text.Language {
	if c, err := r.Cookie(languageCookie); err == nil {
		if l := text.Find(c.Value); l != nil {
			return l
		}
	}
	return text.Accepted(r.Header.Get("Accept-Language"))
}

// setLanguage keeps the chosen language and goes back to the page.
func (w *window) setLanguage(rw http.ResponseWriter, r *http.Request) {
	if l := text.Find(r.PostFormValue("language")); l != nil {
		http.SetCookie(rw, &http.Cookie{Name: languageCookie, Value: l.Code, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: 365 * 24 * 3600})
	}
	back(rw, r, r.PostFormValue("back"))
}

// back goes to a page of this window; any other address becomes the start page.
func back(rw http.ResponseWriter, r *http.Request, path string) {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, `\`) || strings.ContainsFunc(path, unicode.IsControl) { // browsers leave out tabs
		path = "/"
	}
	http.Redirect(rw, r, path, http.StatusSeeOther)
}

// jobAddress is the page of a job.
func jobAddress(j *job.Job) string { return fmt.Sprintf("/jobs/%d", j.Now().ID) }
