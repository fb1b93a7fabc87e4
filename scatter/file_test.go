package scatter_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

const header = `############
#
#  General Setting
#
############
- general: MTK_PLATFORM_CFG
  info: 
    - config_version: V1.1.2
      platform: MT6592
      project: board
      storage: EMMC
      boot_channel: MSDC_0
      block_size: 0x20000
`

// row writes a row of the user area; more are further keys, "key: value", which
// replace those of the same name.
func row(name, linear, physical, size string, more ...string) string {
	keys := []string{"partition_name: " + name, "file_name: NONE", "is_download: false", "type: NORMAL_ROM",
		"linear_start_addr: " + linear, "physical_start_addr: " + physical, "partition_size: " + size,
		"region: EMMC_USER", "storage: HW_STORAGE_EMMC", "is_reserved: false", "operation_type: UPDATE"}
	var w strings.Builder
	w.WriteString("- partition_index: SYS_" + name + "\n")
	for _, k := range append(keys, more...) {
		key, _, _ := strings.Cut(k, ":")
		replaced := false
		for _, m := range more {
			replaced = replaced || m != k && strings.HasPrefix(m, key+":")
		}
		if !replaced {
			w.WriteString("  " + k + "\n")
		}
	}
	return w.String() + "\n"
}

// counted writes a reserved row with a count from the end in both columns.
func counted(name, address, size string, more ...string) string {
	return row(name, address, address, size, append(more, "is_reserved: true", "operation_type: RESERVED")...)
}

func parse(t *testing.T, text string) *scatter.File {
	t.Helper()
	f, err := scatter.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(f.Encode()); got != text {
		t.Fatalf("Encode differs from the text:\n%q\nwant\n%q", got, text)
	}
	return f
}

