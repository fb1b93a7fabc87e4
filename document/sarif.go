package document

import (
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// object has the fields of a JSON object of a foreign format.
type object = map[string]any

// SARIF returns the findings as SARIF 2.1.0, with the fields that code hosts and editors show:
// rule, location and level. https://docs.oasis-open.org/sarif/sarif/v2.1.0/
func (d CheckedScatter) SARIF(version string) map[string]any {
	rules, results := []object{}, []object{}
	for _, r := range scatter.Rules {
		rules = append(rules, object{"id": r.ID, "shortDescription": object{"text": r.Text}})
	}
	for _, t := range d.Tables {
		for _, f := range t.Findings {
			results = append(results, d.sarifResult(f))
		}
	}
	driver := object{"name": "mtkkit", "version": version, "rules": rules}
	run := object{"tool": object{"driver": driver}, "results": results}
	return object{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": []object{run}}
}

func (d CheckedScatter) sarifResult(f scatter.Finding) object {
	level := map[flash.Severity]string{flash.Note: "note", flash.Warning: "warning", flash.Error: "error"}[f.Severity]
	text := f.Text
	if f.Name != "" {
		text = f.Name + ": " + text
	}
	where := object{"artifactLocation": object{"uri": filepath.ToSlash(d.Path)}}
	if f.Line > 0 {
		where["region"] = object{"startLine": f.Line}
	}
	return object{"ruleId": f.Rule, "level": level, "message": object{"text": text}, "locations": []object{{"physicalLocation": where}}}
}
