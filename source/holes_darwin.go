package source

// lseek(2) on macOS numbers these two the other way round.
const (
	whenceHole = 3
	whenceData = 4
)
