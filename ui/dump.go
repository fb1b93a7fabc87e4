package ui

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/ui/form"
	"github.com/mtkkit/mtkkit/ui/text"
	"github.com/mtkkit/mtkkit/whatis"
	"github.com/mtkkit/mtkkit/words"
)

func (w *window) dumpRoutes(m *http.ServeMux) {
	w.dumps.tool, w.dumps.note = w.Tool, w.recent.add
	m.HandleFunc("POST /open", w.openDump)
	m.HandleFunc("GET /dump/{id}", w.withContent(w.showContent))
	m.HandleFunc("GET /dump/{id}/events", w.withDump(w.openingEvents))
	m.HandleFunc("POST /dump/{id}/cancel", w.withDump(func(rw http.ResponseWriter, r *http.Request, x *opened) {
		w.dumps.stop(x)
		back(rw, r, x.address())
	}))
	m.HandleFunc("GET /dump/{id}/map.html", w.withContent(w.saveMap))
	m.HandleFunc("GET /dump/{id}/logo/{n}", w.withContent(w.showLogo))
	w.partRoutes(m)
	w.insideRoutes(m)
}

// openFirst goes to what the program was started with, once; it returns false later, and if there is
// none.
func (w *window) openFirst(rw http.ResponseWriter, r *http.Request) (yes bool) {
	w.dumps.first.Do(func() {
		if yes = w.Open != ""; yes {
			back(rw, r, w.dumps.open(opening{Path: w.Open}).address())
		}
	})
	return yes
}

// shortly is how long the answer to the opening form waits for a small dump.
const shortly = 300 * time.Millisecond

// openDump begins to open what the form names.
func (w *window) openDump(rw http.ResponseWriter, r *http.Request) {
	o := opening{Path: cleanTyped(r.PostFormValue("path")), Scatter: cleanTyped(r.PostFormValue("scatter")), Boot1: cleanTyped(r.PostFormValue("boot1")),
		Pieces: r.PostFormValue("pieces"), Key: cleanTyped(r.PostFormValue("key")), Passphrase: r.PostFormValue("passphrase")}
	if o.Path == "" {
		w.showStart(rw, r, http.StatusOK, o, errors.New(w.language(r).T("refused.path")))
		return
	}
	id, _ := strconv.Atoi(r.PostFormValue("as")) // opened before, perhaps with a passphrase
	if old := w.dumps.find(id); old != nil && old.Path == o.Path && o.Passphrase == "" {
		o.Passphrase = old.Passphrase
	}
	x := w.dumps.open(o)
	ready, cancel := context.WithTimeout(r.Context(), shortly)
	defer cancel()
	for s, change := w.dumps.state(x); s.Running && ready.Err() == nil; s, change = w.dumps.state(x) {
		select {
		case <-change:
		case <-ready.Done():
		}
	}
	if r.PostFormValue("then") == "verify" && w.verify(rw, r, x) {
		return
	}
	back(rw, r, x.address())
}

// verify starts the job that verifies what was opened. It returns false if there is none, or if it cannot be
// opened: its page says why, and asks for the key.
func (w *window) verify(rw http.ResponseWriter, r *http.Request, x *opened) bool {
	s, _ := w.dumps.state(x)
	here := w.forForms(x)
	i := slices.IndexFunc(form.For(here), func(a *form.Action) bool { return a.Direct() && !a.Writes() })
	locked := archiveName.MatchString(x.Path) && x.Passphrase == "" && x.Key == ""
	if s.Err != nil || locked || i < 0 {
		return false
	}
	a := form.For(here)[i]
	order, _ := a.Order(here, a.Defaults(here))
	order.Form = actionAddress(x, a.Name)
	j, err := w.jobs.Start(order)
	if err != nil {
		return false
	}
	back(rw, r, jobAddress(j))
	return true
}

// head has what all pages of an entry need of it. It has no passphrase.
type head struct {
	Address string
	Path    string
}

func headOf(x *opened) head { return head{x.address(), x.Path} }

// openForm has the fields of the form that opens a dump.
type openForm struct {
	As                                int // id of the entry that it opens in another way; 0 for none
	Path, Scatter, Boot1, Pieces, Key pathField
	AskPath, Locked, AskPieces        bool
}

