package scatter

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// MaxSize is the largest file that is read, in bytes. Real ones stay below 100 KiB.
const MaxSize = 16 << 20

// sniffSize is the number of bytes of a file that Sniff looks at.
const sniffSize = 64 << 10

// ErrDialect is wrapped by the error of Read for a scatter file whose dialect is known
// but not supported.
var ErrDialect = errors.New("this dialect of scatter file is not supported")

// File is a scatter file. It keeps every line unchanged; Info, Head and Rows are the
// meaning of the lines.
type File struct {
	Dialect  Dialect
	Info     Info
	Head     Row   // the header's keys, including those that Info does not have
	Rows     []Row // in the order of the file; of one storage, see Select
	Problems flash.Problems

	lines    []string        // unchanged, each with its line end
	sections []section       // one for each storage
	current  int             // the section that Info and Rows show
	common   []flash.Problem // the Problems that do not belong to one storage
	odd      []int           // numbers of the lines that are not scatter syntax
	listed   bool            // made from a list that is not a scatter file, see FromTable
}

// Info holds the values of the header. Missing values are empty.
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

// Row is one partition: its keys in the order of the file, with repeated and unknown
// ones. Rows of lists (V1 and those of update packages) have the keys of the text.
type Row struct {
	Line   int // first line of the row, from 1; 0 for a missing header
	Fields []Field

	remark string // comment above a row that is to be written
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

// Get returns the value of a key, "" if the row does not have the key.
func (r Row) Get(key string) string {
	if f := r.Find(key); f != nil {
		return f.Value
	}
	return ""
}

// Sniff reports whether img looks like a scatter file of any dialect, including the
// dialects that Read refuses by name.
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
		lines = lines[:len(lines)-1] // the last line may be cut
	}
	return detect(lines) != nil
}

// Read reads a scatter file of at most MaxSize bytes. The error is a *flash.FormatError
// that names the line. It wraps flash.ErrNotThis if img is not a scatter file, and
// ErrDialect if its dialect is not supported.
func Read(img flash.Image) (*File, error) {
	if img.Size() > MaxSize {
		return nil, &flash.FormatError{Format: "scatter", Offset: flash.NoOffset, Err: flash.ErrNotThis,
			Text: fmt.Sprintf("%s is too large for a scatter file; the limit is %s",
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

// commonProblem records damage that does not belong to one storage's table.
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

// lineError makes the error for damage that leaves nothing to return.
func lineError(line int, cause error, text string, args ...any) error {
	return &flash.FormatError{Format: "scatter", Offset: flash.NoOffset, Err: cause,
		Text: fmt.Sprintf("line %d: ", line) + fmt.Sprintf(text, args...)}
}
