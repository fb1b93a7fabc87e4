package flash

// Output is one file to be written. The mover copies Image without knowing its origin. Name is a
// safe relative file name; Image has exactly the bytes of the file.
type Output struct {
	Name  string
	Image Image

	// OmitZero means that no file is written if all bytes are zeros; the result says so. It is
	// used for gaps.
	OmitZero bool
}

// Event reports progress. Done and Total are bytes; Total is 0 if unknown. Name is empty for the
// progress of the whole operation, and Detail then says which part of it is running.
type Event struct {
	Op    string `json:"op"`
	Name  string `json:"name,omitempty"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`

	Detail string `json:"detail,omitempty"`
}