func formOf(l *text.Language, x *opened) openForm {
	return openForm{
		As:      x.id,
		Path:    pathField{Name: "path", Label: l.T("start.path"), Value: x.Path, Kind: "either", Help: l.T("start.path.help"), Required: true},
		Scatter: scatterField(l, x.Scatter), Boot1: boot1Field(l, x.Boot1),
		Pieces: pathField{Name: "pieces", Label: l.T("dump.pieces"), Value: x.Pieces, Help: l.T("dump.pieces.help")},
		Key:    pathField{Name: "key", Label: l.T("dump.key"), Value: x.Key, Kind: "file", Help: l.T("dump.key.help")},
	}
}

// openingPage is shown while a dump is being opened, and when it cannot be opened.
type openingPage struct {
	head
	openState
	Percent  int // -1 if it is not known
	Failure  *failure
	Problems []flash.Problem
	Form     openForm
}

func (w *window) openingPage(l *text.Language, x *opened, s openState) openingPage {
	p := openingPage{head: headOf(x), openState: s, Percent: -1, Failure: failed(s.Err), Problems: problemsOf(s.Err), Form: formOf(l, x)}
	if s.Event.Total > 0 {
		p.Percent = int(100 * s.Event.Done / s.Event.Total)
	}
	p.Failure.cure(l, nil, "", "")
	p.Form.AskPath, p.Form.AskPieces = true, x.Pieces != ""
	p.Form.Locked = errors.Is(s.Err, seal.ErrKey) || errors.Is(s.Err, errPassphrase) || s.Err != nil && x.Key != "" // perhaps the key is no key
	return p
}

// showOpening shows the progress of the opening, or why it failed.
func (w *window) showOpening(rw http.ResponseWriter, r *http.Request, x *opened) {
	s, _ := w.dumps.state(x)
	v := view{Data: w.openingPage(w.language(r), x, s)}
	if s.Err == nil {
		v.Refresh = 1
	}
	w.show(rw, r, http.StatusOK, "opening", v)
}

// openingEvents sends the progress of the opening until it has ended.
func (w *window) openingEvents(rw http.ResponseWriter, r *http.Request, x *opened) {
	w.follow(rw, r, "opening", "progress", func(l *text.Language) look {
		s, changed := w.dumps.state(x)
		v := look{Data: w.openingPage(l, x, s), Changed: changed}
		if !s.Running {
			v.Ended = x.id
		}
		return v
	})
}

// dumpPage is the page of a dump.
type dumpPage struct {
	head
	*report.View
	Facts    []report.ViewFact
	Numbers  []string
	Notes    []string
	Hints    []hint
	Package  bool   // a firmware package: its images have no place on a phone
	GoOn     string // folder of a dump whose reading can be continued, "" for none
	Problems []flash.Problem
	Missing  []report.ViewMissing // the first ones
	Rest     int                  // number of missing ranges that are not shown
	Reopened bool
	Log      bool // the strips are logarithmic
	Strips   []strip
	Rows     []areaRows
	Form     openForm
	Actions  any
}

// areaRows are the rows of a region, with their bars.
type areaRows struct {
	Region flash.Region
	Rows   []barRow
}

type barRow struct {
	report.ViewRow
	Drawn []run
}

// flashFacts are the facts that a firmware package does not have.
var flashFacts = []string{"storage", "table", "rows by"}

// maxMissing is the number of missing ranges that are shown: a sparse file can leave out thousands.
const maxMissing = 64

func (w *window) showContent(rw http.ResponseWriter, r *http.Request, x *opened, c *content) {
	switch {
	case c.store != nil:
		w.showStore(rw, r, x, c)
		return
	case c.dump == nil:
		w.showOther(rw, r, x, c)
		return
	}
	l := w.language(r)
	p := dumpPage{head: headOf(x), View: c.view, Facts: c.view.Facts, Numbers: c.numbers, Notes: c.notes(), Hints: hintsHere(l, c.hints()), Problems: c.problems,
		Missing: c.view.Gone, Reopened: c.reopened, Log: r.FormValue("scale") == "log", Form: formOf(l, x), Actions: w.actionsFor(x)}
	if p.Package = c.dump.Package(); p.Package {
		p.Facts = slices.DeleteFunc(slices.Clone(p.Facts), func(f report.ViewFact) bool { return slices.Contains(flashFacts, f.Name) })
	}
	if isUnfinished(x.Path) {
		p.GoOn = x.Path
	}
	if n := len(p.Missing) - maxMissing; n > 0 {
		p.Missing, p.Rest = p.Missing[:maxMissing], n
	}
	for _, a := range c.view.Areas {
		p.Strips = append(p.Strips, stripOf(a, p.Log))
		rows := areaRows{Region: a.Name}
		for _, row := range a.Rows {
			rows.Rows = append(rows.Rows, barRow{row, runsOf(row.Bar, row.Class, 0, 100)})
		}
		p.Rows = append(p.Rows, rows)
	}
	w.show(rw, r, http.StatusOK, "dump", view{Data: p})
}

