package form

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/ui/job"
)

// Wrong says why a value is not accepted.
type Wrong struct{ Field, Key string } // Key is that of the text

// Complete makes paths absolute and cleans what was typed: a relative path begins at the folder of what
// is open. Values of fields that do not count stay as they are.
func (a *Action) Complete(o Opened, v Values) {
	for _, f := range a.Fields {
		s := strings.TrimSpace(v[f.Name])
		switch {
		case f.Type == Passphrase || f.Type == Secret: // spaces are part of it
			continue
		case s != "" && f.Type.IsPath() && !f.isKey(s):
			s = absolute(o, s)
		}
		v[f.Name] = s
	}
	if a.finish != nil {
		a.finish(o, v)
	}
}

// isKey reports whether a value is a public key itself, and not the path of a file or a backup in a store.
func (f Field) isKey(s string) bool {
	return f.Type == Recipient && (strings.HasPrefix(s, "age1") || strings.HasPrefix(s, "ssh-")) || f.Type == Either && oci.IsLayout(s)
}

func absolute(o Opened, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(base(o)), path)
}

// counts reports whether a field counts with these values: the choice that it belongs to is made.
func (f Field) counts(v Values) bool {
	name, want, dependent := strings.Cut(f.With, "=")
	return !dependent || v[name] == want
}

// Order returns what the job does, or what is wrong with the values. Values must be complete.
func (a *Action) Order(o Opened, v Values) (job.Order, []Wrong) {
	if wrong := a.check(o, v); len(wrong) > 0 {
		return job.Order{}, wrong
	}
	out := job.Order{Name: a.Name, Args: slices.Concat(a.Command, a.Always, a.opened(o)), Passphrase: o.Passphrase}
	var arguments []string
	if !a.Own {
		arguments = append([]string{o.Path}, o.Pieces...)
	}
	for _, f := range a.Fields {
		s := v[f.Name]
		switch {
		case s == "" || !f.counts(v):
		case f.Argument:
			arguments = append(arguments, s)
		case f.Type == Passphrase || f.Type == Secret:
			out.Passphrase = s
		default:
			out.Args = append(out.Args, f.args(s)...)
		}
	}
	out.Input, out.Args = arguments[0], append(out.Args, arguments...)
	if a.writes != nil {
		out.Outputs, out.Result = a.writes(o, v)
	}
	return out, nil
}

// opened returns the options for the files that were opened with the dump.
func (a *Action) opened(o Opened) (out []string) {
	for _, f := range []struct{ option, path string }{{scatterOption, o.Scatter}, {boot1Option, o.Boot1}, {keyOption, o.Key}} {
		if f.path != "" && slices.Contains(a.Takes, f.option) {
			out = append(out, f.option, f.path)
		}
	}
	return out
}

// args returns the options for a value that is not empty.
func (f Field) args(s string) []string {
	switch f.Type {
	case Choice:
		i := slices.IndexFunc(f.Choices, func(c Alternative) bool { return c.Value == s })
		return f.Choices[i].Args // check has found it
	case Switch:
		return []string{f.Option}
	}
	return []string{f.Option, s}
}

// check returns what is wrong with the values, in the order of the fields.
func (a *Action) check(o Opened, v Values) (out []Wrong) {
	for _, f := range a.Fields {
		if key := f.wrong(o, v); key != "" {
			out = append(out, Wrong{f.Name, key})
		}
	}
	return out
}

// wrong returns the key of the text that says what is wrong with a field; "" for nothing.
func (f Field) wrong(o Opened, v Values) string {
	s := v[f.Name]
	switch {
	case !f.counts(v) && f.Type == Passphrase && s != "": // nothing would be encrypted with it
		return "form.unused"
	case !f.counts(v):
	case s == "" && f.Required:
		return "form.missing"
	case s == "":
	case f.Type == Choice && !slices.ContainsFunc(f.Choices, func(c Alternative) bool { return c.Value == s }):
		return "form.choice"
	case f.Type == Switch && s != On:
		return "form.choice"
	case f.Type == Number && !f.inRange(s):
		return "form.number"
	case f.Type == Passphrase && s != v[f.Again()]:
		return "form.different"
	case f.Type == Passphrase && o.Passphrase != "" && s != o.Passphrase: // a job has one passphrase
		return "form.same"
	case strings.ContainsAny(s, "\x00\r\n"):
		return "form.line"
	}
	return ""
}

func (f Field) inRange(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= f.Least && n <= f.Most
}
