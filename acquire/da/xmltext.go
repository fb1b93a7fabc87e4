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

// Limits on XML from the phone, which is untrusted. Sizes in bytes.
const (
	maxXML      = 64 << 10 // a command
	maxXMLFile  = 2 << 20  // a report
	maxElements = 2000
	maxDepth    = 16
)

// message is an XML message of an agent: the text of its elements, by their names with and without
// the parent's name ("user_size", "emmc.user_size"). If a name occurs several times, the first one
// counts.
type message map[string]string

// parseMessage parses XML and follows no references. Entities other than the five of XML are
// errors.
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
			return m, nil // agents do not escape their message: an & or a < in it is no transmission error
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

// add stores the text of the element at the end of path.
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

// number parses a number, hexadecimal or decimal. It is 0 if the element is missing.
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
		return 0, protocolError("%.40q is not a number", s)
	}
	return n, nil
}

// isXML reports whether a packet of text is XML and not an answer of one line.
func isXML(s string) bool { return strings.HasPrefix(strings.TrimSpace(s), "<") }

// notTaken returns an ErrNotTaken for valid XML that does not answer the command.
func notTaken(m message) error {
	words := cmp.Or(m["command"], "XML without a command")
	for _, name := range []string{"result", "message"} {
		if m[name] != "" {
			words += fmt.Sprintf(", %s %.200q", name, m[name])
		}
	}
	return fmt.Errorf("%w: it sent %.500s", ErrNotTaken, words)
}

// answer parses an agent's answer of one line: OK, OK@0x1000, ERR!UNSUPPORTED.
func answer(s string) (value string, err error) {
	word, value, _ := strings.Cut(s, "@")
	switch {
	case word == "OK", strings.HasPrefix(word, "OK!"):
		return value, nil
	case strings.HasPrefix(word, "ERR"):
		return "", says(s)
	}
	return "", protocolError("%.60q instead of OK", s)
}

// says makes an error from the agent's text. If it contains a code, Code is set.
func says(s string) *StatusError {
	e := &StatusError{Text: strings.ToValidUTF8(s[:min(len(s), 200)], "?")}
	if i := strings.Index(strings.ToLower(s), "0xc0"); i >= 0 && len(s) >= i+10 {
		if n, err := strconv.ParseUint(s[i+2:i+10], 16, 32); err == nil {
			e.Code = uint32(n)
		}
	}
	return e
}
