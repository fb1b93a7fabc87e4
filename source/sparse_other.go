//go:build !windows

package source

import "os"

// sparseFile does nothing: on these systems every file can have holes.
func sparseFile(*os.File) {}
