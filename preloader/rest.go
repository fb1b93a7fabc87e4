package preloader

import (
	"errors"

	"github.com/mtkkit/mtkkit/flash"
)

// Rest returns the ranges of a boot region that are not known: not its header, BRLYT, files with
// right digests, or fill. These ranges may belong to one phone only. A region in which nothing is
// known is returned completely, unless it is fill. A range between two known parts is returned
// completely or not at all. Errors are read errors.
func Rest(img flash.Image) ([]flash.Extent, error) {
	r, err := Read(img)
	if err != nil && !isFormat(err) && !errors.Is(err, flash.ErrNotThis) {
		return nil, err
	}
	var known []flash.Extent
	if err == nil {
		known = r.known()
	}
	var rest []flash.Extent
	for _, gap := range flash.Without([]flash.Extent{{Length: img.Size()}}, known) {
		fill, err := isFill(img, gap)
		if err != nil {
			return nil, err
		}
		if !fill {
			rest = append(rest, gap)
		}
	}
	return rest, nil
}

// known returns the parts of the region that are equal on every phone with these files.
func (r *Region) known() (out []flash.Extent) {
	if r.Header != nil {
		out = append(out, flash.Extent{Length: headerUnit + 4})
	}
	if r.Layout != nil {
		out = append(out, flash.Extent{Offset: r.Layout.Offset, Length: layoutSize})
	}
	for _, f := range r.Files {
		if !f.Cut() && f.Proof.OK { // otherwise its end is not proven
			out = append(out, f.Extent)
		}
	}
	return flash.Union(out)
}

// isFill reports whether a range is one run of 0x00 or 0xFF, or one run of each: padding of a file
// and erased flash after it. With more runs, their lengths could be data.
func isFill(img flash.Image, e flash.Extent) (bool, error) {
	fill, changes, last := true, -1, byte(0)
	err := windows(img, e, 0, func(w window) error {
		for _, c := range w.bytes {
			if c != last || changes < 0 {
				last = c
				changes++
			}
			if c != 0x00 && c != 0xFF || changes > 1 {
				fill = false
				return errStop
			}
		}
		return nil
	})
	return fill, err
}
