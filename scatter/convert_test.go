package scatter_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// said is everything a file says, without where and how it is written.
func said(f *scatter.File) string {
	var out []string
	for _, storage := range f.Storages() {
		g := f.Select(storage)
		head := []string{}
		for _, fd := range g.Head.Fields {
			switch fd.Key {
			case "general", "info", "description", "storage_type":
			default:
				head = append(head, fd.Key+": "+fd.Value)
			}
		}
		slices.Sort(head) // tools disagree about the order of the header
		out = append(out, strings.Join(head, "\n"), string(storage), string(g.Info.Storage))
		for _, r := range g.Rows {
			for _, fd := range r.Fields {
				out = append(out, fd.Key+": "+fd.Value)
			}
		}
	}
	return strings.Join(out, "\n")
}

// Every real file says the same after a journey into XML and back, and a conversion
// into its own dialect changes no byte.
func TestCorpusConvert(t *testing.T) {
	converted := 0
	for _, name := range corpusNames(t) {
		b := corpusFile(t, name)
		f, err := scatter.Parse(b)
		if err != nil {
			continue
		}
		same, ps := scatter.Convert(f, f.Dialect)
		if !bytes.Equal(same.Encode(), b) || len(ps) > 0 {
			t.Errorf("%s: not itself in its own dialect; %v", name, ps)
		}
		through := scatter.XML
		if f.Dialect == scatter.XML {
			through = scatter.V118
			if len(f.Storages()) > 1 {
				through = scatter.V210
			}
		}
		x, ps := scatter.Convert(f, through)
		for _, p := range ps {
			if p.Severity > flash.Note && f.Dialect != scatter.V1 && f.Dialect != scatter.List {
				t.Errorf("%s to %s: %s", name, through, p)
			}
		}
		if x == nil || x.Dialect != through {
			t.Errorf("%s: no %s: %v", name, through, ps)
			continue
		}
		back, _ := scatter.Convert(x, f.Dialect)
		if back == nil || back.Dialect != f.Dialect {
			t.Errorf("%s: no way back to %s", name, f.Dialect)
			continue
		}
		if got, want := said(back), said(f); got != want {
			t.Errorf("%s: comes back changed\n%s", name, firstChange(got, want))
		}
		converted++
	}
	if converted < 66 {
		t.Errorf("%d files converted, want 66", converted)
	}
}

func firstChange(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return g[i] + "\ninstead of\n" + w[i]
		}
	}
	return "longer or shorter"
}
