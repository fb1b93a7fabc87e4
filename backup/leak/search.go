package leak

import (
	"bytes"
	"context"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// Hit is a place where something private was found.
type Hit struct {
	Kind   Kind   `json:"kind"`
	From   string `json:"from"`      // the private part it is of
	At     int64  `json:"from_at"`   // bytes into that
	In     string `json:"in"`        // where it was found
	Offset int64  `json:"in_offset"` // bytes into that
}

// maxHits bounds how many of a kind are listed of one member; all are counted.
const maxHits = 20

// Found is what one member holds of it.
type Found struct {
	Hits  []Hit        // the first of each kind
	Count map[Kind]int // all
}

// Search looks through an image at every offset.
func (f *Finder) Search(ctx context.Context, name string, img flash.Image) (*Found, error) {
	found := &Found{Count: map[Kind]int{}}
	scratch := make([]byte, blockSize)
	err := pieces(ctx, img, blockSize-1, func(at int64, b []byte, seen int) error {
		const mask = 1<<(8*tail) - 1
		var v uint64
		for i, c := range b {
			v = (v<<8 | uint64(c)) & mask
			h := hash(v)
			if f.filter[h>>6]&(1<<(h&63)) == 0 || i < seen || i < tail-1 {
				continue
			}
			for _, p := range f.byTail[v] {
				n, err := f.ends(p, b[:i+1], scratch)
				if err != nil {
					return err
				}
				if n == 0 {
					continue
				}
				found.Count[p.kind]++
				if found.Count[p.kind] <= maxHits {
					found.Hits = append(found.Hits, Hit{p.kind, f.parts[p.part].Name, p.at, name, at + int64(i+1-n)})
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("leak: %s: %w", name, err)
	}
	return found, nil
}

// ends reports whether b ends with a pattern, by its length.
func (f *Finder) ends(p pattern, b, scratch []byte) (int, error) {
	text := p.text
	if text == nil {
		text = scratch
		if len(b) < blockSize {
			return 0, nil
		}
		if err := flash.ReadInto(f.parts[p.part].Image, text, p.at); err != nil {
			return 0, err
		}
	}
	if !bytes.HasSuffix(b, text) {
		return 0, nil
	}
	return len(text), nil
}
