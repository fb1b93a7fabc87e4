package document

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestLists(t *testing.T) {
	type row struct {
		Names []string `json:"names"`
		Left  []string `json:"left,omitempty"`
	}
	doc := struct {
		Problems []flash.Problem `json:"problems"`
		Rows     []row           `json:"rows"`
		One      *row            `json:"one"`
		None     *row            `json:"none"`
		hidden   []int
	}{Rows: []row{{}}, One: &row{}}
	long, err := Marshal(doc, "")
	var short bytes.Buffer
	if err == nil {
		err = json.Compact(&short, long)
	}
	if want := `{"problems":[],"rows":[{"names":[]}],"one":{"names":[]},"none":null}`; err != nil || short.String() != want {
		t.Errorf("%s, %v, want %s", &short, err, want)
	}
	if doc.hidden != nil || doc.Problems != nil {
		t.Error("the document itself was changed")
	}
}
