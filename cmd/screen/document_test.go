package screen

import (
	"encoding/json"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestWithLists(t *testing.T) {
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
	b, err := json.Marshal(withLists(doc))
	if want := `{"problems":[],"rows":[{"names":[]}],"one":{"names":[]},"none":null}`; err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
	if doc.hidden != nil || doc.Problems != nil {
		t.Error("the document itself was changed")
	}
}
