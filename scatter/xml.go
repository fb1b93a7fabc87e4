package scatter

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// The XML of SP Flash Tool v6 has the same content as the text:
//
//	<root>
//	  <general name="MTK_PLATFORM_CFG">
//	    <config_version name="V2.1.0">          an element with a name holds others,
//	      <platform>MT6893</platform> …         one without is a key and its value
//	  <storage_type name="EMMC">                only with several storages
//	    <general name="MTK_STORAGE_CFG">
//	      <storage name="EMMC"> …
//	    <partition_index name="SYS0">
//	      <partition_name>preloader</partition_name> …
//
// With one storage (V1.1.x) the storage's keys are in config_version and the rows are
// directly in root. The tokens are only read for their meaning; Encode returns the
// file's own lines.

// maxDepth limits nested elements; real files have up to 5 levels.
const maxDepth = 16

func isXML(lines []string) bool {
	n := firstText(lines)
	return n <= len(lines) && strings.HasPrefix(bare(lines[n-1]), "<") &&
		(anyHas(lines, "<partition_index") || anyHas(lines, "MTK_PLATFORM_CFG"))
}

// readXML reads the elements up to the first damage. A file with a document type is
// refused: scatter files have none, and entities can expand to enormous sizes.
func readXML(f *File) error {
	f.Dialect = XML
	d := xml.NewDecoder(strings.NewReader(strings.ToValidUTF8(strings.Join(f.lines, ""), "?")))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // keys and values are ASCII
	x := xmlReader{collector: collector{f: f, row: &f.Head}}
	for {
		t, err := d.RawToken()
		line, _ := d.InputPos()
		if err == io.EOF && len(x.open) == 0 {
			break
		}
		if err != nil {
			return x.broken(err, line)
		}
		if err := x.token(t, line); err != nil {
			if bad, ok := errors.AsType[damage](err); ok {
				return x.broken(bad, line)
			}
			return err
		}
	}
	f.readHead()
	return nil
}

// damage is an element at a wrong position, found by this reader and not by the
// decoder.
type damage struct{ error }

type xmlReader struct {
	collector
	open []element
}

// element is an element that is not closed yet.
type element struct {
	name string
	text strings.Builder
	line int
	leaf bool // may still be a key with a value
}

func (x *xmlReader) token(t xml.Token, line int) error {
	switch t := t.(type) {
	case xml.Directive:
		return lineError(line, ErrDialect, "XML with a document type or entities; scatter files have none")
	case xml.StartElement:
		return x.start(t, line)
	case xml.CharData:
		if n := len(x.open); n > 0 && x.open[n-1].leaf {
			x.open[n-1].text.Write(t)
		}
	case xml.EndElement:
		return x.end(t, line)
	}
	return nil
}

func (x *xmlReader) start(t xml.StartElement, line int) error {
	n := len(x.open)
	if n >= maxDepth {
		return lineError(line, nil, "elements are nested deeper than %d", maxDepth)
	}
	if n > 0 {
		x.open[n-1].leaf = false
	}
	key, name := fullName(t.Name), ""
	named := key == "partition_index"
	for _, a := range t.Attr {
		if a.Name.Local == "name" {
			name, named = a.Value, true
		}
	}
	x.open = append(x.open, element{name: key, line: line, leaf: n > 0 && !named})
	if !named || n == 0 {
		return nil
	}
	switch {
	case key == "storage_type":
		x.newSection(name)
	case key == "partition_index" && x.row != nil:
		x.newRow(line)
	}
	if name == "" && key == "partition_index" {
		x.f.commonProblem(flash.Warning, "", line, "row has no partition_index")
		return nil
	}
	return x.add(Field{key, strings.Trim(name, blanks), line})
}

func (x *xmlReader) end(t xml.EndElement, line int) error {
	n := len(x.open) - 1
	if n < 0 || x.open[n].name != fullName(t.Name) {
		return damage{errors.New("</" + fullName(t.Name) + "> closes no open element")}
	}
	e := &x.open[n]
	var err error
	if e.leaf {
		err = x.add(Field{e.name, strings.Trim(e.text.String(), blanks), e.line})
	}
	x.open = x.open[:n]
	switch e.name {
	case "partition_index":
		x.toHead()
	case "storage_type":
		x.typed = false
		x.toHead()
	}
	return err
}

// broken keeps the rows before the damage. If there are none, it returns an error.
func (x *xmlReader) broken(err error, line int) error {
	text := err.Error()
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		text, line = syntax.Msg, syntax.Line
	case err == io.EOF:
		text = "ends within <" + x.open[len(x.open)-1].name + ">"
	}
	if len(x.f.sections) == 0 || len(x.f.sections[0].rows) == 0 {
		return lineError(line, nil, "damaged XML: %s", text)
	}
	x.f.commonProblem(flash.Error, "", line, "damaged XML: %s; the rest of the file is not read", text)
	x.f.readHead()
	return nil
}

func fullName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}
