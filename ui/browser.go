package ui

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// Programs get the address of the window with its token, with which another user could open it
// first. Who sees it differs:
//
//	Linux     every user sees the arguments of a program; the guard refuses other users
//	          by the user of their connection
//	macOS     every user sees the arguments; the address goes through a pipe (osascript),
//	          and browsers get it as an event
//	Windows   other users do not see the arguments of a program
//	others    every user sees them, and may be quicker; then the link does not open for
//	          its owner, who notices

// errNoBrowser says that nothing here can show the window. The person gets the address.
var errNoBrowser = errors.New("no browser was found")

// folderPath returns the absolute path of a folder. File managers run files, thus a file is an
// error.
func folderPath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	st, err := os.Stat(abs)
	if err != nil {
		return "", err
	}
	if !st.IsDir() {
		return "", &os.PathError{Op: "open", Path: abs, Err: syscall.ENOTDIR}
	}
	return abs, nil
}
