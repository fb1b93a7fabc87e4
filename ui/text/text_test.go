package text

import (
	"regexp"
	"slices"
	"testing"
)

var verb = regexp.MustCompile(`%(\[\d+\])?[a-z%]`)

// verbs returns the values that a text takes, without their order.
func verbs(s string) []string {
	found := verb.FindAllString(s, -1)
	for i, v := range found {
		found[i] = "%" + v[len(v)-1:]
	}
	slices.Sort(found)
	return found
}

// Each language has all texts, and each text takes the same values.
func TestLanguages(t *testing.T) {
	english := Find("en")
	for _, l := range All() {
		if l.Name == "" {
			t.Errorf("%s.txt: no text for the key language", l.Code)
		}
		if missing := without(english.Keys(), l.Keys()); len(missing) > 0 {
			t.Errorf("%s.txt lacks %q", l.Code, missing)
		}
		if more := without(l.Keys(), english.Keys()); len(more) > 0 {
			t.Errorf("%s.txt has %q, which English does not have", l.Code, more)
		}
		for _, k := range l.Keys() {
			if a, b := verbs(english.T(k)), verbs(l.T(k)); !slices.Equal(a, b) {
				t.Errorf("%s.txt: %s takes %q, in English %q", l.Code, k, b, a)
			}
		}
	}
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(k string) bool { return slices.Contains(b, k) })
}

func TestAccepted(t *testing.T) {
	for header, want := range map[string]string{
		"": "en", "es-MX,es;q=0.9,en;q=0.8": "es", "de-DE,de;q=0.9,es;q=0.5": "es", "tlh": "en", ",;,": "en", "ES": "es",
	} {
		if got := Accepted(header).Code; got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestT(t *testing.T) {
	es := Find("es")
	if got := es.T("no.such.key"); got != "no.such.key" {
		t.Errorf("an unknown key gives %q", got)
	}
	if es.Has("no.such.key") || !es.Has("nav.start") {
		t.Error("Has is wrong")
	}
}
