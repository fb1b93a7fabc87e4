package flash

// Output is one file to be made: what a mover copies without asking where it came
// from. Name is a safe relative file name; Image holds exactly the bytes.
type Output struct {
	Name  string
	Image Image

	// OmitZero drops the file when the image turns out to hold zeros only; the
	// result says so. Used for what lies between partitions.
	OmitZero bool
}

// Event is progress as data. Done and Total are bytes; Total is 0 when unknown.
// Name is empty for the progress of the whole operation, and Detail says what of it is
// under way.
type Event struct {
	Op    string `json:"op"`
	Name  string `json:"name,omitempty"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`

	Detail string `json:"detail,omitempty"`
}