// otherPage is the page of a file that is no dump.
type otherPage struct {
	head
	Not      *dump.NotDump
	Facts    []pair
	Next     []hint
	Problems []flash.Problem
	Reopened bool
	Inside   bool // it has a file system that can be read
	Super    []logicalRow
	Head     []hexLine
	Form     openForm
	Actions  any
}

// pair is a key with a value, as it is shown.
type pair struct{ Key, Value string }

func (w *window) showOther(rw http.ResponseWriter, r *http.Request, x *opened, c *content) {
	n := c.other
	l, next := w.language(r), words.KindHints(n)
	if h, ok := words.Hints(n.Err); ok {
		next = h
	}
	p := otherPage{head: headOf(x), Not: n, Next: hintsHere(l, next), Problems: n.Thing.Problems, Reopened: c.reopened,
		Form: formOf(l, x), Actions: w.actionsFor(x)}
	for _, f := range n.Thing.Facts {
		p.Facts = append(p.Facts, pair{f.Key, f.Value})
	}
	if c.image != nil {
		p.describe(image.Describe(c.image.Image))
		p.Head = hexOf(c.image.Image)
		_, err := c.image.Slice.Files()
		p.Inside = err == nil
	}
	if c.super != nil {
		p.Super = logicalRows(c.super.Super)
	}
	if n.Thing.Kind == whatis.Scatter || n.Thing.Kind == whatis.List { // it belongs to a dump, which is asked for
		p.Form.Scatter.Value, p.Form.Path.Value = x.Path, ""
	}
	p.Form.AskPath = true
	p.Form.AskPieces = len(x.paths()) > 1 || n.Thing.Kind == whatis.SparsePiece
	w.show(rw, r, http.StatusOK, "notdump", view{Data: p})
}

// describe adds what is known of the image beyond what tells its kind.
func (p *otherPage) describe(i *image.Info) {
	for _, f := range i.Facts {
		if !slices.ContainsFunc(p.Not.Thing.Facts, func(t whatis.Fact) bool { return t.Key == f.Key }) {
			p.Facts = append(p.Facts, pair{f.Key, f.Value})
		}
	}
	for _, q := range i.Problems {
		if !slices.Contains(p.Problems, q) {
			p.Problems = append(slices.Clip(p.Problems), q)
		}
	}
}

// saveMap sends the map as one page that needs no program.
func (w *window) saveMap(rw http.ResponseWriter, r *http.Request, x *opened, c *content) {
	var b bytes.Buffer
	if c.view == nil || c.dump.Package() {
		w.refuse(rw, r, http.StatusNotFound, errors.New(w.language(r).T("refused.map", x.Path)))
		return
	}
	if err := c.view.HTML(&b); err != nil {
		w.refuse(rw, r, http.StatusInternalServerError, err)
		return
	}
	attach(rw, filepath.Base(x.Path)+"-map.html", int64(b.Len()))
	_, _ = b.WriteTo(rw) // the browser may be gone
}

// showLogo sends a picture of the boot logo.
func (w *window) showLogo(rw http.ResponseWriter, r *http.Request, x *opened, c *content) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || c.view == nil || c.view.Logos == nil || n < 0 || n >= len(c.view.Logos.Pictures) {
		w.refuse(rw, r, http.StatusNotFound, errors.New(w.language(r).T("refused.picture")))
		return
	}
	rw.Header().Set("Content-Type", "image/png")
	_, _ = rw.Write(c.view.Logos.Pictures[n].PNG) // the browser may be gone
}
