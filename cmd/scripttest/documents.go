package scripttest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas is the key of a script's value with the names of the schemas that its documents had.
type schemas struct{}

// Judge checks what the program printed with --json against its schema.
func Judge(args []string, printed string) error {
	dir, err := moduleRoot()
	if err == nil {
		_, err = judgeBy(dir, args, printed)
	}
	return err
}

// judgeBy is Judge with the folder of the module. It returns the file name of the schema, "" if there is
// no document.
func judgeBy(root string, args []string, printed string) (name string, err error) {
	if printed == "" || !slices.ContainsFunc(args, func(a string) bool { return a == "--json" || a == "--json=true" }) {
		return "", nil
	}
	if name, err = validate(filepath.Join(root, "docs", "schema"), []byte(printed)); err != nil {
		err = fmt.Errorf("the document of mtkkit %s: %w", strings.Join(args, " "), err)
	}
	return name, err
}

// judge checks what a command of a script printed, and notes the schema.
func judge(ts *testscript.TestScript, root string, args []string, printed string) {
	name, err := judgeBy(root, args, printed)
	ts.Check(err)
	ts.Value(schemas{}).(map[string]bool)[name] = true
}

// everySchema implements "schemas": it fails unless the script has printed a document of every schema.
func everySchema(ts *testscript.TestScript, root string) {
	names, err := filepath.Glob(filepath.Join(root, "docs", "schema", "*.json"))
	ts.Check(err)
	var lacking []string
	for _, n := range names {
		if n = filepath.Base(n); !ts.Value(schemas{}).(map[string]bool)[n] {
			lacking = append(lacking, n)
		}
	}
	if len(names) == 0 || len(lacking) > 0 {
		ts.Fatalf("no document was printed for %q", lacking)
	}
}

// validate checks a document against its schema and returns the name of the schema's file. A field
// that the schema does not name is an error here, although other readers must accept it.
func validate(schemas string, doc []byte) (string, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return "", err
	}
	fields, _ := value.(map[string]any)
	id, ours := fields["schema"].(string)
	if foreign, _ := fields["$schema"].(string); !ours && strings.Contains(foreign, "/sarif-") {
		return "sarif", nil // not a schema of mtkkit
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(id, "mtkkit."), "/")
	file, err := os.Open(filepath.Join(schemas, name+".json"))
	if err != nil {
		return "", fmt.Errorf("schema %q: %w", id, err)
	}
	defer file.Close()
	schema, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		return "", err
	}
	closed(schema)
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name+".json", schema); err != nil {
		return "", err
	}
	compiled, err := c.Compile(name + ".json")
	if err != nil {
		return "", err
	}
	return name + ".json", compiled.Validate(value)
}

// closed forbids the fields that a schema does not name.
func closed(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if s["type"] == "object" && s["properties"] != nil {
			s["additionalProperties"] = false
		}
		for _, v := range s {
			closed(v)
		}
	case []any:
		for _, v := range s {
			closed(v)
		}
	}
}
