package ui

import (
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/ui/form"
	"github.com/mtkkit/mtkkit/ui/text"
)

// formField is a field as the template "field" shows it.
type formField struct {
	form.Field
	Label, Help, Warning, Value string
	Wrong                       string // why it was not accepted, "" if it was
	Options                     []formChoice
}

// formChoice is one choice of a field, with the fields that count only with it.
type formChoice struct {
	Value, Label, Help string
	Chosen             bool
	Fields             []formField
}

// fewChoices is how many choices are all shown; more are in a list that opens.
const fewChoices = 4

// List reports whether the choices are in a list that opens.
func (f formField) List() bool { return len(f.Options) > fewChoices }

// Chooses is what the list of folders lets choose for a path.
func (f formField) Chooses() string {
	if f.Type == form.Recipient {
		return string(form.File)
	}
	return string(f.Type)
}

// touched reports whether a field is not as it was at first, or is wrong.
func (f formField) touched() bool {
	return f.Wrong != "" || f.Type != form.Choice && f.Value != "" || f.Type == form.Choice && !f.Options[0].Chosen
}

// shownFields returns fields with their texts. The texts are those of the action, or else those of all
// forms. Fields that count only with a choice are inside that choice.
func shownFields(l *text.Language, action string, fields []form.Field, v form.Values, wrong []form.Wrong) (out []formField) {
	inside := map[string][]formField{}
	for _, f := range slices.Backward(fields) {
		s := shownField(l, action, f, v)
		if i := slices.IndexFunc(wrong, func(w form.Wrong) bool { return w.Field == f.Name }); i >= 0 {
			s.Wrong = l.T(wrong[i].Key)
		}
		for i, c := range s.Options {
			s.Options[i].Fields = inside[f.Name+"="+c.Value]
		}
		if f.With != "" {
			inside[f.With] = append([]formField{s}, inside[f.With]...)
		} else {
			out = append([]formField{s}, out...)
		}
	}
	return out
}

func shownField(l *text.Language, action string, f form.Field, v form.Values) formField {
	t := func(ending string) string { return fieldText(l, action, f.Name+ending) }
	s := formField{Field: f, Label: t(""), Help: t(".help"), Warning: t(".warning"), Value: v[f.Name]}
	if f.Type == form.Passphrase || f.Type == form.Secret {
		s.Value = "" // never sent back
	}
	for _, c := range f.Choices {
		s.Options = append(s.Options, formChoice{Value: c.Value, Label: t("." + c.Value), Help: t("." + c.Value + ".help"), Chosen: c.Value == s.Value})
	}
	return s
}

// fieldText returns the text for a field in the form of an action, "" for none.
func fieldText(l *text.Language, action, name string) string {
	for _, key := range []string{"field." + action + "." + name, "field." + name} {
		if l.Has(key) {
			return l.T(key)
		}
	}
	return ""
}

// Describes are the ids of the texts that describe the field, for screen readers.
func (f formField) Describes() string {
	var ids []string
	for _, d := range []struct{ text, id string }{{f.Wrong, "-wrong"}, {f.Help, "-help"}, {f.Warning, "-warning"}} {
		if d.text != "" {
			ids = append(ids, f.Name+d.id)
		}
	}
	return strings.Join(ids, " ")
}
