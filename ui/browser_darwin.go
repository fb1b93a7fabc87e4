package ui

import (
	"os/exec"
	"strings"
)

// openBrowser shows an address in the browser of the user. It does not wait for the browser. The
// address is not an argument, which every user of the computer could see.
func openBrowser(url string) error {
	cmd := exec.Command("/usr/bin/osascript")
	cmd.Stdin = strings.NewReader(`open location "` + strings.NewReplacer(`\`, `%5C`, `"`, `%22`).Replace(url) + `"`)
	return startApart(cmd)
}

// openFolder shows a folder in the Finder, which would otherwise start a folder that is a program.
func openFolder(path string) error {
	path, err := folderPath(path)
	if err != nil {
		return err
	}
	return startApart(exec.Command("/usr/bin/open", "-a", "Finder", path))
}
