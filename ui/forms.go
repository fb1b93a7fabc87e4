package ui

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/mtkkit/mtkkit/ui/form"
)

func (w *window) formRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /dump/{id}/do/{name}", w.withAction(func(rw http.ResponseWriter, r *http.Request, p *formPage) {
		if r.URL.RawQuery != "" { // the form of a job, once more
			p.Values = typed(r.URL.Query().Get, p.Action.Fields)
		}
		w.showForm(rw, r, http.StatusOK, p)
	}))
	m.HandleFunc("POST /dump/{id}/do/{name}", w.withAction(w.doForm))
}

// formPage is what a form shows.
type formPage struct {
	*form.Action
	Dump           *opened
	Here           form.Opened
	Values         form.Values
	Wrong          []form.Wrong
	Failure        *failure
	Fields, Folded []formField
	Unfold         bool // show the folded fields: one of them was filled in
}

// Back is the address of the page from which the form came.
func (p *formPage) Back() string { return p.Dump.address() }

// withAction finds the dump and the action of an address.
func (w *window) withAction(do func(http.ResponseWriter, *http.Request, *formPage)) http.HandlerFunc {
	return w.withDump(func(rw http.ResponseWriter, r *http.Request, o *opened) {
		p := &formPage{Action: form.Find(r.PathValue("name")), Dump: o, Here: w.forForms(o)}
		if p.Action == nil || !p.Fits(p.Here) {
			w.refuse(rw, r, http.StatusNotFound, errors.New(w.language(r).T("refused.action", r.PathValue("name"), o.Path)))
			return
		}
		p.Values = p.Defaults(p.Here)
		do(rw, r, p)
	})
}

// doForm starts the job of a form that was sent, or shows the form again with what is wrong.
func (w *window) doForm(rw http.ResponseWriter, r *http.Request, p *formPage) {
	p.Values = typed(r.PostFormValue, p.Action.Fields)
	p.Complete(p.Here, p.Values)
	order, wrong := p.Order(p.Here, p.Values)
	order.Form = p.again()
	if p.Wrong = wrong; len(wrong) > 0 {
		w.showForm(rw, r, http.StatusUnprocessableEntity, p)
		return
	}
	j, err := w.jobs.Start(order)
	if err != nil {
		p.Failure = failed(err)
		p.Failure.cure(w.language(r), p.Action, "", p.Dump.address())
		w.showForm(rw, r, http.StatusConflict, p)
		return
	}
	back(rw, r, jobAddress(j))
}

// again returns the address of the form as it is filled in now, without passphrases.
func (p *formPage) again() string {
	v := url.Values{}
	for _, f := range p.Action.Fields {
		if s := p.Values[f.Name]; s != "" && f.Type != form.Passphrase && f.Type != form.Secret {
			v.Set(f.Name, s)
		}
	}
	return actionAddress(p.Dump, p.Name) + "?" + v.Encode()
}

// typed returns what was typed into fields.
func typed(value func(name string) string, fields []form.Field) form.Values {
	v := form.Values{}
	for _, f := range fields {
		v[f.Name] = value(f.Name)
		if f.Type.IsPath() {
			v[f.Name] = cleanTyped(v[f.Name])
		}
		if f.Type == form.Passphrase {
			v[f.Again()] = value(f.Again())
		}
	}
	return v
}

func (w *window) showForm(rw http.ResponseWriter, r *http.Request, status int, p *formPage) {
	fields := shownFields(w.language(r), p.Name, p.Action.Fields, p.Values, p.Wrong)
	for _, f := range fields {
		if f.More {
			p.Folded = append(p.Folded, f)
		} else {
			p.Fields = append(p.Fields, f)
		}
	}
	p.Unfold = slices.ContainsFunc(p.Folded, formField.touched)
	w.show(rw, r, status, "form", view{Data: p})
}
