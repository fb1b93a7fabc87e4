package oci

import (
	"errors"
	"testing"
)

func TestParseRef(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Ref // the zero Ref: refused
	}{
		{"oci:./backups:blu-s5260-2026-11-22", Ref{Layout: "./backups", Tag: "blu-s5260-2026-11-22"}},
		{"oci:/mnt/nas/phones", Ref{Layout: "/mnt/nas/phones"}},
		{`oci:C:\backups:s1`, Ref{Layout: `C:\backups`, Tag: "s1"}},
		{`oci:C:\backups`, Ref{Layout: `C:\backups`}},
		{"oci:a:b/c", Ref{Layout: "a:b/c"}},
		{"registry.example/phones/s1:2026", Ref{Registry: "registry.example", Repository: "phones/s1", Tag: "2026"}},
		{"localhost:5000/s1", Ref{Registry: "localhost:5000", Repository: "s1"}},
		{"localhost/s1:x", Ref{Registry: "localhost", Repository: "s1", Tag: "x"}},
		{"[::1]:5000/s1:x", Ref{Registry: "[::1]:5000", Repository: "s1", Tag: "x"}},
		{in: ""}, {in: "oci:"}, {in: "oci::tag"}, {in: "oci:dir:"}, {in: "oci:dir:a b"}, {in: "oci:dir:-x"},
		{in: "backups:s1"}, {in: "phones/s1:x"}, {in: "./backups:x"}, {in: "../backups"}, {in: "registry.example/Phones:x"},
		{in: "registry.example/s1@sha256:0000000000000000000000000000000000000000000000000000000000000000"},
		{in: "registry.example/s1:a b"}, {in: "registry.example/"}, {in: "user@registry.example/x:y"},
	} {
		got, err := ParseRef(c.in)
		switch {
		case c.want == Ref{}:
			if !errors.Is(err, ErrRef) {
				t.Errorf("%q was read as %+v, %v", c.in, got, err)
			}
		case err != nil || got != c.want:
			t.Errorf("%q = %+v, %v; want %+v", c.in, got, err, c.want)
		case got.String() != c.in:
			t.Errorf("%q is written as %q", c.in, got)
		}
	}
}
