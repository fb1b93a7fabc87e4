package screen

import (
	"encoding/json"
	"reflect"
)

// Document prints the one JSON document of a command.
func (s *Screen) Document(v any) error {
	s.spoken = true
	e := json.NewEncoder(s.Out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(withLists(v))
}

// Answer prints the document of a command, if one is asked for.
func (s *Screen) Answer(doc any) error {
	s.Bars.Clear()
	if !s.JSON {
		return nil
	}
	return s.Document(doc)
}

// withLists returns a document in which a list that is not there is an empty one: programs
// that read it go through lists without asking first.
func withLists(doc any) any {
	v := reflect.ValueOf(doc)
	if !v.IsValid() {
		return doc
	}
	copied := reflect.New(v.Type())
	copied.Elem().Set(v)
	fillLists(copied.Elem())
	return copied.Interface()
}

var marshaler = reflect.TypeFor[json.Marshaler]()

func fillLists(v reflect.Value) {
	if v.Type().Implements(marshaler) || !v.CanSet() && v.Kind() != reflect.Pointer {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fillLists(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fillLists(v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fillLists(v.Index(i))
		}
	}
}
