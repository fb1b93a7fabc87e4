package image

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
)

// Info holds all that is known about a slice of flash.
type Info struct {
	Kind     Kind            `json:"kind"`
	Label    string          `json:"label,omitempty"`
	Size     int64           `json:"size"`             // of the slice, bytes
	Length   int64           `json:"length,omitempty"` // true length of the content, bytes; 0 if not known
	Known    string          `json:"known"`            // how the length is known, or why it is not known
	Facts    []Fact          `json:"facts,omitempty"`
	Problems []flash.Problem `json:"problems,omitempty"`

	head   *head
	img    flash.Image
	by     string      // the part that states the length, as text; "" if its kind has no such header
	inside flash.Image // the image inside a wrapping
}

// Fact is one fact about a content, as text for the user.
type Fact struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Fact returns the first value of a key, "" if there is none.
func (i *Info) Fact(key string) string {
	for _, f := range i.Facts {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

// Brief returns the most important facts for one line; "" if only the kind is known.
func (i *Info) Brief() string {
	var out []string
	if i.Label != "" {
		out = append(out, i.Label)
	}
	for _, key := range []string{"fingerprint", "OS version", "patch level", "kernel version", "used", "stands for", "looks like", "holds"} {
		v := i.Fact(key)
		if key == "kernel version" {
			v, _, _ = strings.Cut(v, " ")
			v = strings.TrimPrefix("kernel "+v, "kernel not")
		}
		if v != "" && v != "kernel " {
			out = append(out, v)
		}
	}
	return strings.Join(out, ", ")
}

// Describe returns all that is known about an image: its kind, its length and the usual
// facts of its kind. It reads headers, a kernel, a few tables, and at most 64 MiB
// behind the content. A slice without a header is judged by samples.
func Describe(img flash.Image) *Info {
	enough, looks := errors.New("enough"), 0
	i := describe(img)
	err := i.lookBehind(func(int64) error {
		if looks++; looks == maxLooks {
			return enough
		}
		return nil
	})
	switch {
	case errors.Is(err, enough):
		i.unknown("0x%x bytes %s, and fill follows; only the first part of what follows was read", i.Length, i.stated())
	case err != nil:
		i.unknown("0x%x bytes %s, but the bytes that follow cannot be read", i.Length, i.stated())
	}
	return i
}

// DescribeWhole is Describe, and it also reads all that follows the content, the
// checksums of a sparse image, and looks for used data in holes. look gets the number
// of bytes read so far; if it returns an error, the work ends with this error.
func DescribeWhole(img flash.Image, look func(done int64) error) (*Info, error) {
	i := describe(img)
	if s, ok := i.inside.(*Sparse); ok {
		bad, err := s.CheckCRC(look)
		if i.Problems = append(i.Problems, bad...); err != nil {
			return i, err
		}
		i.Problems = append(i.Problems, FindHoleUse(s).problem(i.Kind.String())...)
	}
	i.Problems = append(i.Problems, FindHoleUse(img).problem(i.Kind.String())...)
	return i, i.lookBehind(look)
}

func describe(img flash.Image) *Info {
	i := &Info{Size: img.Size(), img: img, head: readHead(img)}
	f, c, ok := i.head.format()
	if !ok {
		i.fill()
	} else {
		i.Kind, i.Label, i.by = c.Kind, c.Label, f.by
		i.Length, i.Known = settle(img, c.Stated, f.by)
		if f.tell != nil {
			f.tell(i)
		}
		i.tellTrailers(c.Stated)
	}
	if i.inside != nil {
		c := Sniff(i.inside)
		i.add("holds", "%s", strings.TrimSpace(c.Kind.String()+" "+c.Label))
	}
	tellAVB(i)
	return i
}

// lookBehind compares the length with all that follows it.
func (i *Info) lookBehind(look func(done int64) error) error {
	if i.Length <= 0 || i.Length == i.Size {
		return nil
	}
	end, at, err := behind(i.img, i.Length, look, i.trailer)
	if err != nil {
		return err
	}
	if at < i.Size {
		i.unknown("0x%x bytes %s, but other data follow at 0x%x", end, i.stated(), at)
		return nil
	}
	i.Length = end
	if i.by != "" {
		i.Known = onlyFill(i.by)
	}
	return nil
}

// stated names the source of the length.
func (i *Info) stated() string {
	if i.by == "" {
		return "are stated"
	}
	return "stated by " + i.by
}

func (i *Info) unknown(format string, a ...any) {
	i.Known = fmt.Sprintf(format, a...)
	i.Length = 0
}

// add adds a fact, unless its value is empty.
func (i *Info) add(key, format string, a ...any) {
	if s := fmt.Sprintf(format, a...); s != "" {
		i.Facts = append(i.Facts, Fact{key, s})
	}
}

// use adds how full a file system is, in bytes.
func (i *Info) use(total, free int64) {
	if total > 0 && free >= 0 && free <= total {
		i.add("used", "%s of %s (%d %%)", flash.Size(total-free), flash.Size(total), (total-free)*100/total)
		i.add("free", "%s", flash.Size(free))
	}
}

// made adds a time, given in seconds since 1970.
func (i *Info) made(key string, seconds int64) {
	if seconds > 0 {
		i.add(key, "%s", time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04:05 UTC"))
	}
}

func (i *Info) problem(sev flash.Severity, off int64, format string, a ...any) {
	i.Problems = append(i.Problems, flash.NewProblem(sev, i.Kind.String(), off, format, a...))
}

// failed adds an error of a content whose magic is right but whose rest is damaged.
func (i *Info) failed(err error) {
	i.problem(flash.Warning, flash.NoOffset, "%v", err)
}

// TrueLength returns the length of the content of an image in bytes if it is proven: a
// header states it, and only erased flash follows. Otherwise it is 0, and reason tells
// why. look gets the number of bytes read so far; if it returns an error, TrueLength
// ends with this error.
func TrueLength(img flash.Image, look func(done int64) error) (length int64, reason string, err error) {
	i, err := DescribeWhole(img, look)
	if err != nil {
		return 0, "", err
	}
	return i.Length, i.Known, nil
}

// Behind reads all that follows the first length bytes of an image. Trailers of the
// maker belong to the content: end is the end of the last trailer, or length. at is the
// offset of the first other data that are not erased flash, the image's size if there
// are none. look, if not nil, gets the number of bytes read so far; an error that it
// returns ends the work and is returned.
func Behind(img flash.Image, length int64, look func(done int64) error) (end, at int64, err error) {
	return behind(img, length, look, func(boot.Trailer) {})
}

func behind(img flash.Image, length int64, look func(done int64) error, found func(boot.Trailer)) (end, at int64, err error) {
	for end = length; end < img.Size(); {
		if at, err = firstData(img, end, look); err != nil || at == img.Size() {
			return end, at, err
		}
		var b [erasedPage]byte
		n, _ := img.ReadAt(b[:min(erasedPage-at%erasedPage, img.Size()-at)], at)
		if i := notFill(b[:n]); i < n { // otherwise the page has both 0x00 and 0xFF
			at += int64(i)
		}
		trailers := trailersAt(img, at)
		if len(trailers) == 0 {
			return end, at, nil
		}
		for _, t := range trailers {
			found(t)
			end = t.End()
		}
	}
	return end, img.Size(), nil
}

// maxLooks is how many blocks of 256 KiB Describe reads behind a content.
const maxLooks = 256

// erasedPage is the unit in which erased flash is all 0x00 or all 0xFF, in bytes.
const erasedPage = 4096

// firstData returns the offset, from off on, of the first page that is not all zeros
// and not all 0xFF; the image's size if there is none. look, if not nil, gets the
// number of bytes read so far; an error that it returns ends the work and is returned.
func firstData(img flash.Image, off int64, look func(done int64) error) (int64, error) {
	buf := make([]byte, 64*erasedPage)
	for off < img.Size() {
		d, err := flash.NextData(img, off)
		if err != nil || d.Length == 0 {
			return img.Size(), err
		}
		for off = d.Offset; off < d.End(); {
			b := buf[:min(int64(len(buf))-off%erasedPage, d.End()-off)]
			if err := flash.ReadInto(img, b, off); err != nil {
				return off, err
			}
			for len(b) > 0 {
				n := min(erasedPage-off%erasedPage, int64(len(b)))
				if !flash.IsFill(b[:n], b[0]) || b[0] != 0x00 && b[0] != 0xFF {
					return off, nil
				}
				b, off = b[n:], off+n
			}
			if look == nil {
				continue
			}
			if err := look(off); err != nil {
				return off, err
			}
		}
	}
	return img.Size(), nil
}
