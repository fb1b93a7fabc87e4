package words

import "errors"

// advised is an error with hints.
type advised struct {
	error
	hints []string
}

func (a advised) Unwrap() error { return a.error }

// Advise returns err with hints: what the user can do about it.
func Advise(err error, hints ...string) error { return advised{err, hints} }

// Hints returns the hints that Advise gave err, and whether it gave any.
func Hints(err error) ([]string, bool) {
	var a advised
	ok := errors.As(err, &a)
	return a.hints, ok
}

// reworded is an error with another text.
type reworded struct {
	error
	text string
}

func (r reworded) Error() string { return r.text }
func (r reworded) Unwrap() error { return r.error }

// Reword returns err with another text. errors.Is and errors.As still find err.
func Reword(err error, text string) error { return reworded{err, text} }

// refusal is a stop for safety, before anything was written.
type refusal struct {
	error
	hints []string
}

func (r refusal) Unwrap() error { return r.error }

// Refuse marks err as a stop for safety, before anything was written. Without hints, the user
// sees none.
func Refuse(err error, hints ...string) error { return refusal{err, hints} }

// IsRefusal reports whether Refuse marked err.
func IsRefusal(err error) bool { return errors.As(err, new(refusal)) }

// stopped is the error of a run that ended early and that can be resumed.
type stopped struct {
	error
	hints []string
}

func (s stopped) Unwrap() error { return s.error }

// stop marks err as the end of a run that can be resumed.
func stop(err error, hints ...string) error { return stopped{err, hints} }
