package compare

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/report/pagetest"
)

func hostileResult() *Result {
	r := &Result{Relation: OtherModel, Files: map[Name]string{A: pagetest.Hostile[0], B: pagetest.Hostile[1]}, Builds: map[Name]string{A: pagetest.Hostile[2], B: pagetest.Hostile[3]}, Reasons: pagetest.Hostile}
	for i, name := range pagetest.Hostile {
		a, b := phoneItem(name, filled(4096, 1)), phoneItem(name, filled(4096, 2))
		a.Offset = int64(i) * 4096
		a.region, b.region = flash.Region(name), flash.Region(name)
		row := Row{Name: name, Region: flash.Region(name), Kind: flash.KindPartition, State: Differs, Detail: name, Said: []string{name}, Verified: name,
			Right: A, Sizes: map[Name]int64{A: 4096}, Ranges: []flash.Extent{{Length: 1}, {Offset: 3000, Length: 9}}, Sectors: 2, couple: couple{a, b}}
		r.Rows = append(r.Rows, row)
		r.Problems.Add(flash.Warning, name, "%s", name)
	}
	return r
}

func pageOf(t testing.TB, r *Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b, "mtkkit test"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Nothing of a dump becomes part of the page's own language.
func TestHTMLEscapes(t *testing.T) {
	pagetest.Escapes(t, pageOf(t, hostileResult()), pageText)
}

// compareDumps compares two dumps of made phones, or the second one's firmware.
func compareDumps(t testing.TB, a, b func(string) error) *Result {
	t.Helper()
	var opened [2]*dump.Dump
	for i, write := range []func(string) error{a, b} {
		dir := t.TempDir()
		if err := write(dir); err != nil {
			t.Fatal(err)
		}
		d, err := dump.Open(context.Background(), dir, dump.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		opened[i] = d
	}
	r, err := Compare(context.Background(), opened[0], opened[1], Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// changedPhone is a phone whose boot image is rooted, and which was used.
func changedPhone() *imgtest.Phone {
	p := imgtest.SmallMT6765()
	p.User.Put(p.Row("boot").Offset, bootWith("", "kernelsu.ko"))
	p.User.Put(p.Row("userdata").Offset+8192, []byte("a photo"))
	p.User.Put(p.Row("system").Offset+100<<10, []byte("x"))
	p.User.Put(p.Row("system").Offset+900<<10, []byte("x"))
	p.User.Put(p.Row("super").Offset+1<<20, []byte("x"))
	return p
}

// The page loads nothing and runs nothing.
func TestHTMLStandsAlone(t *testing.T) {
	for name, r := range map[string]*Result{
		"dumps":    compareDumps(t, changedPhone().WriteDump, imgtest.SmallMT6765().WriteDump),
		"firmware": compareDumps(t, imgtest.SmallMT6893().WriteFirmware, imgtest.SmallMT6893().WriteDump),
		"packages": compareDumps(t, imgtest.SmallMT6592().WriteFirmware, imgtest.SmallMT6893().WriteFirmware),
		"others":   compareDumps(t, imgtest.SmallMT6592().WriteDump, imgtest.SmallMT6893().WriteDump),
	} {
		page := pageOf(t, r)
		for _, bad := range []string{"http:", "https:", "<link", "<script", "@import", "url(", "src=", "<iframe"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page has %q", name, bad)
			}
		}
		if !strings.HasPrefix(page, "<!doctype html>") || !strings.Contains(page[:512], Generator) || !strings.Contains(page, "default-src 'none'") {
			t.Errorf("%s: the page does not say what it is at its start", name)
		}
		if strings.Contains(page, `class="strip"`) != (r.Package != Both) {
			t.Errorf("%s: strips", name)
		}
		for _, row := range r.Rows {
			if !strings.Contains(page, `<td class="name">`+row.Name+`</td>`) {
				t.Errorf("%s: no row of %s", name, row.Name)
			}
		}
	}
}

// The segments of a region follow each other and end with its last row. Super is in its place.
func TestAreas(t *testing.T) {
	for name, r := range map[string]*Result{
		"dumps":    compareDumps(t, changedPhone().WriteDump, imgtest.SmallMT6765().WriteDump),
		"firmware": compareDumps(t, imgtest.SmallMT6893().WriteFirmware, imgtest.SmallMT6893().WriteDump),
	} {
		drawn := map[string]string{}
		for _, a := range r.areas() {
			at := int64(0)
			for _, s := range a.Segments {
				if s.Start != at || s.End <= s.Start || len(s.Runs) == 0 {
					t.Errorf("%s: %s begins at 0x%x, not 0x%x", name, s.Name, s.Start, at)
				}
				at = s.End
				drawn[s.Name] = s.State
				if s.Row >= 0 && s.Name != "" && s.Name != "super" && r.Rows[s.Row].Name != s.Name {
					t.Errorf("%s: %s leads to %s", name, s.Name, r.Rows[s.Row].Name)
				}
			}
		}
		want := map[string]string{"super": "differs", "boot": "differs", "userdata": "usual", "lk": "equal", "system": "differs"}
		if name == "firmware" {
			want = map[string]string{"super": "equal", "boot_a": "equal", "boot_b": "differs", "userdata": "lone", "nvram": "lone"}
		}
		for row, state := range want {
			if drawn[row] != state {
				t.Errorf("%s: %s is drawn as %q, want %q", name, row, drawn[row], state)
			}
		}
	}
}

// A range is drawn where it is.
func TestRuns(t *testing.T) {
	for want, row := range map[string]Row{
		"z8 d1 z1015 d2 z1022": {State: Differs, Ranges: []flash.Extent{{Offset: 4096, Length: 512}, {Offset: 1024 * 512, Length: 1024}}},
		"z2048":                {State: Equal},
		"n2048":                {State: Unknown},
		"d2048":                {State: Moved},
		"d1 z2048":             {State: Differs, Ranges: []flash.Extent{{Length: 1}}},
		"d2048 ":               {State: Differs, Ranges: []flash.Extent{{Length: 1 << 20}, {Offset: 1 << 20, Length: 9}}},
	} {
		var got []string
		for _, run := range row.runs(1 << 20) {
			got = append(got, fmt.Sprintf("%s%.0f", run.State, run.N))
		}
		if s := strings.Join(got, " "); s != strings.TrimSpace(want) {
			t.Errorf("%s, want %s", s, want)
		}
	}
}

// A browser sees every row, and draws the page at all sizes without a need to scroll sideways.
func TestChromium(t *testing.T) {
	r := compareDumps(t, changedPhone().WriteDump, imgtest.SmallMT6765().WriteFirmware)
	address := pagetest.Save(t, pageOf(t, r))
	dom := pagetest.Chromium(t, "--dump-dom", address)
	if n := len(pagetest.RowTag.FindAllString(dom, -1)); n != len(r.Rows) {
		t.Errorf("the browser sees %d rows, want %d", n, len(r.Rows))
	}
	for _, want := range []string{"Same model", "rooted with KernelSU", "B is right, A is not", "boot chain: it should not differ", "2 ranges", "not in the package"} {
		if !strings.Contains(dom, want) {
			t.Errorf("the browser does not see %q", want)
		}
	}
	pagetest.Screens(t, address, "1200,1800", "400,4200")
	t.Run("escapes", func(t *testing.T) {
		t.Parallel()
		r := hostileResult()
		dom := pagetest.Chromium(t, "--dump-dom", pagetest.Save(t, pageOf(t, r)))
		if n := len(pagetest.RowTag.FindAllString(dom, -1)); n != len(r.Rows) {
			t.Errorf("the browser sees %d rows, want %d", n, len(r.Rows))
		}
		pagetest.SeenEscapes(t, dom)
		if strings.Contains(dom, "<img") { // this page has no pictures
			t.Error("the browser sees an <img>")
		}
	})
}

// The page looks like the blocks map: it has its style.
func TestStyle(t *testing.T) {
	if page := pageOf(t, hostileResult()); !strings.Contains(page, report.PageCSS[:200]) {
		t.Error("the style of the blocks map is missing")
	}
}
