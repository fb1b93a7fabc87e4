package ui

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/mtkkit/mtkkit/ui/job"
	"github.com/mtkkit/mtkkit/ui/text"
)

// pathField is a field of a form that takes a path.
type pathField struct {
	Name, Label, Value, Help string
	Kind                     string // what the list of folders lets choose: "file", "folder", "either" or "save"
	Required                 bool
}

// startPage is what the start page shows.
type startPage struct {
	Failure              *failure
	Path, Scatter, Boot1 pathField
	More                 bool // show the fields for files beside the dump
	Recent               []recentPath
}

func (w *window) start(rw http.ResponseWriter, r *http.Request) {
	if w.openFirst(rw, r) {
		return
	}
	w.showStart(rw, r, http.StatusOK, opening{}, nil)
}

// showStart shows the start page, after an error with what was typed.
func (w *window) showStart(rw http.ResponseWriter, r *http.Request, status int, o opening, err error) {
	l := w.language(r)
	w.show(rw, r, status, "start", view{Section: "start", Here: "/", Data: startPage{
		Failure: failed(err), Recent: w.recent.list(), More: o.Scatter != "" || o.Boot1 != "",
		Path:    pathField{Name: "path", Label: l.T("start.path"), Value: o.Path, Kind: "either", Help: l.T("start.path.help"), Required: true},
		Scatter: scatterField(l, o.Scatter),
		Boot1:   boot1Field(l, o.Boot1),
	}})
}

func scatterField(l *text.Language, value string) pathField {
	return pathField{Name: "scatter", Label: l.T("field.scatter"), Value: value, Kind: "file", Help: l.T("field.scatter.help")}
}

func boot1Field(l *text.Language, value string) pathField {
	return pathField{Name: "boot1", Label: l.T("field.boot1"), Value: value, Kind: "file", Help: l.T("field.boot1.help")}
}

// forget clears the list of recent paths.
func (w *window) forget(rw http.ResponseWriter, r *http.Request) {
	w.recent.forget()
	back(rw, r, "/")
}

// chooserPage is a list of folders, from which a path is chosen.
type chooserPage struct {
	folderList
	Kind    string // what is chosen: "file", "folder", "either" or "save"
	Places  []place
	Hidden  bool // list hidden files, too
	Failure *failure
}

// TakesFolder reports whether a folder of the list can be chosen.
func (p chooserPage) TakesFolder() bool { return p.Kind == "folder" || p.Kind == "either" }

// TakesFile reports whether a file of the list can be chosen.
func (p chooserPage) TakesFile() bool { return p.Kind != "folder" }

// kindsOfChoice are what can be chosen in the list of folders.
var kindsOfChoice = []string{"either", "file", "folder", "save"}

// choose lists a folder. The script of the window shows it in a dialog.
func (w *window) choose(rw http.ResponseWriter, r *http.Request) {
	data := chooserPage{Kind: r.FormValue("kind"), Places: placesToStart(), Hidden: r.FormValue("hidden") != ""}
	if !slices.Contains(kindsOfChoice, data.Kind) {
		data.Kind = kindsOfChoice[0]
	}
	path := cleanTyped(r.FormValue("path"))
	if path == "" {
		path = data.Places[0].Path
	}
	list, err := listFolder(path, data.Hidden)
	for errors.Is(err, syscall.ENOTDIR) || r.FormValue("near") != "" && errors.Is(err, fs.ErrNotExist) {
		up := filepath.Dir(absolute(path))
		if up == path {
			break
		}
		path = up
		list, err = listFolder(path, data.Hidden)
	}
	data.Failure = failed(err)
	if list != nil {
		data.folderList = *list
	}
	w.show(rw, r, http.StatusOK, "choose", view{Data: data})
}

// askQuit asks before the program ends, and names the jobs that have not ended.
func (w *window) askQuit(rw http.ResponseWriter, r *http.Request) {
	w.show(rw, r, http.StatusOK, "quit", view{Data: w.activeJobs()})
}

func (w *window) activeJobs() (out []job.Snapshot) {
	for _, s := range w.jobs.All() {
		if s.State != job.Ended {
			out = append(out, s)
		}
	}
	return out
}

// doQuit ends the program after this answer was sent.
func (w *window) doQuit(rw http.ResponseWriter, r *http.Request) {
	w.show(rw, r, http.StatusOK, "ended", view{Here: "/"})
	w.quit()
}

// stayAlive is asked by every open page from time to time: a program that nobody asks ends. It answers
// with the number of active jobs.
func (w *window) stayAlive(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Type", "application/json")
	fmt.Fprint(rw, w.jobs.Active())
}
