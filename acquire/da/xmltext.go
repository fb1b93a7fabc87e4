package da

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds on XML from the phone, which is untrusted.
const (
	maxXML      = 64 << 10 // a command
	maxXMLFile  = 2 << 20  // a report
	maxElements = 2000
	maxDepth    = 16
)

// message is the text of an XML agent: what stands in its elements, by their names with
// and without their parent's ("user_size", "emmc.user_size"). The first of a name counts.
type message map[string]string

// parseMessage reads XML without following anything it refers to. Entities that are not
// XML's own five are errors.
func parseMessage(b []byte) (message, error) {
	m := message{}
	d := xml.NewDecoder(strings.NewReader(strings.TrimRight(string(b), "\x00")))
	var path []string
	for elements := 0; ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) && len(m) > 0 {
			return m, nil
		}
		if err != nil && m["command"] == "CMD:END" && m["result"] != "" {
			return m, nil // agents put their message in as it is: an & or a < in it is no fault of the line
		}
		if err != nil {
			return nil, protocolError("XML: %v", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if elements++; elements > maxElements || len(path) == maxDepth {
				return nil, protocolError("XML of more than %d elements or %d levels", maxElements, maxDepth)
			}
			path = append(path, strings.ToLower(tok.Name.Local))
			m.add(path, "")
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if s := strings.TrimSpace(string(tok)); s != "" && len(path) > 0 {
				m.add(path, s)
			}
		}
	}
}

// add notes the text of the element at the end of path.
func (m message) add(path []string, s string) {
	name := path[len(path)-1]
	keys := []string{name}
	if len(path) > 1 {
		keys = append(keys, path[len(path)-2]+"."+name)
	}
	for _, k := range keys {
		if m[k] == "" {
			m[k] = s
		}
	}
}

// number reads a number, hexadecimal or decimal; 0 where there is none.
func (m message) number(name string) (uint64, error) {
	s := m[name]
	if s == "" {
		return 0, nil
	}
	return parseNumber(s)
}

func parseNumber(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return 0, protocolError("%.40q is no number", s)
	}
	return n, nil
}

// isXML reports whether a packet of text is XML, and not an answer in one line.
func isXML(s string) bool { return strings.HasPrefix(strings.TrimSpace(s), "<") }

// notTaken describes sound XML that is no answer to what was said.
func notTaken(m message) error {
	words := cmp.Or(m["command"], "XML without a command")
	for _, name := range []string{"result", "message"} {
		if m[name] != "" {
			words += fmt.Sprintf(", %s %.200q", name, m[name])
		}
	}
	return fmt.Errorf("%w: it says %.500s", ErrNotTaken, words)
}

// answer takes apart what an agent says in one line: OK, OK@0x1000, ERR!UNSUPPORTED.
func answer(s string) (value string, err error) {
	word, value, _ := strings.Cut(s, "@")
	switch {
	case word == "OK", strings.HasPrefix(word, "OK!"):
		return value, nil
	case strings.HasPrefix(word, "ERR"):
		return "", says(s)
	}
	return "", protocolError("%.60q in place of OK", s)
}

// says makes an error of the agent's own words. A code among them is understood.
func says(s string) *StatusError {
	e := &StatusError{Text: strings.ToValidUTF8(s[:min(len(s), 200)], "?")}
	if i := strings.Index(strings.ToLower(s), "0xc0"); i >= 0 && len(s) >= i+10 {
		if n, err := strconv.ParseUint(s[i+2:i+10], 16, 32); err == nil {
			e.Code = uint32(n)
		}
	}
	return e
}
