package leak

import (
	"bytes"
	"context"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// Hit is a private pattern that was found.
type Hit struct {
	Kind   Kind   `json:"kind"`
	From   string `json:"from"`      // the private part that has it
	At     int64  `json:"from_at"`   // offset in that part, bytes
	In     string `json:"in"`        // the member in which it was found
	Offset int64  `json:"in_offset"` // offset in that member, bytes
}

// maxHits is the number of hits of one kind that are listed for one member; all are counted.
const maxHits = 20

// Found has the hits in one member.
type Found struct {
	Hits  []Hit        // the first hits of each kind
	Count map[Kind]int // the number of all hits
}

// Search searches an image at every offset.
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

// ends reports whether b ends with a pattern, by returning its length, 0 if not.
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
