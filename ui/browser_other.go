//go:build unix && !darwin

package ui

import (
	"os"
	"os/exec"
	"strings"
)

// osRelease is where Linux names its build; the Linux of Windows (WSL) says Microsoft. Tests
// replace it.
var osRelease = "/proc/sys/kernel/osrelease"

// openBrowser shows an address in the browser of the user: the one of $BROWSER, that of the
// Windows around a WSL, or that of the desktop. It does not wait for the browser.
//
// Under sudo it opens none: a browser of root would write files of root among those of the user.
func openBrowser(url string) error {
	if os.Getuid() == 0 && os.Getenv("SUDO_UID") != "" {
		return errNoBrowser
	}
	for command := range strings.SplitSeq(os.Getenv("BROWSER"), ":") {
		if cmd := chosen(command, url); cmd != nil {
			return startApart(cmd)
		}
	}
	if inWindows() {
		if cmd := installed("wslview", url); cmd != nil {
			return startApart(cmd)
		}
		if cmd := installed("rundll32.exe", "url.dll,FileProtocolHandler", url); cmd != nil { // explorer.exe opens no address that has a "="
			return startApart(cmd)
		}
	}
	return onDesktop(url)
}

// openFolder shows a folder in the file manager of the desktop, or of the Windows around a WSL.
func openFolder(path string) error {
	path, err := folderPath(path)
	if err != nil {
		return err
	}
	if inWindows() {
		if cmd := installed("explorer.exe", "."); cmd != nil { // WSL translates the current folder
			cmd.Dir = path
			return startApart(cmd)
		}
	}
	return onDesktop(path)
}

// chosen returns the program of one part of $BROWSER, with the address at %s or at the end; nil
// if there is no such program.
func chosen(command, url string) *exec.Cmd {
	args := strings.Fields(command)
	if len(args) == 0 {
		return nil
	}
	if !strings.Contains(command, "%s") {
		args = append(args, "%s")
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "%s", url)
	}
	return installed(args[0], args[1:]...)
}

func onDesktop(what string) error {
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return errNoBrowser
	}
	cmd := installed("xdg-open", what)
	if cmd == nil {
		return errNoBrowser
	}
	return startApart(cmd)
}

// installed returns a program that can be run, nil if it is not there.
func installed(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	if cmd.Err != nil {
		return nil
	}
	return cmd
}

func inWindows() bool {
	release, err := os.ReadFile(osRelease)
	return err == nil && strings.Contains(strings.ToLower(string(release)), "microsoft")
}
