package ui

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/ui/job"
	"github.com/mtkkit/mtkkit/ui/text"
	"github.com/mtkkit/mtkkit/words"
)

func (w *window) jobRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /jobs", func(rw http.ResponseWriter, r *http.Request) {
		w.show(rw, r, http.StatusOK, "jobs", view{Section: "jobs", Refresh: 5, Data: w.jobs.All()})
	})
	m.HandleFunc("GET /jobs/{id}", w.withJob(func(rw http.ResponseWriter, r *http.Request, j *job.Job) {
		w.show(rw, r, http.StatusOK, "job", w.jobView(r, j))
	}))
	m.HandleFunc("GET /jobs/{id}/events", w.withJob(w.jobEvents))
	m.HandleFunc("POST /jobs/{id}/cancel", w.withJob(func(rw http.ResponseWriter, r *http.Request, j *job.Job) {
		j.Cancel()
		back(rw, r, jobAddress(j))
	}))
	m.HandleFunc("POST /jobs/{id}/again", w.withJob(w.goOn))
	m.HandleFunc("POST /jobs/{id}/folder", w.withJob(w.showFolder))
	m.HandleFunc("POST /jobs/{id}/pull", w.withJob(func(rw http.ResponseWriter, r *http.Request, j *job.Job) {
		if w.Pull != nil {
			w.Pull()
		}
		back(rw, r, jobAddress(j))
	}))
}

// withJob finds the job of an address.
func (w *window) withJob(do func(http.ResponseWriter, *http.Request, *job.Job)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		id, _ := strconv.Atoi(r.PathValue("id"))
		j := w.jobs.Find(id)
		if j == nil {
			w.refuse(rw, r, http.StatusNotFound, errors.New(w.language(r).T("refused.job")))
			return
		}
		do(rw, r, j)
	}
}

// jobPage is what is shown of a job.
type jobPage struct {
	job.Snapshot
	Command string
	Verdict verdict
	Told    []told // its messages
	From    string // address of the page from which it was started, "" for none
	Check   bool   // its result can be verified
	GoOn    bool   // it reads a phone and can be continued
	Pull    bool   // it reads the virtual phone, whose cable can be pulled
	Wanted  string // what the user must do now, "" for nothing
}

// verifiable are the actions whose results have hashes to verify.
var verifiable = []string{"acquire", "split", "backup"}

// verdict is the result of a job in a few words.
type verdict struct{ Class, Text string }

func (w *window) jobView(r *http.Request, j *job.Job) view {
	return view{Section: "jobs", Refresh: 2, Data: w.jobPage(w.language(r), j.Now())}
}

func (w *window) jobPage(l *text.Language, s job.Snapshot) jobPage {
	p := jobPage{Snapshot: s, Command: s.Line(), Verdict: verdictOf(l, s), Told: toldBy(l, s)}
	p.Check = slices.Contains(verifiable, s.Name)
	if before, _, ok := strings.Cut(s.Form, "/do/"); ok {
		p.From = before
	}
	if s.Name != "acquire" {
		return p
	}
	p.Wanted = wanted(s)
	p.GoOn = s.State == job.Ended && (s.Code == words.ExitPhone || s.Code == words.ExitInterrupted || s.Code == words.ExitProblems && isUnfinished(s.Result))
	p.Pull = s.State == job.Running && w.Port == portSim && w.Pull != nil
	return p
}

// verdictOf returns what the exit code means.
func verdictOf(l *text.Language, s job.Snapshot) verdict {
	switch {
	case s.State == job.Waiting:
		return verdict{"", l.T("job.waiting")}
	case s.State == job.Running && s.Canceled:
		return verdict{"warn", l.T("job.stopping")}
	case s.State == job.Running:
		return verdict{"", l.T("job.running")}
	}
	switch s.Code {
	case words.ExitOK:
		return verdict{"ok", l.T(okKey(l, s.Name))}
	case words.ExitProblems:
		return verdict{"warn", l.T("job.problems")}
	case words.ExitInterrupted:
		return verdict{"warn", l.T("job.interrupted")}
	case words.ExitRefused:
		return verdict{"bad", l.T("job.refused")}
	case words.ExitPhone:
		return verdict{"bad", l.T("job.phone")}
	}
	return verdict{"bad", l.T("job.failed")}
}

// okKey returns the key of what exit code 0 means for a kind of job: one proves more than another.
func okKey(l *text.Language, name string) string {
	if key := "job.ok." + name; l.Has(key) {
		return key
	}
	return "job.ok"
}

// jobEvents sends the changing part of a job's page until the job has ended, then its exit code.
func (w *window) jobEvents(rw http.ResponseWriter, r *http.Request, j *job.Job) {
	w.follow(rw, r, "job", "live", func(l *text.Language) look {
		now, changed := j.Watch()
		v := look{Data: w.jobPage(l, now), Changed: changed}
		if now.State == job.Ended {
			v.Ended = now.Code
		}
		return v
	})
}

// goOn continues a dump whose reading ended early.
func (w *window) goOn(rw http.ResponseWriter, r *http.Request, j *job.Job) {
	again, err := w.jobs.Start(resumed(j.Now().Order))
	if err != nil {
		w.refuse(rw, r, http.StatusConflict, err)
		return
	}
	back(rw, r, jobAddress(again))
}

// showFolder opens the folder of a job's result in the system's file manager.
func (w *window) showFolder(rw http.ResponseWriter, r *http.Request, j *job.Job) {
	path := j.Now().Result
	if !words.IsFolder(path) {
		path = filepath.Dir(path)
	}
	if err := openFolder(path); err != nil {
		w.refuse(rw, r, http.StatusOK, fmt.Errorf("the folder is %s: %w", path, err))
		return
	}
	back(rw, r, jobAddress(j))
}
