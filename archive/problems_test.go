package archive

import (
	"os"
	"testing"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

// One content has one result, whether it comes out of an archive or of a store, and as a dump or
// as its parts.
func TestOneResult(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(m made)
		wishes plan.Wishes
		worst  flash.Severity // at least
		parts  bool           // there is no dump to restore
	}{
		{name: "sound", change: func(made) {}},
		{name: "unread", worst: flash.Warning, change: func(m made) {
			text := "0x0 ? 1\n0x00000000 0x00100000 +\n0x00100000 0x00100000 -\n0x00200000 0x10000000 +\n"
			if err := os.WriteFile(m.path("ROM_1.map"), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "incomplete", worst: flash.Warning, change: func(made) {}, wishes: plan.Wishes{Only: []string{"boot"}}, parts: true},
		{name: "cut", worst: flash.Warning, change: func(m made) {
			if err := os.Truncate(m.path("ROM_1"), 40<<20); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "guessed table", worst: flash.Warning, change: func(m made) {
			m.poke("ROM_1", 0, make([]byte, 512<<10))
			st, err := os.Stat(m.path("ROM_1"))
			if err != nil {
				t.Fatal(err)
			}
			m.poke("ROM_1", st.Size()-512<<10, make([]byte, 512<<10))
		}, wishes: plan.Wishes{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMade(t)
			c.change(m)
			open := dump.Options{Alone: true}
			d, err := dump.Open(t.Context(), m.path("ROM_1"), open)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if _, err := Create(t.Context(), CreateOptions{Path: m.path("ROM_1"), Dump: d, Output: m.path("a"), Wishes: c.wishes, AcceptGuess: true}); err != nil {
				t.Fatal(err)
			}
			if _, err := Restore(t.Context(), m.path("a"), RestoreOptions{Output: m.path("first"), Parts: true, AcceptGuess: true, NoSync: true}); err != nil {
				t.Fatal(err)
			}
			ref := oci.Ref{Layout: m.path("store"), Tag: "x"}
			if _, err := Push(t.Context(), PushOptions{Path: m.path("first"), To: ref, AcceptGuess: true}); err != nil {
				t.Fatal(err)
			}
			worst := map[string]flash.Severity{}
			for name, dumps := range map[string]bool{"parts": false, "dump": true} {
				if dumps && c.parts {
					continue
				}
				r, err := Restore(t.Context(), m.path("a"), RestoreOptions{Output: m.path("restored " + name), Parts: !dumps, AcceptGuess: true, NoSync: true})
				if err != nil {
					t.Fatal(err)
				}
				p, err := Pull(t.Context(), PullOptions{From: ref, Output: m.path("pulled " + name), Dump: dumps, AcceptGuess: true})
				if err != nil {
					t.Fatal(err)
				}
				worst["restore "+name], worst["pull "+name] = flash.Worst(r.Problems), flash.Worst(p.Problems)
			}
			for name, got := range worst {
				if (got >= flash.Warning) != (c.worst >= flash.Warning) {
					t.Errorf("%s: %v of %v", name, got, worst)
				}
			}
		})
	}
}
