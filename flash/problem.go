package flash

import (
	"errors"
	"fmt"
)

// Severity says how loud a Problem is. A Note is a normal thing worth knowing and
// leaves the exit code at 0; a Warning or an Error makes it 3.
type Severity int

// The severities, quiet to loud.
const (
	Note    Severity = iota // normal, but worth a word
	Warning                 // something is damaged or uncertain; the rest is right
	Error                   // something is missing or wrong in the result
)

func (s Severity) String() string {
	return [...]string{"note", "warning", "error"}[min(max(s, Note), Error)]
}

// MarshalText writes the severity as its word, for JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Severity) UnmarshalText(b []byte) error {
	for _, v := range []Severity{Note, Warning, Error} {
		if string(b) == v.String() {
			*s = v
			return nil
		}
	}
	return fmt.Errorf("flash: unknown severity %q", b)
}

// PlacePhone is the Place of what is said of a phone as a whole. In the manifest of a dump
// it holds for all that is made of the dump, too.
const PlacePhone = "phone"

// NoOffset is the Offset of a Problem that has no place in the image.
const NoOffset = -1

// Problem is damage that did not stop the reading.
type Problem struct {
	Severity Severity `json:"severity"`
	Place    string   `json:"place"`  // what it is about: "gpt primary header", a partition's name
	Offset   int64    `json:"offset"` // bytes into the region, or NoOffset
	Text     string   `json:"text"`   // lower case, no period
}

// String prints the problem in one line, without its severity.
func (p Problem) String() string {
	s := p.Text
	if p.Place != "" { // a partition may have no name
		s = p.Place + ": " + s
	}
	if p.Offset == NoOffset {
		return s
	}
	return fmt.Sprintf("%s (at 0x%x)", s, p.Offset)
}

// NewProblem makes a problem; its text is made as by fmt.Sprintf. Off is NoOffset for one that
// has no place in the image.
func NewProblem(s Severity, place string, off int64, format string, a ...any) Problem {
	return Problem{s, place, off, fmt.Sprintf(format, a...)}
}

// Problems is a list of problems that grows while something is read.
type Problems []Problem

// Add adds a problem that has no place in the image.
func (ps *Problems) Add(s Severity, place, format string, a ...any) {
	ps.AddAt(s, place, NoOffset, format, a...)
}

// AddAt adds a problem that NewProblem makes.
func (ps *Problems) AddAt(s Severity, place string, off int64, format string, a ...any) {
	*ps = append(*ps, NewProblem(s, place, off, format, a...))
}

// Worst returns the loudest severity of the list, Note when it is empty.
func Worst(ps []Problem) Severity {
	worst := Note
	for _, p := range ps {
		worst = max(worst, p.Severity)
	}
	return worst
}

// ErrNotThis is wrapped by readers when the bytes are simply of another format.
var ErrNotThis = errors.New("not this format")

// FormatError is damage that leaves a reader nothing to return.
type FormatError struct {
	Format string // package that speaks: "gpt", "scatter" …
	Offset int64  // bytes into the image (a line number for text formats), or NoOffset
	Text   string
	Err    error // cause, may be nil
}

func (e *FormatError) Error() string {
	s := e.Format + ": " + e.Text
	if e.Offset != NoOffset {
		s += fmt.Sprintf(" at offset 0x%x", e.Offset)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *FormatError) Unwrap() error { return e.Err }
