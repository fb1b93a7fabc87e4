package document

import (
	"encoding"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/report"
)

var update = flag.Bool("update", false, "write docs/schema anew")

// The schemas that are committed are those of the structs.
func TestSchemas(t *testing.T) {
	const folder = "../docs/schema"
	want := map[string]bool{}
	for _, d := range documents {
		name := filepath.Join(folder, d.name+".json")
		want[name] = true
		schema := newGenerator(t).document(reflect.TypeOf(d.doc), d.name, d.number)
		if *update {
			if err := os.WriteFile(name, schema, 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(string(have), string(schema)); d != "" {
			t.Errorf("%s differs from its struct (go test ./document -update writes it; is its number to be raised?):\n%s", name, d)
		}
	}
	all, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(all) == 0 {
		t.Error(all, err)
	}
	for _, name := range all {
		if !want[name] {
			t.Errorf("%s is of no document", name)
		}
	}
}

// Every document has its head and its problems, and the words of the vocabulary have its types.
func TestVocabulary(t *testing.T) {
	for _, d := range documents {
		g := newGenerator(t)
		props, required := g.fields(reflect.TypeOf(d.doc))
		for _, word := range []string{"schema", "tool", "problems"} {
			if !slices.Contains(required, word) {
				t.Errorf("%s: not every document has %q", d.name, word)
			}
		}
		g.defs[""] = object{"properties": props}
		for _, def := range g.defs {
			props, _ := def.(object)["properties"].(object)
			for word, v := range props {
				if want := vocabulary[word]; want != "" && v.(object)["type"] != want {
					t.Errorf("%s: %q is %v, not %s", d.name, word, v, want)
				}
				if slices.Contains(others, word) && d.name != "manifest" {
					t.Errorf("%s: %q is no word of the vocabulary", d.name, word)
				}
			}
		}
	}
	if report.Schema != schemaOf(reflect.TypeFor[report.Report]()) || flash.ManifestSchema != schemaOf(reflect.TypeFor[Manifest]()) {
		t.Error("a library's document has another number here")
	}
}

// vocabulary has the type of every word that is the same in all documents, and others are words
// that would say the same once more.
var vocabulary = map[string]string{"offset": "integer", "length": "integer", "size": "integer", "file": "string", "path": "string",
	"folder": "string", "partitions": "array", "problems": "array", "schema": "string", "tool": "string"}
var others = []string{"bytes", "start", "begin_offset", "output", "filename", "file_name"}

// generator makes the JSON Schema of a struct.
type generator struct {
	t    *testing.T
	defs object
}

func newGenerator(t *testing.T) *generator { return &generator{t, object{}} }

func (g *generator) document(t reflect.Type, name string, number int) []byte {
	id := fmt.Sprintf("mtkkit.%s/%d", name, number)
	props, required := g.fields(t)
	props["schema"] = object{"const": id}
	b, err := json.MarshalIndent(object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": id, "type": "object",
		"properties": props, "required": required, "$defs": g.defs,
	}, "", "  ")
	if err != nil {
		g.t.Fatal(err)
	}
	return append(b, '\n')
}

// fields are the fields of a struct, those of the structs embedded in it too.
func (g *generator) fields(t reflect.Type) (props object, required []string) {
	props, required = object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, opt, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || name == "-" || f.Anonymous && name == "":
			continue
		case name == "":
			g.t.Errorf("%v: %s has no name in JSON", t, f.Name)
		case props[name] != nil:
			g.t.Errorf("%v: two fields are called %q", t, name)
		}
		optional := strings.HasPrefix(opt, "omit")
		schema := g.schema(f.Type)
		if f.Type.Kind() == reflect.Pointer && !optional {
			schema = object{"anyOf": []any{schema, object{"type": "null"}}}
		}
		if props[name] = schema; !optional {
			required = append(required, name)
		}
	}
	return props, required
}

var texts = reflect.TypeFor[encoding.TextMarshaler]()

// schema is that of one value.
func (g *generator) schema(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t.Implements(marshaler):
		g.t.Errorf("%v writes JSON of its own", t)
	case t.Implements(texts):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.schema(t.Elem())
	case reflect.Struct:
		name := t.String()
		if _, done := g.defs[name]; !done {
			g.defs[name] = object{} // it may hold itself
			props, required := g.fields(t)
			g.defs[name] = object{"type": "object", "properties": props, "required": required}
		}
		return object{"$ref": "#/$defs/" + name}
	case reflect.Slice, reflect.Array:
		if t == reflect.TypeFor[[]byte]() {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": "array", "items": g.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": g.schema(t.Elem())}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer"}
	}
	g.t.Errorf("%v has no schema", t)
	return nil
}