// One thing is odd in each text; the row is read all the same, and the problem (if it
// is one) names the line.
func TestOddText(t *testing.T) {
	lk := row("lk", "0x8000", "0x8000", "0x60000")
	for name, c := range map[string]struct {
		text    string
		rows    int
		problem string // "" for none
	}{
		"plain":                 {header + lk, 1, ""},
		"crlf":                  {strings.ReplaceAll(header+lk, "\n", "\r\n"), 1, ""},
		"mixed line ends":       {header + strings.ReplaceAll(lk, "\n", "\r\n"), 1, ""},
		"no final newline":      {strings.TrimRight(header+lk, "\n"), 1, ""},
		"byte order mark":       {"\xef\xbb\xbf" + header + lk, 1, ""},
		"mark before a key":     {"\xef\xbb\xbf" + header[strings.Index(header, "- general"):] + lk, 1, ""},
		"blank before colon":    {strings.ReplaceAll(header+lk, ": ", " : "), 1, ""},
		"no blank after colon":  {strings.ReplaceAll(header+lk, ": ", ":"), 1, ""},
		"tabs":                  {strings.ReplaceAll(header+lk, "  ", "\t"), 1, ""},
		"no indentation":        {strings.ReplaceAll(header+lk, "  ", ""), 1, ""},
		"trailing blanks":       {strings.ReplaceAll(header+lk, "\n", " \t\n"), 1, ""},
		"comment behind value":  {strings.ReplaceAll(header+lk, "0x60000", "0x60000 # 384 KiB"), 1, ""},
		"keys in capitals":      {header + strings.ToUpper(strings.ReplaceAll(lk, "lk", "LK")), 1, ""},
		"unknown keys":          {header + "      modem_check: false\n" + lk + "  colour: blue\n", 1, ""},
		"no header":             {lk, 1, "scatter: header has no config_version; read as V1.1"},
		"version from tomorrow": {strings.Replace(header, "V1.1.2", "V3.0", 1) + lk, 1, `scatter: line 8: config_version "V3.0" is not known; read as V1.1`},
		"block_size 0":          {strings.Replace(header, "0x20000", "0x0", 1) + lk, 1, `scatter: line 13: block_size "0x0" is not a usable size`},
		"block_size huge":       {strings.Replace(header, "0x20000", "0xFFFFFFFFFFFFFFFF", 1) + lk, 1, `scatter: line 13: block_size "0xFFFFFFFFFFFFFFFF" is not a usable size`},
		"vendor trailer":        {header + lk + "[huaqin]\nchecksum: 0x1\ncheckSum = 0x15bf\n", 1, "scatter: line 27: 3 lines are not scatter syntax; they are kept unchanged"},
		"duplicate index":       {header + lk + lk, 2, "lk: line 27: partition_index SYS_lk is also used at line 14"},
		"no index":              {header + lk + strings.TrimPrefix(lk, "- partition_index: SYS_lk\n"), 2, "lk: line 27: row has no partition_index"},
		"no index, first row":   {header + strings.TrimPrefix(lk, "- partition_index: SYS_lk\n") + lk, 2, "lk: line 14: row has no partition_index"},
		"name is the item":      {header + lk + strings.Replace(lk, "- partition_index: SYS_lk\n  ", "- ", 1), 2, "lk: line 27: row has no partition_index"},
		"index alone":           {header + "- partition_index: SYS0\n" + strings.Replace(lk, "- partition_index: SYS_lk\n  ", "- ", 1), 2, "lk: line 15: row has no partition_indexscatter: line 14: row has no partition_name"},
		"empty name":            {header + strings.Replace(lk, ": lk", ":", 1), 1, "scatter: line 14: row has no partition_name"},
		"key given twice":       {header + lk + "  partition_size: 0x1\n", 1, "lk: line 27: partition_size is given twice; the value of line 21 is used"},
	} {
		t.Run(name, func(t *testing.T) {
			if !scatter.Sniff(strings.NewReader(c.text)) {
				t.Error("not recognised")
			}
			f := parse(t, c.text)
			got := ""
			for _, p := range f.Problems {
				got += p.String()
			}
			if got != c.problem {
				t.Errorf("problems %q, want %q", got, c.problem)
			}
			if len(f.Rows) != c.rows {
				t.Fatalf("%d rows, want %d", len(f.Rows), c.rows)
			}
			p := f.Table(0).Partitions[len(f.Rows)-1]
			if p.Extent != (flash.Extent{Offset: 0x8000, Length: 0x60000}) || p.Region != flash.EMMCUser || p.Type != "NORMAL_ROM" {
				t.Errorf("read as %+v", p)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	f := parse(t, header+"      modem_check: false\n"+row("lk", "0x8000", "0x8000", "0x60000"))
	if want := (scatter.Info{"V1.1.2", "MT6592", "board", flash.EMMC, "MSDC_0", 0x20000}); f.Info != want {
		t.Errorf("%+v, want %+v", f.Info, want)
	}
	if f.Head.Get("MODEM_CHECK") != "false" || f.Head.Find("platform").Line != 9 || f.Head.Find("modem") != nil {
		t.Errorf("header keys are %+v", f.Head)
	}
	r := f.Rows[0]
	if r.Line != 15 || r.Fields[1] != (scatter.Field{"partition_name", "lk", 16}) || len(r.Fields) != 12 {
		t.Errorf("row is %+v", r)
	}
}

func TestRefused(t *testing.T) {
	utf16 := func(s string) string { return "\xff\xfe" + strings.Join(strings.Split(s, ""), "\x00") + "\x00" }
	lk := row("lk", "0x8000", "0x8000", "0x60000")
	for name, c := range map[string]struct{ text, want string }{
		"hand-made":   {"# mine\n\n__LK__\npartition_name: lk\nlinear_start_addr: 0x0\n", "line 4: hand-made file: no partition_index line before partition_name, no header with config_version"},
		"only header": {header + "  partition_name: lk\n", "line 14: hand-made file: no partition_index line before partition_name"},
		"xml bomb":    {"<?xml version=\"1.0\"?>\n<!DOCTYPE root [<!ENTITY a \"aaaa\">]>\n<root><partition_index name=\"SYS0\"/></root>\n", "line 2: XML with a document type"},
		"utf-16":      {utf16(header + lk), "line 1: text in UTF-16"},
		"utf-16 xml":  {utf16("<root>\n<partition_index name=\"SYS0\">"), "line 1: text in UTF-16"},
	} {
		_, err := scatter.Parse([]byte(c.text))
		if !errors.Is(err, scatter.ErrDialect) || !strings.HasPrefix(err.Error(), "scatter: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if !scatter.Sniff(strings.NewReader(c.text)) {
			t.Errorf("%s: not recognised", name)
		}
	}
}

func TestNotScatter(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "blank": "\n\n", "zeros": strings.Repeat("\x00", 4096), "prose": "partition index: none\n",
		"ini": "[a]\nb=c\n", "one pair": "lk 0x0\n", "decimal list": "a 1\nb 2\n", "brace only": "{\n}\n",
		"pair at the end": "# x\nlk 0x0", "html": "<html>\n<body>\n",
	} {
		if scatter.Sniff(strings.NewReader(text)) {
			t.Errorf("%s: taken for a scatter file", name)
		}
		if _, err := scatter.Parse([]byte(text)); !errors.Is(err, flash.ErrNotThis) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// tooLarge is an image whose bytes nobody may ask for.
type tooLarge struct{ flash.Image }

func (tooLarge) Size() int64 { return scatter.MaxSize + 1 }

func TestBounds(t *testing.T) {
	if _, err := scatter.Read(tooLarge{}); !errors.Is(err, flash.ErrNotThis) || !strings.Contains(err.Error(), "too large") {
		t.Errorf("too large: %v", err)
	}
	if _, err := scatter.Parse(make([]byte, scatter.MaxSize+1)); !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("too large: %v", err)
	}
	long := header + "- partition_index: " + strings.Repeat("x", 10<<20)
	if _, err := scatter.Read(strings.NewReader(long)); err == nil || !strings.Contains(err.Error(), "line 14: a line has 10485779 bytes") {
		t.Errorf("long line: %v", err)
	}
	for name, text := range map[string]string{
		"rows": header + strings.Repeat("- partition_index: SYS0\n", 5000),
		"keys": header + "- partition_index: SYS0\n" + strings.Repeat("a: b\n", 300),
	} {
		if _, err := scatter.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "scatter: line ") {
			t.Errorf("too many %s: %v", name, err)
		}
	}
	short := flash.Slice(bytes.NewReader([]byte(header)), flash.Extent{Length: 1 << 20})
	if _, err := scatter.Read(short); !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("header alone: %v", err)
	}
}

// Sniff sees the head of a file only; a line cut at its edge is not judged.
func TestSniffHead(t *testing.T) {
	text := header + strings.Repeat(row("lk", "0x8000", "0x8000", "0x60000"), 400)
	if len(text) < 80<<10 || !scatter.Sniff(strings.NewReader(text)) {
		t.Errorf("a file of %d bytes is not recognised", len(text))
	}
	if scatter.Sniff(strings.NewReader(strings.Repeat("#\n", 1<<16) + text)) {
		t.Error("Sniff looks further than its bound")
	}
}
