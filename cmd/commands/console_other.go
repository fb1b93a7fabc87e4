//go:build !windows

package commands

// ownConsole reports whether the console was opened for this program alone, which only Windows does.
func ownConsole() bool { return false }
