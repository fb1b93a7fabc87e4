package scatter_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/scatter"
)

// The text happens to be YAML in most files, so that a YAML reader can
// witness what we make of the lines.
const yamlRows = `
import json, sys, yaml
loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
def rows(text):
    try:
        items = yaml.load(text, Loader=loader)
        for i in list(items): # two storages: the tables stand below
            items += i.get("description", []) if isinstance(i, dict) else []
        return [i for i in items if "partition_index" in i]
    except yaml.YAMLError:
        return None
print(json.dumps({name: rows(text) for name, text in json.load(sys.stdin).items()}))
`

func TestCorpusAgainstYAML(t *testing.T) {
	files := map[string]*scatter.File{}
	texts := map[string]string{}
	for _, name := range corpusNames(t) {
		b := corpusFile(t, name)
		if f, err := scatter.Parse(b); err == nil && strings.HasPrefix(string(f.Dialect), "v1.") || err == nil && f.Dialect == scatter.V210 {
			files[name], texts[name] = f, string(b)
		}
	}
	if err := exec.Command("python3", "-c", "import yaml").Run(); err != nil {
		t.Skipf("python3 with PyYAML is not here: %v", err)
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", yamlRows)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var witness map[string][]map[string]string
	if err := json.Unmarshal(out, &witness); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for name, rows := range witness {
		if rows == nil {
			t.Logf("%s is no YAML", name)
			continue
		}
		compared++
		var got []scatter.Row
		for _, storage := range files[name].Storages() {
			got = append(got, files[name].Select(storage).Rows...)
		}
		compareRows(t, name, got, rows)
	}
	if compared < 58 {
		t.Errorf("only %d files compared", compared)
	}
}

func compareRows(t *testing.T, name string, got []scatter.Row, want []map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, YAML has %d", name, len(got), len(want))
		return
	}
	for i, keys := range want {
		if len(got[i].Fields) != len(keys) {
			t.Errorf("%s: row %d has %d keys, in YAML %d", name, i, len(got[i].Fields), len(keys))
		}
		for key, value := range keys {
			if v := got[i].Get(key); v != value {
				t.Errorf("%s: row %d: %s is %q, in YAML %q", name, i, key, v, value)
			}
		}
	}
}
