package archive

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// losses gathers what an archive has lost, by its files. Several readers tell of it.
type losses struct {
	mu    sync.Mutex
	holes map[string][]flash.Extent
	why   map[string][]lostAt // one or more for each hole
}

// lostAt is why a range of a file is lost that begins there.
type lostAt struct {
	offset int64
	err    error
}

// add notes what the archive has lost.
func (l *losses) add(file string, e flash.Extent, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holes == nil {
		l.holes, l.why = map[string][]flash.Extent{}, map[string][]lostAt{}
	}
	before := len(l.holes[file])
	l.holes[file] = flash.Union(l.holes[file], []flash.Extent{e})
	if len(l.holes[file]) > before { // it touches nothing that is known
		l.why[file] = append(l.why[file], lostAt{e.Offset, err})
	}
}

// problems are one for each range that is lost: a damaged frame is read in many pieces.
func (l *losses) problems() (out []flash.Problem) {
	for _, file := range slices.Sorted(maps.Keys(l.holes)) {
		for _, h := range l.holes[file] {
			i := slices.IndexFunc(l.why[file], func(w lostAt) bool { return h.Offset <= w.offset && w.offset < h.End() })
			out = append(out, flash.Problem{Severity: flash.Error, Place: file, Offset: h.Offset,
				Text: fmt.Sprintf("%s of it are lost and read as zeros: %v", flash.Size(h.Length), l.why[file][i].err)})
		}
	}
	return out
}

// of is what is lost of a region, by the entries that it is made of.
func (l *losses) of(m *flash.Manifest, region flash.Region) (out []flash.Extent) {
	if m == nil {
		return nil
	}
	for _, e := range m.Entries {
		if !e.Kind.IsDump() || e.Region != region {
			continue
		}
		for _, h := range l.holes[e.File] {
			out = flash.Union(out, []flash.Extent{{Offset: e.Offset + h.Offset, Length: h.Length}})
		}
	}
	return out
}
