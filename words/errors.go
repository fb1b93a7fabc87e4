package words

import "errors"

// advised is an error with what to do about it.
type advised struct {
	error
	hints []string
}

func (a advised) Unwrap() error { return a.error }

// Advise is err with what to do about it.
func Advise(err error, hints ...string) error { return advised{err, hints} }

// Hints returns what Advise gave err, and whether it did.
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

// Reword is err with another text; errors.Is and errors.As see err.
func Reword(err error, text string) error { return reworded{err, text} }

// refusal is a stop for safety's sake, before anything was written.
type refusal struct {
	error
	hints []string
}

func (r refusal) Unwrap() error { return r.error }

// Refuse makes err a stop for safety's sake, before anything was written. Without hints, none
// are given.
func Refuse(err error, hints ...string) error { return refusal{err, hints} }

// IsRefusal reports whether Refuse made err a stop.
func IsRefusal(err error) bool { return errors.As(err, new(refusal)) }

// stopped is a run that ended early and left something to go on with.
type stopped struct {
	error
	hints []string
}

func (s stopped) Unwrap() error { return s.error }

// stop makes err the end of a run that left something to go on with.
func stop(err error, hints ...string) error { return stopped{err, hints} }
