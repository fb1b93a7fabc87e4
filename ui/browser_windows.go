package ui

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// openBrowser shows an address in the browser of the user. It does not wait for the browser.
func openBrowser(url string) error { return shellOpen(url) }

// openFolder shows a folder in Explorer. The backslash keeps Windows from running FOLDER.exe.
func openFolder(path string) error {
	path, err := folderPath(path)
	if err != nil {
		return err
	}
	return shellOpen(path + `\`)
}

func shellOpen(what string) error {
	verb, err := windows.UTF16PtrFromString("open")
	if err != nil {
		return err
	}
	file, err := windows.UTF16PtrFromString(what)
	if err != nil {
		return err
	}
	if err := windows.ShellExecute(0, verb, file, nil, nil, windows.SW_SHOWNORMAL); err != nil {
		return fmt.Errorf("%w: %w", errNoBrowser, err)
	}
	return nil
}
