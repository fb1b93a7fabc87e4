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
			switch strings.ToLower(fd.Key) {
			case "general", "info", "description", "storage_type":
			case "storage", "boot_channel", "block_size": // below, wherever they stand
			default:
				head = append(head, fd.Key+": "+fd.Value)
			}
		}
		for _, fd := range g.StorageFields() {
			head = append(head, fd.Key+": "+fd.Value)
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

// What a target cannot say is listed, and nothing else is.
// A version that is empty is carried over as it is, and so are the keys before it.
func TestConvertEmptyVersion(t *testing.T) {
	text := strings.Replace(header, "    - config_version: V1.1.2\n      platform: MT6592\n", "    - platform: MT6592\n      config_version:\n", 1)
	f, err := scatter.Parse([]byte(text + row("lk", "0x8000", "0x8000", "0x8000")))
	if err != nil || text == header {
		t.Fatal(err)
	}
	out, ps := scatter.Convert(f, scatter.XML)
	if len(ps) != 0 || out.Info.Platform != "MT6592" || out.Head.Find("config_version") == nil {
		t.Errorf("%+v of %s: %v", out.Info, out.Encode(), ps)
	}
}

// XML has no word for some bytes; where a storage's name has them, that is said.
func TestConvertOddStorage(t *testing.T) {
	f, err := scatter.Parse([]byte(twoStorages + "- storage_type: U\x80\x00\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ps := scatter.Convert(f, scatter.XML); flash.Worst(ps) != flash.Warning {
		t.Errorf("%v", ps)
	}
}

// A file without rows leaves nothing to list, and that is said.
func TestConvertNoRows(t *testing.T) {
	f, err := scatter.Parse([]byte("<?xml version=\"1.0\"?>\n<root><general name=\"MTK_PLATFORM_CFG\"></general></root>\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []scatter.Dialect{scatter.V1, scatter.List} {
		if out, ps := scatter.Convert(f, d); out != nil || flash.Worst(ps) < flash.Error {
			t.Errorf("%s: %v, %v", d, out, ps)
		}
	}
}

func TestConvertProblems(t *testing.T) {
	one := header + row("lk", "0x8000", "0x8000", "0x8000", "is_upgradable: true", "colour: blue")
	for name, c := range map[string]struct {
		text string
		to   scatter.Dialect
		want string
	}{
		"text to XML":     {one, scatter.XML, ""},
		"newer text":      {one, scatter.V118, ""},
		"older text":      {one, scatter.V111, "note scatter: v1.1.1 does not know is_upgradable: it is left out of 1 rows"},
		"two storages":    {twoStorages, scatter.V112, "warning scatter: v1.1.2 can hold one storage only: the table of UFS (2 rows) is left out"},
		"both in XML":     {twoStorages, scatter.XML, ""},
		"one to two":      {one, scatter.V210, ""},
		"comments":        {strings.Replace(one, "- partition_index", "# mine\n- partition_index", 1), scatter.XML, "note scatter: line 14: 1 comments are left out"},
		"tool's banner":   {strings.Replace(one, "############\n", "####__WwR__##\n", 1), scatter.XML, "note scatter: line 1: 1 comments are left out"},
		"XML comments":    {xmlOne, scatter.V118, "note scatter: line 2: 2 comments are left out"},
		"vendor's lines":  {one + "[huaqin]\ncheckSum = 0x15bf\n", scatter.XML, "note scatter: line 29: 2 lines that are not scatter syntax are left out"},
		"no storage":      {strings.Replace(one, "      storage: EMMC\n", "", 1), scatter.V210, "warning scatter: the file does not name its storage; EMMC is written"},
		"not for XML":     {strings.Replace(one, "colour: blue", "colour: b\x01", 1), scatter.XML, "warning lk: line 27: colour: b\x01 cannot be written unchanged in xml"},
		"key not for XML": {strings.Replace(one, "colour:", "3d:", 1), scatter.XML, "warning lk: line 27: 3d: blue cannot be written unchanged in xml"},
		"to a list":       {one + row("boot", "0x10000", "0x10000", "0x8000"), scatter.List, "note scatter: list contains names and addresses only: sizes, files, types, operations and regions are left out"},
		"list to text": {"lk 0x8000\nboot 0x10000\nsgpt 0xFFFF0000\n", scatter.V112, "warning scatter: the chip is not known; MT0000 is written; " +
			"warning sgpt: line 3: its size is not known; 0 is written; " +
			"warning scatter: file names, types and operations are the usual ones of these partitions, because the list has none; " +
			"note scatter: sizes are the distances between rows, because the list has none"},
	} {
		t.Run(name, func(t *testing.T) {
			f, ps := scatter.Convert(parse(t, c.text), c.to)
			if f == nil || f.Dialect != c.to {
				t.Fatalf("no %s: %v", c.to, ps)
			}
			if got := problemText(ps); got != c.want {
				t.Errorf("problems %q\nwant %q", got, c.want)
			}
		})
	}
	if f, ps := scatter.Convert(parse(t, header+row("a b", "x", "y", "0x1")), scatter.V1); f != nil || !strings.Contains(problemText(ps), "error a b") {
		t.Errorf("nothing to write: %v", ps)
	}
}

// V1 with its base becomes V1.1.1 as the tools of its time wrote that: the preloader's
// size is what lies before the user area.
func TestConvertV1(t *testing.T) {
	f, _ := scatter.Convert(parse(t, v1EMMC), scatter.V111)
	want := map[string][3]string{
		"PRELOADER": {"0x0", "0x0", "0x40000"}, "DSP_BL": {"0x40000", "0x40000", "0x5c0000"}, "MBR": {"0x600000", "0x0", "0x80000"},
		"NVRAM": {"0xe00000", "0x800000", "0x500000"}, "USRDATA": {"0x5300000", "0x4d00000", "0x0"}, "BMTPOOL": {"0xFFFF00a8", "0xFFFF00a8", "0x0"},
	}
	for _, r := range f.Rows {
		if w, ok := want[r.Get("partition_name")]; ok && w != [3]string{r.Get("linear_start_addr"), r.Get("physical_start_addr"), r.Get("partition_size")} {
			t.Errorf("%+v, want %v", r, w)
		}
	}
	if p := f.Table(0).Find("DSP_BL"); p.Region != flash.EMMCBoot1 || p.File != "DSP_BL" {
		t.Errorf("%+v", p)
	}
	back, _ := scatter.Convert(f, scatter.V1)
	if got := string(back.Encode()); got != strings.TrimRight(strings.Replace(v1EMMC, "__NODL_RSV_OTP", "__NODL_OTP", 1), "\n")+"\n" {
		t.Errorf("back again:\n%s", got)
	}
}

// A vendor ships the same in text and in XML: converting the one gives the other, byte
// for byte.
func TestCorpusConvertVendor(t *testing.T) {
	text, xml := "vivo-pd2135f-mt6891/MT6893_Android_scatter.txt", "vivo-pd2135f-mt6891/MT6893_Android_scatter.xml"
	x, ps := scatter.Convert(corpusScatter(t, text), scatter.XML)
	if !bytes.Equal(x.Encode(), corpusFile(t, xml)) || len(ps) > 0 {
		t.Errorf("to XML: %s %v", firstChange(string(x.Encode()), string(corpusFile(t, xml))), ps)
	}
	back, ps := scatter.Convert(corpusScatter(t, xml), scatter.V210)
	if !bytes.Equal(back.Encode(), corpusFile(t, text)) || len(ps) > 0 {
		t.Errorf("to text: %s %v", firstChange(string(back.Encode()), string(corpusFile(t, text))), ps)
	}
}
