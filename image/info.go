package image

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// Info is what can be said of a slice of flash.
type Info struct {
	Kind     Kind            `json:"kind"`
	Label    string          `json:"label,omitempty"`
	Size     int64           `json:"size"`             // of the slice, bytes
	Length   int64           `json:"length,omitempty"` // true length of the content, bytes; 0: not known
	Known    string          `json:"known"`            // how the length is known, or why it is not
	Facts    []Fact          `json:"facts,omitempty"`
	Problems []flash.Problem `json:"problems,omitempty"`

	head   *head
	img    flash.Image
	by     string      // what states the length, in words; "" when its kind has no such header
	inside flash.Image // what a wrapping stands for
}

// Fact is one thing worth knowing of a content.
type Fact struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Fact returns the first value of a key, "" when nothing is known of it.
func (i *Info) Fact(key string) string {
	for _, f := range i.Facts {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

// Describe says all that is known of an image: what it is, how long, and what people
// ask of its kind. It reads headers, a kernel, a few tables; what fills a slice without
// any header is judged by samples.
func Describe(img flash.Image) *Info {
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
	}
	if i.inside != nil {
		c := Sniff(i.inside)
		i.add("holds", "%s", strings.TrimSpace(c.Kind.String()+" "+c.Label))
	}
	tellAVB(i)
	return i
}

// add adds a fact, unless it is empty.
func (i *Info) add(key, format string, a ...any) {
	if s := fmt.Sprintf(format, a...); s != "" {
		i.Facts = append(i.Facts, Fact{key, s})
	}
}

// use adds how full a file system is.
func (i *Info) use(total, free int64) {
	if total > 0 && free >= 0 && free <= total {
		i.add("used", "%s of %s (%d %%)", flash.Size(total-free), flash.Size(total), (total-free)*100/total)
		i.add("free", "%s", flash.Size(free))
	}
}

// made adds when something was made, by seconds since 1970.
func (i *Info) made(key string, seconds int64) {
	if seconds > 0 {
		i.add(key, "%s", time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04:05 UTC"))
	}
}

func (i *Info) problem(sev flash.Severity, off int64, format string, a ...any) {
	i.Problems = append(i.Problems, flash.Problem{Severity: sev, Place: i.Kind.String(), Offset: off, Text: fmt.Sprintf(format, a...)})
}

// failed tells of a content whose magic promises more than its bytes keep.
func (i *Info) failed(err error) {
	i.problem(flash.Warning, flash.NoOffset, "%v", err)
}

// TrueLength returns the length of the content of an image when it is proven beyond
// doubt: a header states it, and all that follows is erased flash. Else it is 0 and the
// reason says why. Look is told how far it has looked, and ends it by an error.
func TrueLength(img flash.Image, look func(done int64) error) (length int64, reason string, err error) {
	i := Describe(img)
	if i.Length <= 0 || i.Length == i.Size {
		return i.Length, i.Known, nil
	}
	at, err := FirstData(img, i.Length, look)
	if err != nil {
		return 0, "", err
	}
	if at < i.Size {
		return 0, fmt.Sprintf("0x%x bytes are stated, but other data follow at 0x%x", i.Length, at), nil
	}
	if i.by != "" {
		i.Known = onlyFill(i.by)
	}
	return i.Length, i.Known, nil
}

// erasedPage is what NAND and eMMC erase to, by pages.
const erasedPage = 4096

// FirstData returns where, from off on, the first page stands that is neither all
// zeros nor all 0xFF; the image's size when there is none. Look, unless nil, is told
// how far it has come; an error of its own ends it and is returned.
func FirstData(img flash.Image, off int64, look func(done int64) error) (int64, error) {
	buf := make([]byte, 64*erasedPage)
	for off < img.Size() {
		d, err := flash.NextData(img, off)
		if err != nil || d.Length == 0 {
			return img.Size(), err
		}
		for off = d.Offset; off < d.End(); {
			b := buf[:min(int64(len(buf))-off%erasedPage, d.End()-off)]
			if n, err := img.ReadAt(b, off); n < len(b) {
				return off, fmt.Errorf("%d of %d bytes at 0x%x: %w", n, len(b), off, cmp.Or(err, io.ErrUnexpectedEOF))
			}
			for len(b) > 0 {
				n := min(erasedPage-off%erasedPage, int64(len(b)))
				if !uniform(b[:n], b[0]) || b[0] != 0x00 && b[0] != 0xFF {
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
