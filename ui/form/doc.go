// Package form has the forms with which a person does something with an opened dump. A form is a table
// of fields; what is typed into it becomes a command line, which runs as a job. It knows no page: package
// ui shows the forms, with texts by the names in the tables.
//
//	Opened ──For──► []Action ──Defaults──► Values ──typed──► Action.Order ──► job.Order or []Wrong
//
// Names of commands and options are in the tables only. The commands themselves refuse, warn and hint.
package form

import "slices"

// Kind is what is opened, as far as it decides what can be done with it.
type Kind string

// The kinds.
const (
	Dump    Kind = "dump"    // a dump of any tool: a file or a folder
	Parts   Kind = "parts"   // a folder that split has written
	Archive Kind = "archive" // a backup in a file
	Store   Kind = "store"   // a backup in a folder of backups
	Boot    Kind = "boot"    // a boot region, or a preloader
	Stock   Kind = "stock"   // a boot image or a recovery image
	Package Kind = "package" // a maker's firmware package
	Table   Kind = "table"   // a scatter file, or another list of partitions
	Other   Kind = "other"   // a single image or another file
)

// Opened is what is open in the window. Paths are absolute; "" is none.
type Opened struct {
	Kind
	Path, Scatter, Boot1 string
	Key                  string   // file with the private key of an encrypted backup
	Passphrase           string   // of an encrypted backup
	Sidecar              bool     // the file with the parity of an archive is beside it
	Boot                 string   // file or folder that has a boot region, as far as is known
	Pieces               []string // the other pieces of a sparse image
}

// Type is how a field is filled in.
type Type string

// The types of fields. The first five take a path.
const (
	File       Type = "file"       // that exists
	Folder     Type = "folder"     // to read or to write
	Either     Type = "either"     // a file or folder that exists
	Save       Type = "save"       // a file or folder to write
	Recipient  Type = "recipient"  // a public key, or a file with public keys
	Text       Type = "text"       // anything
	Number     Type = "number"     // between Least and Most
	Choice     Type = "choice"     // one of Choices
	Switch     Type = "switch"     // on or off
	Passphrase Type = "passphrase" // a new one, typed twice
	Secret     Type = "secret"     // one that exists
)

// IsPath reports whether the value is the path of a file or folder.
func (t Type) IsPath() bool { return slices.Contains([]Type{File, Folder, Either, Save, Recipient}, t) }

// Field is one field of a form.
type Field struct {
	Name        string
	Type        Type
	Option      string              // option of the command; "" if the value is no option
	More        bool                // it is folded away at first
	With        string              // "field=choice": the field counts only with this choice
	Required    bool                // with With: if that choice is made
	Default     func(Opened) string // nil: empty
	Choices     []Alternative
	Least, Most int
	Argument    bool // the value is an argument, not an option
}

// Alternative is one choice of a field.
type Alternative struct {
	Value string
	Args  []string // options for it
}

// again is the ending of the name of the second field for a new passphrase.
const again = "-again"

// On is the value of a switch that is on.
const On = "on"

// Values are what was typed or chosen, by the names of the fields.
type Values map[string]string

// Again returns the name of the second field for a new passphrase.
func (f Field) Again() string { return f.Name + again }

// Defaults returns the values that the form has at first. Fields without a default are not in it.
func (a *Action) Defaults(o Opened) Values {
	v := Values{}
	for _, f := range a.Fields {
		switch {
		case f.Default != nil:
			v[f.Name] = f.Default(o)
		case f.Type == Choice:
			v[f.Name] = f.Choices[0].Value
		}
	}
	return v
}

// Action is something that can be done with what is open.
type Action struct {
	Name    string   // in addresses and keys of texts
	Command []string // words of the command
	Always  []string // options that are always given
	Takes   []string // options of the command for the files that were opened with the dump
	Pieces  bool     // the command takes all pieces of a sparse image
	Own     bool     // the argument is in a field, and not the path of what is open
	For     func(Opened) bool
	Fields  []Field

	finish func(Opened, Values)                                   // completes the values; nil for nothing
	writes func(Opened, Values) (outputs []string, result string) // nil: it writes nothing
}

// Writes reports whether the action writes files.
func (a *Action) Writes() bool { return a.writes != nil }

// Direct reports whether there is nothing to fill in: the job can start at once.
func (a *Action) Direct() bool { return len(a.Fields) == 0 }

// All returns all actions, in the order in which they are offered.
func All() []*Action { return actions }

// Fits reports whether the action makes sense for what is open.
func (a *Action) Fits(o Opened) bool { return a.For(o) && (a.Pieces || len(o.Pieces) == 0) }

// For returns the actions that make sense for what is open.
func For(o Opened) (out []*Action) {
	for _, a := range actions {
		if a.Fits(o) {
			out = append(out, a)
		}
	}
	return out
}

// Find returns the action with a name, nil if there is none.
func Find(name string) *Action {
	if i := slices.IndexFunc(actions, func(a *Action) bool { return a.Name == name }); i >= 0 {
		return actions[i]
	}
	return nil
}
