package flash

import (
	"errors"
	"fmt"
	"slices"
)

// Severity is the weight of a Problem. A Note is normal information and leaves the exit code at
// 0; a Warning or an Error makes it 3.
type Severity int

// The severities, in rising order.
const (
	Note    Severity = iota // normal, for information
	Warning                 // something is damaged or uncertain; the rest is right
	Error                   // something is missing or wrong in the result
)

func (s Severity) String() string {
	return [...]string{"note", "warning", "error"}[min(max(s, Note), Error)]
}

// MarshalText returns the severity as a word, for JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText parses the words of MarshalText.
func (s *Severity) UnmarshalText(b []byte) error {
	for _, v := range []Severity{Note, Warning, Error} {
		if string(b) == v.String() {
			*s = v
			return nil
		}
	}
	return fmt.Errorf("flash: unknown severity %q", b)
}

// PlacePhone is the Place of a problem of the whole phone. Such a problem in the manifest of a
// dump also applies to everything made from the dump.
const PlacePhone = "phone"

// NoOffset is the Offset of a Problem that has no offset.
const NoOffset = -1

// Problem is damage or doubt that did not stop the reader.
type Problem struct {
	Severity Severity `json:"severity"`
	Place    string   `json:"place"`  // the subject, not an offset: a region, a partition, a part of a table ("gpt primary header"), a file; "" for none
	Offset   int64    `json:"offset"` // bytes into the region, or NoOffset
	Text     string   `json:"text"`   // lower case, no period
}

// String prints the problem in one line, without its severity.
func (p Problem) String() string {
	s := p.Text
	if p.Place != "" { // a partition may have no name
		s = Shown(p.Place) + ": " + s
	}
	if p.Offset == NoOffset {
		return s
	}
	return fmt.Sprintf("%s (at 0x%x)", s, p.Offset)
}

// NewProblem returns a problem. The text is formatted as by fmt.Sprintf. Off is in bytes, or
// NoOffset.
func NewProblem(s Severity, place string, off int64, format string, a ...any) Problem {
	return Problem{s, place, off, fmt.Sprintf(format, a...)}
}

// Problems is a list of problems that grows while something is read.
type Problems []Problem

// Add adds a problem that has no offset.
func (ps *Problems) Add(s Severity, place, format string, a ...any) {
	ps.AddAt(s, place, NoOffset, format, a...)
}

// AddAt adds the problem that NewProblem makes.
func (ps *Problems) AddAt(s Severity, place string, off int64, format string, a ...any) {
	*ps = append(*ps, NewProblem(s, place, off, format, a...))
}

// Worst returns the highest severity in the list, Note if it is empty.
func Worst(ps []Problem) Severity {
	worst := Note
	for _, p := range ps {
		worst = max(worst, p.Severity)
	}
	return worst
}

// AtLeast returns the problems of a severity and above.
func AtLeast(least Severity, list []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(list), func(p Problem) bool { return p.Severity < least })
}

// ErrNotThis is wrapped by a reader's error if the bytes have another format.
var ErrNotThis = errors.New("not this format")

// ErrDamaged is what an error of a read is (errors.Is) if the file below is damaged there, and its other
// images can be used. An error of a disk is not.
var ErrDamaged = errors.New("damaged data")

// FormatError reports damage that leaves a reader nothing to return.
type FormatError struct {
	Format string // package that reports: "gpt", "scatter" …
	Offset int64  // bytes into the image, or NoOffset: a text has lines
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
