package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// lostAt is why a stretch of a file is lost that begins there.
type lostAt struct {
	offset int64
	err    error
}

// lost notes what the archive has lost.
func (r *restoring) lost(file string, e flash.Extent, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.holes == nil {
		r.holes, r.why = map[string][]flash.Extent{}, map[string][]lostAt{}
	}
	before := len(r.holes[file])
	r.holes[file] = flash.Union(r.holes[file], []flash.Extent{e})
	if len(r.holes[file]) > before { // it touches nothing that is known
		r.why[file] = append(r.why[file], lostAt{e.Offset, err})
	}
}

// tellLacking notes what of the phone the dump itself lacks.
func (r *restoring) tellLacking(sources []flash.ManifestSource) {
	lacking := (&flash.Manifest{Sources: sources}).Lacking()
	r.problems = append(r.problems, lacking...)
	r.lacks = r.lacks || len(lacking) > 0
}

// all are the problems, and a line for each stretch that is lost: a damaged frame is read
// in many pieces.
func (r *restoring) all() []flash.Problem {
	out := slices.Clone(r.problems)
	for _, file := range slices.Sorted(maps.Keys(r.holes)) {
		for _, h := range r.holes[file] {
			i := slices.IndexFunc(r.why[file], func(w lostAt) bool { return h.Offset <= w.offset && w.offset < h.End() })
			out = append(out, flash.Problem{Severity: flash.Error, Place: file, Offset: h.Offset,
				Text: fmt.Sprintf("%s of it are lost and read as zeros: %v", flash.Size(h.Length), r.why[file][i].err)})
		}
	}
	return out
}

// lostOf is what is lost of a region, by the entries that it is made of.
func (r *restoring) lostOf(region flash.Region) (out []flash.Extent) {
	if r.record == nil {
		return nil
	}
	for _, e := range r.record.Entries {
		if !e.Kind.IsDump() || e.Region != region {
			continue
		}
		for _, h := range r.holes[e.File] {
			out = flash.Union(out, []flash.Extent{{Offset: e.Offset + h.Offset, Length: h.Length}})
		}
	}
	return out
}
