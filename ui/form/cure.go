package form

import (
	"regexp"
	"slices"
	"strings"
)

// Cure is a field that fills in an option which a text names, for people who type no options.
type Cure struct {
	Field  string // its name
	Choice string // the choice in it, "" if it has none
	Opened bool   // it is in the form that opens the dump, and not in that of the action
}

// options finds options in a text, and -o, the short form of outputOption.
var options = regexp.MustCompile(`(?:^|[\s(])(--[a-z][a-z0-9-]*|-o\b)`)

// Cures returns the fields for the options that a text names, without those that no form has. A nil
// action has no form: only the fields that open a dump are returned.
func (a *Action) Cures(text string) (out []Cure) {
	for _, found := range options.FindAllStringSubmatch(text, -1) {
		option := found[1]
		if option == "-o" {
			option = outputOption
		}
		takes := dumpOptions
		if a != nil {
			takes = a.Takes
			for _, f := range a.Fields {
				if choice, ok := f.takes(option); ok {
					out = append(out, Cure{Field: f.Name, Choice: choice})
				}
			}
		}
		if slices.Contains(takes, option) {
			out = append(out, Cure{Field: strings.TrimLeft(option, "-"), Opened: true})
		}
	}
	return unique(out)
}

func unique(all []Cure) (out []Cure) {
	for _, c := range all {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// takes reports whether a field fills in an option, and with which choice.
func (f Field) takes(option string) (choice string, ok bool) {
	for _, c := range f.Choices {
		if len(c.Args) > 0 && strings.SplitN(c.Args[0], "=", 2)[0] == option {
			return c.Value, true
		}
	}
	return "", strings.SplitN(f.Option, "=", 2)[0] == option
}
