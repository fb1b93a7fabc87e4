package preloader

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// refuse makes a refusal at an offset in the image: flashing the result would probably brick the
// phone. name is the file or the region.
func refuse(reason flash.Reason, name string, offset int64, format string, a ...any) *flash.Refusal {
	r := flash.Refuse("preloader", reason, name, format, a...)
	r.Offset = offset
	return r
}

// Fixed is a flashable file in an image.
type Fixed struct {
	Name    string         `json:"name"`    // see File.Name
	Image   flash.Image    `json:"-"`       // exactly its bytes, a view of the given image
	Extent  flash.Extent   `json:"extent"`  // of these bytes in the given image
	File    *File          `json:"file"`    // all facts about it, with its Tail
	Already bool           `json:"already"` // the image is exactly this file
	Region  int            `json:"region"`  // 1, or 2 if FixPair used the second boot region
	Refused *flash.Refusal `json:"-"`       // why it must not be flashed; nil if it may
}

// Fix returns the flashable files of a boot region, of a padded file, or of a file that is already
// flashable. They are views; nothing is copied. The error is as from Read, or a *flash.Refusal
// (several are joined) if a file must not be flashed as it is. For flash.ReasonUnproven and
// flash.ReasonCut the result still has every file that was found, with Refused set, for a caller
// that continues on request.
func Fix(img flash.Image) ([]Fixed, []flash.Problem, error) {
	r, err := Read(img)
	if err != nil {
		return nil, nil, refuseBlank(img, err)
	}
	var fixed []Fixed
	var refusals []error
	names := map[string]int{}
	for _, f := range r.Files {
		x := Fixed{
			Name:   unique(f.Name(), names),
			Extent: flash.Extent{Offset: f.Extent.Offset, Length: f.Present},
			File:   f,
			Region: 1,
		}
		x.Image = flash.Slice(img, x.Extent)
		x.Already = !f.Cut() && f.Extent == flash.Extent{Length: img.Size()}
		if x.Refused = f.refusal(); x.Refused != nil {
			refusals = append(refusals, x.Refused)
		}
		fixed = append(fixed, x)
	}
	if len(fixed) == 0 {
		refusals = append(refusals, r.refusal())
	}
	return fixed, r.Problems, errors.Join(refusals...)
}

// unique adds a number to a name that was used before: preloader_2.bin.
func unique(name string, seen map[string]int) string {
	seen[name]++
	if n := seen[name]; n > 1 {
		return fmt.Sprintf("%s_%d.bin", strings.TrimSuffix(name, ".bin"), n)
	}
	return name
}

func (f *File) refusal() *flash.Refusal {
	switch {
	case f.Cut():
		return refuse(flash.ReasonCut, f.Name(), f.Extent.Offset+f.Present,
			"is cut, the image has 0x%x of its 0x%x bytes: read the region again", f.Present, f.Extent.Length)
	case f.Proof.Failed():
		return refuse(flash.ReasonUnproven, f.Name(), f.Signature.Offset, "the digest in its signature is not that of its bytes")
	}
	return nil
}

// refusal returns the refusal of a region without a file: it is erased, or its read-back is too
// short.
func (r *Region) refusal() *flash.Refusal {
	e := refuse(flash.ReasonEmpty, cmp.Or(r.Medium, "region"), 0, "contains no preloader")
	for _, p := range r.Problems {
		if p.Severity == flash.Error {
			e.Offset, e.Text = p.Offset, p.Text
		}
	}
	if r.Layout != nil && len(r.Layout.Entries) > 0 {
		if begin := int64(r.Layout.Entries[0].Begin) * r.unit(); begin >= r.Size {
			e.Reason = flash.ReasonCut
		}
	}
	return e
}

// refuseBlank returns a refusal instead of "not a preloader" if the image looks like a failed
// read-back or an unused boot region: empty or almost empty. A known example is a preloader of 448
// bytes, almost all zero.
func refuseBlank(img flash.Image, cause error) error {
	if !errors.Is(cause, flash.ErrNotThis) {
		return cause
	}
	t := Tail{Extent: flash.Extent{Length: min(img.Size(), scanLimit)}}
	if err := t.survey(img); err != nil {
		return err
	}
	size := flash.Size(t.Extent.Length)
	switch {
	case img.Size() == 0:
		return refuse(flash.ReasonEmpty, "image", 0, "no bytes")
	case t.DataBytes == 0:
		return refuse(flash.ReasonEmpty, "image", 0, "%s with only fill (%s)", size, t.Fill)
	case t.DataBytes <= t.Extent.Length/4 && img.Size() <= headerSize*8:
		return refuse(flash.ReasonEmpty, "image", 0, "%s, almost only fill: a failed read-back", size)
	}
	return cause
}

