package archive

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// Losses collects the lost ranges of an archive, by file. Several readers report to it. The zero value
// is ready.
type Losses struct {
	mu    sync.Mutex
	holes map[string][]flash.Extent
	why   map[string][]lostAt // at least one for each hole
}

// lostAt is the reason why the range at an offset of a file is lost.
type lostAt struct {
	offset int64
	err    error
}

// Add records a lost range; it is one for source.Options.
func (l *Losses) Add(file string, e flash.Extent, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holes == nil {
		l.holes, l.why = map[string][]flash.Extent{}, map[string][]lostAt{}
	}
	before := len(l.holes[file])
	l.holes[file] = flash.Union(l.holes[file], []flash.Extent{e})
	if len(l.holes[file]) > before { // it touches no range that is listed already
		l.why[file] = append(l.why[file], lostAt{e.Offset, err})
	}
}

// problems returns one problem for each lost range. A damaged frame is reported in many pieces.
func (l *Losses) problems() (out []flash.Problem) {
	for _, file := range slices.Sorted(maps.Keys(l.holes)) {
		for _, h := range l.holes[file] {
			i := slices.IndexFunc(l.why[file], func(w lostAt) bool { return h.Offset <= w.offset && w.offset < h.End() })
			out = append(out, flash.Problem{Severity: flash.Error, Place: file, Offset: h.Offset,
				Text: fmt.Sprintf("%s of it are lost and read as zeros: %v", flash.Size(h.Length), l.why[file][i].err)})
		}
	}
	return out
}

// Of returns the lost ranges of a region, from those of its entries' files.
func (l *Losses) Of(m *flash.Manifest, region flash.Region) (out []flash.Extent) {
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
