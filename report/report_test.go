package report

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/preloader"
)

var update = flag.Bool("update", false, "write the golden files anew")

// phones are the made ones, by the name of their golden file.
var phones = map[string]func() *imgtest.Phone{
	"mt6572": imgtest.MT6572, "mt6592": imgtest.MT6592, "mt6765": imgtest.MT6765, "mt6893": imgtest.MT6893,
}

// facts says of a made phone what layout and plan would: its true rows, and its first
// boot region.
func facts(t testing.TB, p *imgtest.Phone) Facts {
	t.Helper()
	dev := p.Device()
	user := dev.User()
	f := Facts{
		Tool: "mtkkit test", File: "/home/somebody/ROM_1",
		Phone: Phone{
			Chip: Fact{p.Chip, "preloader in BOOT_1"}, Project: Fact{p.Project, "preloader in BOOT_1"}, Storage: p.Storage,
			Generation: "gpt", Witness: "gpt primary", Have: user.Image.Size(), DeviceSize: user.Image.Size(), Complete: true,
		},
		Regions: []Region{
			{Name: user.Region, File: "ROM_1", Have: user.Image.Size(), Size: user.Image.Size()},
			{Name: p.Storage.Boot1(), File: "BOOT_1", Have: int64(len(p.Boot1)), Size: int64(len(p.Boot1))},
			{Name: p.Storage.Boot2()},
		},
		Missing: []Missing{{Region: p.Storage.Boot2()}},
	}
	head, err := preloader.Read(bytes.NewReader(p.Boot1))
	if err != nil {
		t.Fatal(err)
	}
	f.Boots = []BootRegion{{p.Storage.Boot1(), "BOOT_1", head}}
	for _, r := range p.Rows {
		s := Source{
			ManifestEntry: flash.ManifestEntry{Kind: "partition", Name: r.Name, Region: r.Region, Extent: r.Extent, File: r.File, Operation: r.Operation, Type: r.Type},
			Image:         p.Image(r.Name), Scatter: &r.Offset,
		}
		if r.Region.IsBoot() {
			s.Kind, s.Region, s.Extent = "preloader", p.Storage.Boot1(), head.Files[0].Extent
			s.Image = flash.Slice(bytes.NewReader(p.Boot1), s.Extent)
		}
		f.Rows = append(f.Rows, s)
	}
	return f
}

