package screen

import "github.com/mtkkit/mtkkit/document"

// Document prints the JSON document of a command. A command prints only one.
func (s *Screen) Document(v any) error {
	s.spoken = true
	b, err := document.Marshal(v, s.Tool)
	if s.OutTTY {
		b = escaped(b)
	}
	if err == nil {
		_, err = s.Out.Write(b)
	}
	return err
}

// Answer prints the document of a command if JSON is set.
func (s *Screen) Answer(doc any) error {
	s.Bars.Clear()
	if !s.JSON {
		return nil
	}
	return s.Document(doc)
}
