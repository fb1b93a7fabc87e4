package ui

import (
	"strings"

	"github.com/mtkkit/mtkkit/ui/form"
	"github.com/mtkkit/mtkkit/ui/job"
	"github.com/mtkkit/mtkkit/ui/text"
)

// hint is what the user can do, with the fields for the options that it names.
type hint struct {
	Text  string
	Cures []cure
}

// cure is a field that the user can fill in.
type cure struct{ Label, Address string }

// cure adds the fields to the hints of a failure: of the form of an action, nil for none, and of the
// form that opens a dump.
func (f *failure) cure(l *text.Language, a *form.Action, filled, dump string) {
	if f == nil {
		return
	}
	for i, h := range f.Hints {
		f.Hints[i].Cures = curesOf(l, a, h.Text, filled, dump)
	}
}

// openedLabels are the texts of the fields of the form that opens a dump.
var openedLabels = map[string]string{"scatter": "field.scatter", "boot1": "field.boot1", "key": "dump.key"}

// hintsHere returns hints whose fields are on this page.
func hintsHere(l *text.Language, texts []string) (out []hint) {
	for _, h := range texts {
		out = append(out, hint{h, curesOf(l, nil, h, "", "")})
	}
	return out
}

// curesOf returns the fields for the options that a text names. filled is the address of the form of the
// action, dump that of the page with the form that opens a dump; "" is this page.
func curesOf(l *text.Language, a *form.Action, said, filled, dump string) (out []cure) {
	for _, c := range a.Cures(said) {
		address, label := filled+"#"+c.Field, ""
		if c.Opened {
			address, label = dump+"#"+c.Field, l.T(openedLabels[c.Field])
		} else if label = fieldText(l, a.Name, c.Field); c.Choice != "" {
			label += ": " + fieldText(l, a.Name, c.Field+"."+c.Choice)
		}
		out = append(out, cure{label, address})
	}
	return out
}

// told is a message of a job, with the fields for the options that it names.
type told struct {
	job.Line
	Cures []cure
}

// toldBy returns the messages of a job. Only an ended one can be done in another way.
func toldBy(l *text.Language, s job.Snapshot) (out []told) {
	a := form.Find(s.Name)
	dump, _, _ := strings.Cut(s.Form, "/do/")
	for _, line := range s.Lines {
		t := told{Line: line}
		switch {
		case s.State != job.Ended || s.Form == "":
		case a != nil:
			t.Cures = curesOf(l, a, line.Text, s.Form, dump)
		default:
			t.Cures = phoneCures(l, line.Text, s.Form)
		}
		out = append(out, t)
	}
	return out
}
