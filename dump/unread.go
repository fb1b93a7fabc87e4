package dump

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// TableHead is the largest size of a partition table at the start of the user area, bytes.
const TableHead = 1 << 20

// UnreadError reports a dump of which too little was read to say anything about it. The dump is not
// damaged: it is complete when the rest is read.
type UnreadError struct {
	Path  string
	Text  string
	Begun bool  // nothing was read: only the folder was made
	Err   error // nil for none
}

func (e *UnreadError) Error() string { return e.Text }
func (e *UnreadError) Unwrap() error { return e.Err }

// ErrNothingShared reports a dump without data that are certainly the same on all phones of the
// model.
var ErrNothingShared = errors.New("none of its data are certainly the same on every phone of the model, so nothing can be shared")

// NoTableError reports a dump in which no partitions were found.
type NoTableError struct {
	Path     string
	Problems []flash.Problem // problems of its bytes, which may be the cause
	Inside   *whatis.Thing   // what the user area is; nil if there is none
	Err      error           // wraps layout.ErrNoTable, or is a *layout.ForeignError
}

func (e *NoTableError) Error() string {
	if early := (*UnreadError)(nil); errors.As(e.Err, &early) {
		return early.Text
	}
	if errors.Is(e.Err, layout.ErrNoTable) {
		return e.Path + ": " + e.Err.Error()
	}
	return e.Err.Error()
}

func (e *NoTableError) Unwrap() error { return e.Err }

// noTable distinguishes a dump whose table is still unread from one that has none.
func (d *Dump) noTable(err error) error {
	src, path, least := d.Source, d.Path, flash.Error
	if len(d.pieces) > 0 { // a missing piece is a warning
		least = flash.Warning
	}
	n := &NoTableError{Path: path, Problems: flash.AtLeast(least, src.Problems), Err: err}
	user := src.User()
	if !errors.Is(err, layout.ErrNoTable) || user == nil {
		return n
	}
	if n.Inside = whatis.Of(user.Image, user.Source); len(flash.Within(user.Unread, flash.Extent{Length: TableHead})) == 0 {
		return n
	}
	var size, lacks int64
	for _, p := range src.Parts {
		size += p.Image.Size()
		lacks += flash.Total(p.Unread)
	}
	n.Err = &UnreadError{Path: path, Err: err,
		Text: fmt.Sprintf("%s: the partition table is still unread (the dump has %s of %s)", path, flash.Size(size-lacks), flash.Size(size))}
	return n
}

// whyNothing distinguishes wishes that leave nothing from a dump without anything to choose.
func (d *Dump) whyNothing(w plan.Wishes, err error) error {
	switch {
	case len(w.Only)+len(w.Skip) > 0 || w.Slot != "" || w.Userdata != plan.UserdataFull:
		return err
	case w.Keep != nil:
		return fmt.Errorf("%s: %w", d.Path, ErrNothingShared)
	}
	if d.Source != nil && d.Package() {
		return &source.UnreadableError{Path: d.Path, Text: "the package has no byte of its images: it is cut or damaged"}
	}
	return &UnreadError{Path: d.Path, Text: d.Path + ": nothing was read yet"}
}

// notBegun distinguishes a folder that acquire made, and into which nothing was read, from
// another one.
func notBegun(err error, path string) error {
	if begun := acquire.Check(path); errors.Is(begun, acquire.ErrNotBegun) {
		return &UnreadError{Path: path, Text: begun.Error(), Begun: true, Err: begun}
	}
	return err
}

// Unread lists the unread ranges of a record whose partitions have no names.
func Unread(m *flash.Manifest) (out []flash.Problem) {
	for _, s := range m.Sources {
		for _, e := range s.Unread {
			out = append(out, flash.Problem{Severity: flash.Error, Place: string(s.Region), Offset: e.Offset,
				Text: fmt.Sprintf("0x%x bytes (%s) were not read from the phone; the zeros there are not its data", e.Length, flash.Size(e.Length))})
		}
	}
	return out
}

// BootRegions returns the boot regions of a source. A single file that is not from a phone's
// boot region, such as a preloader, counts as one. Boot regions of which nothing was read are
// left out with a warning; if that is all of them, the error is an *UnreadError.
func BootRegions(src *source.Source, path string) (parts []flash.Part, unread []flash.Problem, err error) {
	var names []string
	for _, row := range src.Rows { // of a firmware package
		if user := src.User(); scatter.Canonical(row.Name) == "preloader" && user != nil {
			return []flash.Part{{Region: user.Region, Image: flash.Slice(user.Image, row.Extent), Source: row.File}}, nil, nil
		}
	}
	for _, p := range src.Parts {
		switch {
		case !p.Region.IsBoot():
		case flash.Total(p.Unread) < p.Image.Size():
			parts = append(parts, p)
		default:
			names = append(names, string(p.Region))
		}
	}
	text := "nothing was read yet of " + strings.Join(names, ", ")
	switch {
	case len(names) == 0 && len(parts) == 0:
		return src.Parts[:1], nil, nil
	case len(names) == 0:
		return parts, nil, nil
	case len(parts) == 0:
		return nil, nil, &UnreadError{Path: path, Text: path + ": " + text}
	}
	return parts, []flash.Problem{{Severity: flash.Warning, Offset: flash.NoOffset, Text: text}}, nil
}
