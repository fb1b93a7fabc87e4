package source

// lseek(2): SEEK_DATA and SEEK_HOLE as Linux numbers them.
const (
	whenceData = 3
	whenceHole = 4
)
