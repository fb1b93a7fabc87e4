// Package document has the struct of every JSON document of mtkkit, made from the results of the
// libraries, in one vocabulary (docs/json.md). A front end shows the same structs to people. The
// package opens and writes no files and decides nothing.
//
//	i := document.NewInfo(d)                       // d is a *dump.Dump
//	b, err := document.Marshal(i, "mtkkit v1.2.3") // with schema, tool, and no list that is null
//
// docs/schema has a JSON Schema for each document, generated from the structs.
package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/report"
)

// Head is the beginning of every document. Marshal fills it in.
type Head struct {
	Schema string `json:"schema"` // "mtkkit.NAME/NUMBER"
	Tool   string `json:"tool"`   // "mtkkit VERSION"
}

// documents lists all documents with name and number. The number is raised when a field is
// renamed, removed, or changes its meaning.
var documents = []struct {
	name   string
	number int
	doc    any
}{
	{"acquire", 1, Acquired{}},
	{"backup-diff", 2, BackupDiff{}},
	{"backup-list", 2, ArchiveList{}},
	{"blocks", 2, report.Report{}},
	{"compare", 1, Comparison{}},
	{"da-info", 1, Agents{}},
	{"doctor", 1, Doctor{}},
	{"error", 1, Failure{}},
	{"explain", 2, Explanation{}},
	{"file", 2, Kind{}},
	{"files", 1, FileList{}},
	{"gpt-repair", 1, RepairedTables{}},
	{"image", 1, Images{}},
	{"image-files", 2, MadeFiles{}},
	{"info", 2, Info{}},
	{"join", 2, Joined{}},
	{"list", 1, List{}},
	{"manifest", 1, Manifest{}},
	{"ports", 1, Ports{}},
	{"preloader", 2, Preloader{}},
	{"preloader-fix", 1, FixedPreloader{}},
	{"preloader-wrap", 2, WrappedPreloader{}},
	{"prune", 2, Pruned{}},
	{"pull", 2, Pulled{}},
	{"push", 2, Pushed{}},
	{"recovery-build", 2, BuiltRecovery{}},
	{"recovery-check", 2, CheckedRecovery{}},
	{"recovery-repack", 2, RepackedImage{}},
	{"recovery-unpack", 1, UnpackedImage{}},
	{"repair", 2, MendedFile{}},
	{"restore", 2, Restored{}},
	{"restore-plan", 1, FlashPlan{}},
	{"scatter-check", 2, CheckedScatter{}},
	{"scatter-create", 1, CreatedScatter{}},
	{"scatter-diff", 1, ScatterDiff{}},
	{"share", 1, Searched{}},
	{"super", 1, Super{}},
	{"tags", 2, Tags{}},
	{"verify", 1, Verdict{}},
	{"version", 1, Version{}},
}

// schemaOf returns the schema of a document's type, or "" if it is not a document.
func schemaOf(t reflect.Type) string {
	for _, d := range documents {
		if reflect.TypeOf(d.doc) == t {
			return fmt.Sprintf("mtkkit.%s/%d", d.name, d.number)
		}
	}
	return ""
}

// Marshal encodes a document, or a pointer to one, as indented JSON with a newline at the end.
// Tool is the program's name and version. The document itself is not changed. A nil list is
// written as an empty one, so that readers can loop over it without a check.
func Marshal(doc any, tool string) ([]byte, error) {
	v := reflect.Indirect(reflect.ValueOf(doc))
	copied := reflect.New(v.Type()).Elem()
	copied.Set(v)
	fillLists(copied)
	if copied.Kind() == reflect.Struct {
		if head := copied.FieldByName("Head"); head.IsValid() {
			head.Set(reflect.ValueOf(Head{schemaOf(v.Type()), tool}))
		}
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(copied.Interface())
	return out.Bytes(), err
}

var marshaler = reflect.TypeFor[json.Marshaler]()

func fillLists(v reflect.Value) {
	if v.Type().Implements(marshaler) || !v.CanSet() && v.Kind() != reflect.Pointer {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fillLists(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				fillLists(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fillLists(v.Index(i))
		}
	}
}

// Manifest is a manifest as a document: the file's fields, and a list of problems even if it is
// empty.
type Manifest struct {
	*flash.Manifest
	Problems []flash.Problem `json:"problems"`
}

// NewManifest makes the document of a manifest.
func NewManifest(m *flash.Manifest) Manifest { return Manifest{m, m.Problems} }

// Failure is the document of a command that failed.
type Failure struct {
	Head
	Error    string          `json:"error"`
	Hints    []string        `json:"hints,omitempty"` // what to do next
	Exit     int             `json:"exit"`            // the exit code
	Problems []flash.Problem `json:"problems"`
}

// Version is the document of version.
type Version struct {
	Head
	Version  string          `json:"version"`
	Problems []flash.Problem `json:"problems"`
}

// findings returns the findings about a computer as problems.
func findings(found []host.Finding) (out []flash.Problem) {
	for _, f := range found {
		out = append(out, flash.Problem{Severity: f.Severity, Place: f.About, Offset: flash.NoOffset, Text: f.Text})
	}
	return out
}