func build(t testing.TB, f Facts) *Report {
	t.Helper()
	r, err := Build(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func draw(t testing.TB, r *Report, o TextOptions) string {
	t.Helper()
	o.Exact, o.Pictures = "--full reads all", "--html shows them"
	var b bytes.Buffer
	if err := r.Text(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func pageOf(t testing.TB, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The terminal's map of each made phone is what it was, at both usual widths. To
// change it on purpose: go test ./report -run Golden -update
func TestTextGolden(t *testing.T) {
	for name, phone := range phones {
		t.Run(name, func(t *testing.T) {
			r := build(t, facts(t, phone()))
			got := draw(t, r, TextOptions{Unicode: true}) + "\n==== 132 columns, ASCII\n\n" + draw(t, r, TextOptions{Width: 132})
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
				t.Errorf("map of %s (-want +got):\n%s", name, d)
			}
		})
	}
}

// No line is wider than the terminal, at any width that a table can have.
func TestTextWidth(t *testing.T) {
	r := build(t, facts(t, imgtest.MT6765()))
	for _, width := range []int{80, 90, 100, 120, 133, 200} {
		for _, unicode := range []bool{false, true} {
			out := draw(t, r, TextOptions{Width: width, Unicode: unicode})
			for line := range strings.Lines(out) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("width %d: a line of %d: %s", width, n, line)
				}
			}
			if ascii := strings.IndexFunc(out, func(r rune) bool { return r > 0x7E }) < 0; ascii == unicode {
				t.Errorf("width %d: Unicode %v, but ASCII only is %v", width, unicode, ascii)
			}
		}
	}
	wide := draw(t, r, TextOptions{Width: 140})
	for _, title := range []string{"NAME", "SCATTER", "START", "SIZE", "REGION", "USED", "LENGTH", "CONTENT", "FILE"} {
		if !strings.Contains(wide, title) {
			t.Errorf("140 columns have no room for %s", title)
		}
	}
}

func TestTextColor(t *testing.T) {
	r := build(t, facts(t, imgtest.MT6592()))
	plain, colored := draw(t, r, TextOptions{Unicode: true}), draw(t, r, TextOptions{Unicode: true, Color: true})
	if strings.Contains(plain, "\x1b") {
		t.Error("escape sequences without colour")
	}
	for _, code := range classColors {
		if !strings.Contains(colored, "\x1b["+code+"m") {
			t.Errorf("no colour %s", code)
		}
	}
}

// What --json prints is the struct, whole: reading it gives the same report.
func TestJSON(t *testing.T) {
	for name, phone := range phones {
		f := facts(t, phone())
		if name == "mt6765" {
			f.Conflicts = []Conflict{{"boot", "boot: here and there"}}
			f.Problems = []flash.Problem{{Severity: flash.Warning, Place: "logo", Offset: 7, Text: "looks odd"}}
		} else {
			f.Missing, f.Boots = nil, nil
		}
		r := build(t, f)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again Report
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(r, &again); d != "" {
			t.Errorf("%s changes on its way through JSON:\n%s", name, d)
		}
		if !strings.Contains(string(b), `"schema":"mtkkit.blocks/2"`) {
			t.Error("no schema")
		}
		if strings.Contains(string(b), "somebody") {
			t.Error("the folder of the dump is in the report")
		}
		if strings.Contains(string(b), ":null") {
			t.Errorf("%s: a list is null in %s", name, b)
		}
	}
}

// The rows say what the phone is known to hold.
func TestRows(t *testing.T) {
	p := imgtest.MT6765()
	f := facts(t, p)
	f.Full = true
	r := build(t, f)
	row := func(name string) *Row {
		for i := range r.Rows {
			if r.Rows[i].Name == name {
				return &r.Rows[i]
			}
		}
		t.Fatalf("no row %s", name)
		return nil
	}
	for _, c := range []struct {
		name    string
		class   Class
		content string
		verdict string
	}{
		{"pgpt", Tables, "GPT", "confirmed"},
		{"boot", Boot, "Android boot image", "confirmed"},
		{"lk", Boot, "MediaTek image", "confirmed"},
		{"scp1", Firmware, "MediaTek image", "confirmed"},
		{"system", System, "ext4 file system", "confirmed"},
		{"nvram", Private, "unknown content", "neutral"},
		{"userdata", User, "ext4 file system", "confirmed"},
		{"frp", Private, "zeros", "neutral"},
		{"para", Other, "unknown content", "neutral"},
	} {
		got := row(c.name)
		if got.Class != c.class || got.Content == nil || got.Content.Kind != c.content || got.Content.Verdict != c.verdict {
			t.Errorf("%s: class %s, content %+v; want %s, %s, %s", c.name, got.Class, got.Content, c.class, c.content, c.verdict)
		}
	}
	if got, want := row("lk").Content.Length, int64(len(p.File("lk"))); got != want {
		t.Errorf("true length of lk is 0x%x, want 0x%x", got, want)
	}
	if got, want := row("nvram").Fill.DataEnd, row("nvram").Length; got != want {
		t.Errorf("data of nvram ends at 0x%x, want 0x%x", got, want)
	}
	for _, row := range r.Rows {
		if sum := row.Fill.Data + row.Fill.Zero + row.Fill.Erased + row.Fill.Bad; sum != row.Present {
			t.Errorf("%s: amounts add up to 0x%x of 0x%x", row.Name, sum, row.Present)
		}
	}
	if len(r.Preloaders) != 1 || r.Preloaders[0].Proof != "proven" || r.Preloaders[0].Board != p.Board {
		t.Errorf("preloader card %+v", r.Preloaders)
	}
}

// A cut dump: what is cut and what is gone are told apart, and the box on top says what
// to read.
func TestCut(t *testing.T) {
	p := imgtest.MT6893()
	size := p.User.Size()
	logo := p.Row("logo")
	have := logo.Offset + logo.Length/2
	p.User.Truncate(have)
	f := facts(t, p)
	f.Regions[0].Have, f.Regions[0].Size = have, size
	f.Phone.Complete = false
	f.Missing = []Missing{{p.Storage.User(), flash.Extent{Offset: have, Length: size - have}}}
	r := build(t, f)
	for _, row := range r.Rows {
		if !row.Region.IsUser() {
			continue
		}
		want := min(max(have-row.Start, 0), row.Length)
		if row.Present != want || (row.Content == nil) != (want == 0) {
			t.Errorf("%s: present 0x%x, want 0x%x; content %+v", row.Name, row.Present, want, row.Content)
		}
		if row.Start >= have && strings.Trim(row.Fill.Map, "-") != "" {
			t.Errorf("%s: map %s of a row that is not there", row.Name, row.Fill.Map)
		}
	}
	out := draw(t, r, TextOptions{})
	for _, want := range []string{"missing: region UFS_LU2, start 0x6100000, length 0x9f00000", "not in the dump", "CUT: = MTK logo"} {
		if !strings.Contains(out, want) {
			t.Errorf("the map does not say %q:\n%s", want, out)
		}
	}
	page := pageOf(t, r)
	for _, want := range []string{"Still to be read from the phone", "<code>0x6100000</code>", "<code>0x9f00000</code>", "st-n"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// Content that cannot belong to its row is a conflict between witnesses.
func TestConflict(t *testing.T) {
	p := imgtest.MT6765()
	p.User.Put(p.Row("nvdata").Offset, p.File("boot"))
	r := build(t, facts(t, p))
	if len(r.Conflicts) != 1 || r.Conflicts[0].Name != "nvdata" {
		t.Fatalf("conflicts %+v, want one about nvdata", r.Conflicts)
	}
	if out := draw(t, r, TextOptions{}); !strings.Contains(out, "conflict: nvdata") || !strings.Contains(out, "NOT ITS OWN: boot") {
		t.Errorf("the map does not tell:\n%s", out)
	}
	if page := pageOf(t, r); !strings.Contains(page, "Witnesses that disagree") {
		t.Error("the page does not tell")
	}
}

// A context that has ended ends the reading.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := facts(t, imgtest.MT6592())
	f.Full = true
	f.Progress = func(e flash.Event) {
		if e.Done > e.Total/2 {
			cancel()
		}
	}
	if r, err := Build(ctx, f); err != context.Canceled || r != nil {
		t.Errorf("Build = %v, %v", r, err)
	}
}

// Progress of a full read ends where it should.
func TestProgress(t *testing.T) {
	f := facts(t, imgtest.MT6592())
	var last flash.Event
	f.Full, f.Progress = true, func(e flash.Event) {
		if e.Done < last.Done {
			t.Errorf("progress runs back: %+v after %+v", e, last)
		}
		last = e
	}
	build(t, f)
	if last.Done != last.Total || last.Total == 0 {
		t.Errorf("progress ends with %+v", last)
	}
}
