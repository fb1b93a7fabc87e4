package scatter

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// MaxSize is the largest file that is read, in bytes. Real ones stay below 100 KiB.
const MaxSize = 16 << 20

// sniffSize is how much of a file Sniff looks at, in bytes.
const sniffSize = 64 << 10

// ErrDialect is wrapped by the error of a scatter file whose dialect is known by
// name but not read.
var ErrDialect = errors.New("this dialect of scatter file is not supported")

// File is a scatter file. It keeps every line as it came; Info, Head and Rows are
// what the lines mean.
type File struct {
	Dialect  Dialect
	Info     Info
	Head     Row   // the header's keys, also those Info does not know
	Rows     []Row // in the file's order; of one storage, see Select
	Problems flash.Problems

	lines    []string        // verbatim, each with its line end
	sections []section       // one for each storage
	current  int             // the one that Info and Rows speak of
	common   []flash.Problem // those of Problems that are not of one storage
	odd      []int           // numbers of the lines that are no scatter syntax
	listed   bool            // made of a list that is no scatter file, see FromTable
}

// Info is what the header says. Fields that are missing are empty.
type Info struct {
	Version     string // config_version: "V1.1.2"
	Platform    string // "MT6592"
	Project     string
	Storage     flash.Storage // upper case
	BootChannel string        // "MSDC_0"
	BlockSize   int64         // bytes; 0 when missing or not a number
}

// Field is one "key: value" of a file.
type Field struct {
	Key, Value string // without the blanks around them
	Line       int    // from 1
}

// Row is one partition: its keys in the file's order, repeated and unknown ones too.
// Lists (V1 and those of update packages) are spelled out in the keys of the text.
type Row struct {
	Line   int // where the row begins, from 1; 0 for a header that is missing
	Fields []Field

	remark string // comment above a row that is written
}

// Find returns the first field with that key in any case, or nil.
func (r Row) Find(key string) *Field {
	for i := range r.Fields {
		if strings.EqualFold(r.Fields[i].Key, key) {
			return &r.Fields[i]
		}
	}
	return nil
}

// Get returns the value of a key, "" when the row does not have it.
func (r Row) Get(key string) string {
	if f := r.Find(key); f != nil {
		return f.Value
	}
	return ""
}

// Sniff reports whether img looks like a scatter file of any dialect, including
// those that Read refuses by name.
func Sniff(img flash.Image) bool {
	n := min(img.Size(), sniffSize)
	b, err := flash.ReadFull(img, 0, int(n))
	if err != nil {
		return false
	}
	lines, err := split(b)
	if err != nil {
		return false
	}
	if img.Size() > n && len(lines) > 1 {
		lines = lines[:len(lines)-1] // it may be cut
	}
	return detect(lines) != nil
}

// Read reads a scatter file. The error is a *flash.FormatError that names the line;
// it wraps flash.ErrNotThis when img is no scatter file and ErrDialect when it is
// one that is not read.
func Read(img flash.Image) (*File, error) {
	if img.Size() > MaxSize {
		return nil, &flash.FormatError{Format: "scatter", Offset: flash.NoOffset, Err: flash.ErrNotThis,
			Text: fmt.Sprintf("%s is too large for a scatter file, at most %s",
				flash.Size(img.Size()), flash.Size(MaxSize))}
	}
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		return nil, &flash.FormatError{Format: "scatter", Offset: flash.NoOffset, Text: "cannot be read", Err: err}
	}
	return Parse(b)
}

// Parse reads a scatter file from memory; see Read for the errors.
func Parse(b []byte) (*File, error) {
	if len(b) > MaxSize {
		return nil, &flash.FormatError{Format: "scatter", Offset: flash.NoOffset, Err: flash.ErrNotThis,
			Text: fmt.Sprintf("%s is too large for a scatter file", flash.Size(len(b)))}
	}
	lines, err := split(b)
	if err != nil {
		return nil, err
	}
	d := detect(lines)
	if d == nil {
		return nil, &flash.FormatError{Format: "scatter", Offset: flash.NoOffset, Err: flash.ErrNotThis,
			Text: "no partition_index line"}
	}
	f := &File{lines: lines}
	if err := d.read(f); err != nil {
		return nil, err
	}
	return f, nil
}

// Encode returns the file as it was read or built, byte for byte.
func (f *File) Encode() []byte {
	return []byte(strings.Join(f.lines, ""))
}

// problem records damage at a line; line 0 means the file as a whole.
func (f *File) problem(s flash.Severity, place string, line int, text string, args ...any) {
	f.Problems = append(f.Problems, lineProblem(s, place, line, text, args...))
}

// commonProblem records damage that is not of one storage's table.
func (f *File) commonProblem(s flash.Severity, place string, line int, text string, args ...any) {
	f.common = append(f.common, lineProblem(s, place, line, text, args...))
}

func lineProblem(s flash.Severity, place string, line int, text string, args ...any) flash.Problem {
	text = fmt.Sprintf(text, args...)
	if line > 0 {
		text = fmt.Sprintf("line %d: %s", line, text)
	}
	if place == "" {
		place = "scatter"
	}
	return flash.NewProblem(s, place, flash.NoOffset, "%s", text)
}

// lineError is damage that leaves nothing to return.
func lineError(line int, cause error, text string, args ...any) error {
	return &flash.FormatError{Format: "scatter", Offset: flash.NoOffset, Err: cause,
		Text: fmt.Sprintf("line %d: ", line) + fmt.Sprintf(text, args...)}
}
