package scripttest

import (
	"strings"
	"testing"
)

// Each of these faults is found: an additional field, a list that is null, another version, a missing
// field, no schema.
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
