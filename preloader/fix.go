package preloader

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// refuse makes a refusal at an offset in the image: flashing the result would likely leave
// a dead phone. What is named is the file, or the region.
func refuse(reason flash.Reason, name string, offset int64, format string, a ...any) *flash.Refusal {
	r := flash.Refuse("preloader", reason, name, format, a...)
	r.Offset = offset
	return r
}

// Fixed is a flashable file, seen in place.
type Fixed struct {
	Name    string         `json:"name"`    // see File.Name
	Image   flash.Image    `json:"-"`       // exactly its bytes, a view of what was given
	Extent  flash.Extent   `json:"extent"`  // of these bytes in what was given
	File    *File          `json:"file"`    // all that is known of it, its Tail included
	Already bool           `json:"already"` // the image was this file and nothing else
	Region  int            `json:"region"`  // 1, or 2 when FixPair took the second boot region
	Refused *flash.Refusal `json:"-"`       // why it must not be flashed
}

// Fix gives the flashable files of a boot region, of a padded file, or of a file
// that is flashable already, as views; nothing is copied. Its error is of the kind
// that Read returns, or a *flash.Refusal (several are joined) when a file must not be
// flashed as it is. For flash.ReasonUnproven and flash.ReasonCut the result still holds
// every file that was found, marked, for a caller who is told to go on.
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

// unique numbers a name that was given out before: preloader_2.bin.
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
			"is cut, 0x%x of its 0x%x bytes are here: read the region again", f.Present, f.Extent.Length)
	case f.Proof.Failed():
		return refuse(flash.ReasonUnproven, f.Name(), f.Signature.Offset, "the digest in its signature is not that of its bytes")
	}
	return nil
}

// refusal is for a region without a file: erased, or read too short.
func (r *Region) refusal() *flash.Refusal {
	e := refuse(flash.ReasonEmpty, cmp.Or(r.Medium, "region"), 0, "no preloader in it")
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

// refuseBlank turns "not a preloader" into a refusal when the image is what failed
// read-backs and unused boot regions look like: empty, or next to it. A preloader of
// 448 bytes, nearly all zero, is a known one.
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
		return refuse(flash.ReasonEmpty, "image", 0, "%s of nothing but fill (%s)", size, t.Fill)
	case t.DataBytes <= t.Extent.Length/4 && img.Size() <= headerSize*8:
		return refuse(flash.ReasonEmpty, "image", 0, "%s, nearly all of them fill: a failed read-back", size)
	}
	return cause
}

// FixPair is Fix for a phone's two boot regions, which normally hold the same. It
// uses the one whose digests prove, the first when both do, and reports where they
// differ. A *flash.Refusal comes back only when neither proves; the result is then
// that of the region with more to show.
func FixPair(boot1, boot2 flash.Image) ([]Fixed, []flash.Problem, error) {
	f1, ps1, err1 := Fix(boot1)
	f2, ps2, err2 := Fix(boot2)
	for _, err := range []error{err1, err2} {
		if err != nil && flash.AsRefusal(err) == nil && !isFormat(err) {
			return nil, nil, err // the image cannot be read: not a verdict on its content
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

// FixRegions is Fix for the boot regions of a phone: one, or two.
func FixRegions(regions ...flash.Image) ([]Fixed, []flash.Problem, error) {
	if len(regions) > 1 {
		return FixPair(regions[0], regions[1])
	}
	return Fix(regions[0])
}

// Outputs are the files to write of what FixRegions found in these regions: all that are not
// flashable as they are. With tails, what follows a file is one of its own, NAME_tail.bin.
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

// rank orders what Fix said of a region: proven, unproven, refused, nothing there.
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

// comparePair says how the files of the two regions differ.
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

// difference counts the bytes that differ, those only one has included, and gives
// the offset of the first.
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
