package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// State is what an open file or block device was when it was opened. Whoever reads it for
// long asks now and then whether it still is.
type State struct {
	size     int64
	modified time.Time // zero: it does not count
}

// ChangedError is a file that is not what it was when it was opened.
type ChangedError struct {
	Path, Text string
}

func (e *ChangedError) Error() string { return e.Path + ": " + e.Text }

// Unwrap makes it an end that came too early: what was to be read is not there.
func (e *ChangedError) Unwrap() error { return io.ErrUnexpectedEOF }

// StateOf tells of an open file. What has no size is an error.
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
		return State{}, &KindError{f.Name(), fmt.Sprintf("no file that can be read at any place: %v", err)}
	}
	if size == 0 { // macOS
		return State{}, &KindError{f.Name(), "the system does not say how large this device is: copy it to a file first"}
	}
	return State{size: size}, nil
}

// Sized is the state of a file that changes by its owner's hand: only its size counts.
func Sized(size int64) State { return State{size: size} }

// Size returns the size in bytes.
func (s State) Size() int64 { return s.size }

// Check reports, as a *ChangedError, whether the file was cut, has grown, was written to, or
// is gone, as a card that was pulled out.
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
		return changed("was cut while it was read: it has 0x%x bytes now, and had 0x%x", now.size, s.size)
	case now.size > s.size:
		return changed("has grown while it was read: it has 0x%x bytes now, and had 0x%x; is it still being written?", now.size, s.size)
	case !s.modified.IsZero() && !now.modified.Equal(s.modified):
		return changed("was written to while it was read")
	}
	return nil
}

// NextData returns the first range of data at or after off, by the file system's own map
// of holes; size and size where only a hole follows. Where there is no map, all is data.
//
// A system that is asked about a place behind the end of a file that was cut says that no
// data follow. So a hole is believed only of a file that is still what it was.
func (s State) NextData(f *os.File, off int64) (start, end int64, err error) {
	if off >= s.size {
		return s.size, s.size, nil
	}
	start, end, err = seekData(f, off, s.size)
	switch {
	case errors.Is(err, io.EOF):
		start, end = s.size, s.size
	case err != nil, start < off, start >= s.size: // no map, or one that makes no sense
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
