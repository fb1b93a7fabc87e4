package split

// Reason is why nothing was written.
type Reason int

// The reasons, all of them found before the first write.
const (
	Exists  Reason = iota + 1 // something is there already
	IsInput                   // the output is the input, or lies in it
	NoSpace                   // the disk has too little room
	TooBig                    // a file is larger than the file system allows
	Busy                      // another run is writing here
	Partial                   // the parts folder does not hold all of the dump
)

// Refusal is an operation that was not begun, to protect what is there. Hint is what
// a person can do about it, in one clause.
type Refusal struct {
	Reason Reason
	Path   string
	Text   string
	Hint   string
}

func (r *Refusal) Error() string { return "split: " + r.Path + ": " + r.Text }
