package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Every document that any test prints is held against its schema, in whichever process it is
// printed. What was seen is noted in one folder, as files: a name for each schema, and the
// complaints.

// seenFolder names that folder in the environment.
const seenFolder = "MTKKIT_TEST_DOCUMENTS"

// complaint begins the name of a file that says what is wrong with a document.
const complaint = "wrong-"

// judged is a run of tests that ends badly when a document was not as its schema says.
type judged struct{ *testing.M }

func (j judged) Run() int {
	dir, err := os.MkdirTemp("", "documents")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	schemas, err := filepath.Abs("../../docs/schema")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	os.Setenv(seenFolder, dir+string(os.PathListSeparator)+schemas)
	code := j.M.Run()
	if err := judgeRun(dir, schemas, code == 0 && wholeRun()); err != nil {
		fmt.Fprintln(os.Stderr, "documents:", err)
		return cmp.Or(code, 1)
	}
	return code
}

// wholeRun reports whether all tests were asked for.
func wholeRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if f := flag.Lookup(name); f == nil || f.Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}

// judgeRun says what is wrong with the documents of a run. With all, each schema must have been
// seen.
func judgeRun(seen, schemas string, all bool) error {
	var errs []error
	notes, err := filepath.Glob(filepath.Join(seen, complaint+"*"))
	errs = append(errs, err)
	for _, n := range notes {
		b, err := os.ReadFile(n)
		errs = append(errs, err, errors.New(string(b)))
	}
	names, err := filepath.Glob(filepath.Join(schemas, "*.json"))
	errs = append(errs, err)
	if len(names) == 0 {
		errs = append(errs, errors.New("no schemas"))
	}
	for _, n := range names {
		if _, err := os.Stat(filepath.Join(seen, filepath.Base(n))); all && err != nil {
			errs = append(errs, fmt.Errorf("no test prints a document of %s", filepath.Base(n)))
		}
	}
	return errors.Join(errs...)
}

// watchDocuments has every document that this process prints judged.
func watchDocuments() {
	witnessed = func(doc []byte) {
		seen, schemas, ok := strings.Cut(os.Getenv(seenFolder), string(os.PathListSeparator))
		if !ok {
			return // a process that the tests did not start
		}
		name, err := validate(schemas, doc)
		if err != nil {
			name, doc = complaint+fmt.Sprint(os.Getpid(), "-", len(doc)), fmt.Appendf(nil, "%v\n%.2000s", err, doc)
		}
		if err := os.WriteFile(filepath.Join(seen, name), doc, 0o666); err != nil {
			panic(err)
		}
	}
}

// validate holds a document against its schema, and returns the name of the schema's file.
// A field that the schema does not name is an error here, unlike for others who read it.
func validate(schemas string, doc []byte) (string, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return "", err
	}
	fields, _ := value.(map[string]any)
	id, ours := fields["schema"].(string)
	if foreign, _ := fields["$schema"].(string); !ours && strings.Contains(foreign, "/sarif-") {
		return "sarif", nil // others define it
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

// The judge sees what is wrong: a field too many, a list that is null, another number, no
// schema at all.
func TestValidate(t *testing.T) {
	const good = `{"schema": "mtkkit.version/1", "tool": "mtkkit v1", "version": "v1", "problems": []}`
	if name, err := validate("../../docs/schema", []byte(good)); name != "version.json" || err != nil {
		t.Errorf("%q: %v", name, err)
	}
	for _, edit := range [][2]string{{`"v1", `, `"v1", "more": 1, `}, {`[]`, `null`}, {`/1`, `/9`}, {`mtkkit.version/`, `mtkkit.other/`},
		{`"tool": "mtkkit v1", `, ``}, {`[]`, `[{"severity": "note", "place": "", "offset": "0", "text": ""}]`}, {`"schema"`, `"scheme"`}} {
		bad := strings.Replace(good, edit[0], edit[1], 1)
		if _, err := validate("../../docs/schema", []byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// A run with a complaint fails, and so does a whole run in which a document was not seen.
func TestJudgeRun(t *testing.T) {
	seen := t.TempDir()
	if err := judgeRun(seen, "../../docs/schema", false); err != nil {
		t.Error(err)
	}
	if err := judgeRun(seen, "../../docs/schema", true); err == nil || !strings.Contains(err.Error(), "of version.json") {
		t.Errorf("nothing was seen: %v", err)
	}
	if err := os.WriteFile(filepath.Join(seen, complaint+"1"), []byte("no list"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := judgeRun(seen, "../../docs/schema", false); err == nil || !strings.Contains(err.Error(), "no list") {
		t.Errorf("a complaint: %v", err)
	}
}