// FixPair is Fix for a phone's two boot regions, which normally have the same content. It uses the
// first one whose digests are right, and reports where the regions differ. The error is a
// *flash.Refusal only if the digests of neither are right; then the result is that of the better
// region.
func FixPair(boot1, boot2 flash.Image) ([]Fixed, []flash.Problem, error) {
	f1, ps1, err1 := Fix(boot1)
	f2, ps2, err2 := Fix(boot2)
	for _, err := range []error{err1, err2} {
		if err != nil && flash.AsRefusal(err) == nil && !isFormat(err) {
			return nil, nil, err // the image cannot be read, so its content is unknown
		}
	}
	for i := range f2 {
		f2[i].Region = 2
	}
	diff, err := comparePair(f1, f2, err2)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case rank(f1, err1) >= rank(f2, err2):
		return f1, append(ps1, diff...), err1
	case err2 != nil:
		return f2, append(ps2, diff...), err2
	}
	why := "is not proven"
	if err1 != nil {
		why = err1.Error()
	}
	return f2, append(ps2, append(diff, warn("boot regions", flash.NoOffset,
		"the second one is used; the first: %s", why))...), nil
}

// FixRegions is Fix for one boot region of a phone, or FixPair for two.
func FixRegions(regions ...flash.Image) ([]Fixed, []flash.Problem, error) {
	if len(regions) > 1 {
		return FixPair(regions[0], regions[1])
	}
	return Fix(regions[0])
}

// Outputs returns the files to write for the result of FixRegions: all files except those that are
// already flashable. With tails, the data after a file are a separate file, NAME_tail.bin.
func Outputs(fixed []Fixed, tails bool, regions ...flash.Image) (out []flash.Output) {
	for _, f := range fixed {
		if f.Already {
			continue
		}
		out = append(out, flash.Output{Name: f.Name, Image: f.Image})
		if t := f.File.Tail.Extent; tails && t.Length > 0 {
			out = append(out, flash.Output{Name: strings.TrimSuffix(f.Name, ".bin") + "_tail.bin", Image: flash.Slice(regions[max(f.Region, 1)-1], t)})
		}
	}
	return out
}

// rank orders the results of Fix, the best highest: proven, unproven, refused, no file.
func rank(fixed []Fixed, err error) int {
	switch {
	case len(fixed) == 0:
		return 0
	case err != nil:
		return 1
	}
	for _, f := range fixed {
		if !f.File.Proof.OK {
			return 2
		}
	}
	return 3
}

// comparePair returns how the files of the two regions differ.
func comparePair(f1, f2 []Fixed, err2 error) ([]flash.Problem, error) {
	if len(f2) == 0 && len(f1) > 0 {
		return []flash.Problem{flash.NewProblem(flash.Note, "boot regions", flash.NoOffset, "the second one has no preloader: %v", err2)}, nil
	}
	if len(f1) != len(f2) && len(f1) > 0 {
		return []flash.Problem{warn("boot regions", flash.NoOffset,
			"the first has %d files, the second %d", len(f1), len(f2))}, nil
	}
	var ps []flash.Problem
	for i := range f1 {
		a, b := f1[i], f2[i]
		at, n, err := difference(a.Image, b.Image)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			ps = append(ps, warn("boot regions", a.Extent.Offset+at,
				"their %s differ in 0x%x bytes (0x%x and 0x%x long)", a.Name, n, a.Extent.Length, b.Extent.Length))
		}
	}
	return ps, nil
}

// difference returns how many bytes differ, including those that only one image has, and the offset
// of the first.
func difference(a, b flash.Image) (first, n int64, err error) {
	first = -1
	short := min(a.Size(), b.Size())
	err = windows(a, flash.Extent{Length: short}, 0, func(w window) error {
		other, err := peek(b, w.offset, len(w.bytes))
		if err != nil {
			return err
		}
		for i, c := range w.bytes {
			if i < len(other) && other[i] == c {
				continue
			}
			if n++; first < 0 {
				first = w.offset + int64(i)
			}
		}
		return nil
	})
	if rest := max(a.Size(), b.Size()) - short; rest > 0 {
		if n += rest; first < 0 {
			first = short
		}
	}
	return first, n, err
}
