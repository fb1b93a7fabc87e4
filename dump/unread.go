package dump

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// TableHead is how many bytes at the start of the user area a partition table takes at most.
const TableHead = 1 << 20

// UnreadError is a dump of which too little was read yet to say anything about it. It is no
// damage: reading it on mends it.
type UnreadError struct {
	Path  string
	Text  string
	Begun bool  // nothing was read at all: the folder was made, and no more
	Err   error // nil for none
}

func (e *UnreadError) Error() string { return e.Text }
func (e *UnreadError) Unwrap() error { return e.Err }

// ErrNothingShared is a dump of which nothing is certainly the same on every phone of the model.
var ErrNothingShared = errors.New("nothing of it is certainly the same on every phone of the model, so nothing can be shared")

// NoTableError is a dump in which no partitions were found.
type NoTableError struct {
	Path     string
	Problems []flash.Problem // what is wrong with its bytes, which may be why
	Inside   *whatis.Thing   // what the user area is, nil where there is none
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

// noTable tells a dump whose table was not read yet from one that has none.
func (d *Dump) noTable(err error) error {
	src, path, least := d.Source, d.Path, flash.Error
	if len(d.pieces) > 0 { // a piece that is missing is a warning
		least = flash.Warning
	}
	n := &NoTableError{Path: path, Problems: fromOn(least, src.Problems), Err: err}
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
		Text: fmt.Sprintf("%s: the partition table is still to be read: nothing was read there yet (%s of %s are in the dump)", path, flash.Size(size-lacks), flash.Size(size))}
	return n
}

// whyNothing tells wishes that leave nothing from a dump that has nothing to choose from.
func (d *Dump) whyNothing(w plan.Wishes, err error) error {
	switch {
	case len(w.Only)+len(w.Skip) > 0 || w.Slot != "" || w.Userdata != plan.UserdataFull:
		return err
	case w.Keep != nil:
		return fmt.Errorf("%s: %w", d.Path, ErrNothingShared)
	}
	return &UnreadError{Path: d.Path, Text: d.Path + ": nothing was read yet"}
}

// notBegun tells a folder that acquire made, and read nothing into, from what is no dump.
func notBegun(err error, path string) error {
	if begun := acquire.Check(path); errors.Is(begun, acquire.ErrNotBegun) {
		return &UnreadError{Path: path, Text: begun.Error(), Begun: true, Err: begun}
	}
	return err
}

// Unread names what a record says was not read, where partitions have no names.
func Unread(m *flash.Manifest) (out []flash.Problem) {
	for _, s := range m.Sources {
		for _, e := range s.Unread {
			out = append(out, flash.Problem{Severity: flash.Error, Place: string(s.Region), Offset: e.Offset,
				Text: fmt.Sprintf("0x%x bytes (%s) were not read, and are not the zeros they look like", e.Length, flash.Size(e.Length))})
		}
	}
	return out
}

// notable are the problems that are more than notes.
func notable(list []flash.Problem) []flash.Problem { return fromOn(flash.Warning, list) }

// fromOn are the problems of a severity and above.
func fromOn(least flash.Severity, list []flash.Problem) []flash.Problem {
	return slices.DeleteFunc(slices.Clone(list), func(p flash.Problem) bool { return p.Severity < least })
}

// BootRegions are the boot regions of a source of which something was read. A file that is none
// of a phone's, such as a preloader by itself, is one. Of those of which nothing was read yet there
// is a warning; when that is all of them, the error is an *UnreadError.
func BootRegions(src *source.Source, path string) (parts []flash.Part, unread []flash.Problem, err error) {
	var names []string
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
