// Package text has the texts of the window, one file for each language: en.txt, es.txt. A new language
// is one new file. A line is KEY = TEXT; # begins a comment. A text may have %s for values, in the order
// of the English text, or %[2]s for another order. A key that a language lacks is shown in English.
package text

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed *.txt
var files embed.FS

// Language is the texts in one language.
type Language struct {
	Code  string // "en", as in HTML's lang
	Name  string // in the language itself
	texts map[string]string
	base  *Language // English; nil for English
}

var languages = load()

// load reads all files. English comes first, then the others by code.
func load() (out []*Language) {
	english := read("en.txt")
	out = append(out, english)
	names, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of the program
	}
	for _, e := range names {
		if e.Name() != "en.txt" {
			l := read(e.Name())
			l.base = english
			out = append(out, l)
		}
	}
	return out
}

func read(name string) *Language {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	l := &Language{Code: strings.TrimSuffix(path.Base(name), ".txt"), texts: map[string]string{}}
	for line := range strings.Lines(string(b)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if ok && !strings.HasPrefix(key, "#") {
			l.texts[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	l.Name = l.texts["language"]
	return l
}

// All returns all languages, English first.
func All() []*Language { return languages }

// Find returns the language with a code, nil if there is none.
func Find(code string) *Language {
	if i := slices.IndexFunc(languages, func(l *Language) bool { return l.Code == code }); i >= 0 {
		return languages[i]
	}
	return nil
}

// Accepted returns the first language that an Accept-Language header names, English if there is none.
// Browsers list the languages in the order of the user's choice.
func Accepted(header string) *Language {
	for one := range strings.SplitSeq(header, ",") {
		code, _, _ := strings.Cut(strings.TrimSpace(one), ";")
		code, _, _ = strings.Cut(code, "-")
		if l := Find(strings.ToLower(code)); l != nil {
			return l
		}
	}
	return languages[0]
}

// Has reports whether there is a text for key.
func (l *Language) Has(key string) bool {
	_, ok := l.texts[key]
	return ok || l.base != nil && l.base.Has(key)
}

// T returns the text for key, with values. It returns the key itself if no language has it.
func (l *Language) T(key string, values ...any) string {
	s, ok := l.texts[key]
	switch {
	case !ok && l.base != nil:
		return l.base.T(key, values...)
	case !ok:
		return key
	case len(values) > 0:
		return fmt.Sprintf(s, values...)
	}
	return s
}

// Keys returns the keys that the language's own file has, sorted.
func (l *Language) Keys() (out []string) {
	for k := range l.texts {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
