package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// State is the state of an open file or block device when it was opened. A reader compares it
// later, to find out whether the file has changed.
type State struct {
	size     int64
	modified time.Time // zero: not compared
}

// ChangedError reports a file that has changed since it was opened.
type ChangedError struct {
	Path, Text string
}

func (e *ChangedError) Error() string { return e.Path + ": " + e.Text }

// Unwrap returns io.ErrUnexpectedEOF, because bytes that should be read are missing.
func (e *ChangedError) Unwrap() error { return io.ErrUnexpectedEOF }

// StateOf returns the state of an open file. A file without a size is an error.
func StateOf(f *os.File) (State, error) {
	st, err := f.Stat()
	if err != nil {
		return State{}, err
	}
	if st.Mode().IsRegular() {
		return State{st.Size(), st.ModTime()}, nil
	}
	if !isBlock(st.Mode()) {
		return State{}, &KindError{f.Name(), kindOf(st.Mode())}
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return State{}, &KindError{f.Name(), fmt.Sprintf("not a file that can be read at any offset: %v", err)}
	}
	if size == 0 { // macOS
		return State{}, &KindError{f.Name(), "the system does not report the size of this device: copy it to a file first"}
	}
	return State{size: size}, nil
}

// Sized is the state of a file that its owner may change: only the size is compared.
func Sized(size int64) State { return State{size: size} }

// Size returns the size in bytes.
func (s State) Size() int64 { return s.size }

// Check returns a *ChangedError if the file was cut, has grown, was written to or is gone, like
// a card that was pulled out.
func (s State) Check(f *os.File) error {
	changed := func(format string, a ...any) error { return &ChangedError{f.Name(), fmt.Sprintf(format, a...)} }
	st, err := f.Stat()
	if err != nil {
		return changed("changed while it was read: %v", err)
	}
	now := State{size: st.Size(), modified: st.ModTime()}
	if !st.Mode().IsRegular() {
		if now.size, err = f.Seek(0, io.SeekEnd); err != nil {
			return changed("changed while it was read: %v", err)
		}
	}
	switch {
	case now.size < s.size:
		return changed("was cut while it was read: it has 0x%x bytes now and had 0x%x", now.size, s.size)
	case now.size > s.size:
		return changed("has grown while it was read: it has 0x%x bytes now and had 0x%x; it may still be being written", now.size, s.size)
	case !s.modified.IsZero() && !now.modified.Equal(s.modified):
		return changed("was written to while it was read")
	}
	return nil
}

// NextData returns the first range of data at or after off, by the file system's own list of
// holes; size and size if only a hole follows. Without such a list, all is data.
//
// For an offset behind the end of a file that was cut, the system also answers that no data
// follow. So a hole is only trusted if the file has not changed.
func (s State) NextData(f *os.File, off int64) (start, end int64, err error) {
	if off >= s.size {
		return s.size, s.size, nil
	}
	start, end, err = seekData(f, off, s.size)
	switch {
	case errors.Is(err, io.EOF):
		start, end = s.size, s.size
	case err != nil, start < off, start >= s.size: // no list of holes, or an invalid answer
		return off, s.size, nil
	}
	if start > off {
		if err := s.Check(f); err != nil {
			return 0, 0, err
		}
	}
	if end <= start {
		end = s.size
	}
	return start, min(end, s.size), nil
}
