package ui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fakePrograms makes programs the only ones that are found. Each writes to the returned pipe
// what body prints.
func fakePrograms(t *testing.T, body string, names ...string) (pipe string) {
	t.Helper()
	dir := t.TempDir()
	pipe = filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text := "#!/bin/sh\n{ " + body + "; } >'" + pipe + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	return pipe
}

// setDesktop sets what tells of a desktop: variables as "NAME=VALUE", and the Linux.
func setDesktop(t *testing.T, release string, vars ...string) {
	t.Helper()
	for _, v := range append([]string{"BROWSER=", "DISPLAY=", "WAYLAND_DISPLAY=", "SUDO_UID="}, vars...) {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	old := osRelease
	t.Cleanup(func() { osRelease = old })
	osRelease = filepath.Join(t.TempDir(), "osrelease")
	if err := os.WriteFile(osRelease, []byte(release), 0o600); err != nil {
		t.Fatal(err)
	}
}

const (
	tells   = `echo "${0##*/}" "$@"`
	ofLinux = "6.1.0-18-amd64\n"
	ofWSL   = "5.15.90.1-microsoft-standard-WSL2\n"
)

func TestOpenBrowser(t *testing.T) {
	const url = "http://127.0.0.1:1/open?token=A"
	all := []string{"xdg-open", "wslview", "rundll32.exe", "firefox"}
	for _, c := range []struct {
		name, release string
		vars          []string
		programs      []string
		started       string // "": errNoBrowser
	}{
		{"desktop", ofLinux, []string{"DISPLAY=:0"}, all, "xdg-open " + url},
		{"Wayland", ofLinux, []string{"WAYLAND_DISPLAY=wayland-0"}, all, "xdg-open " + url},
		{"no display", ofLinux, nil, all, ""},
		{"no xdg-open", ofLinux, []string{"DISPLAY=:0"}, nil, ""},
		{"BROWSER", ofLinux, []string{"DISPLAY=:0", "BROWSER=firefox"}, all, "firefox " + url},
		{"BROWSER without a display", ofLinux, []string{"BROWSER=firefox"}, all, "firefox " + url},
		{"BROWSER with arguments", ofLinux, []string{"BROWSER=firefox -P x %s -q"}, all, "firefox -P x " + url + " -q"},
		{"BROWSER, the second is there", ofLinux, []string{"BROWSER=lynx::firefox"}, all, "firefox " + url},
		{"BROWSER, none is there", ofLinux, []string{"DISPLAY=:0", "BROWSER=lynx:links %s"}, all, "xdg-open " + url},
		{"WSL", ofWSL, nil, all, "wslview " + url},
		{"WSL with windows of Linux", ofWSL, []string{"DISPLAY=:0"}, all, "wslview " + url},
		{"WSL without wslview", ofWSL, []string{"DISPLAY=:0"}, []string{"xdg-open", "rundll32.exe"}, "rundll32.exe url.dll,FileProtocolHandler " + url},
		{"WSL without Windows", ofWSL, []string{"DISPLAY=:0"}, []string{"xdg-open"}, "xdg-open " + url},
	} {
		t.Run(c.name, func(t *testing.T) {
			setDesktop(t, c.release, c.vars...)
			checkStarted(t, fakePrograms(t, tells, c.programs...), openBrowser(url), c.started)
		})
	}
}

// checkStarted compares what a program told with what it should; "" is errNoBrowser.
func checkStarted(t *testing.T, pipe string, err error, want string) {
	t.Helper()
	if want == "" {
		if !errors.Is(err, errNoBrowser) {
			t.Errorf("the error is %v, want errNoBrowser", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(pipe); err != nil || string(got) != want+"\n" {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

func TestOpenBrowserSudo(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root is started by sudo")
	}
	setDesktop(t, ofLinux, "DISPLAY=:0", "SUDO_UID=1000")
	checkStarted(t, fakePrograms(t, tells, "xdg-open"), openBrowser("http://127.0.0.1:1/"), "")
}

// Ctrl-C on the terminal of the program does not end the browser.
func TestOpenBrowserApart(t *testing.T) {
	setDesktop(t, ofLinux, "DISPLAY=:0")
	pipe := fakePrograms(t, `read -r pid name state parent group session rest </proc/$$/stat && echo "$((pid - session))"`, "xdg-open")
	checkStarted(t, pipe, openBrowser("http://127.0.0.1:1/"), "0")
}

func TestOpenFolder(t *testing.T) {
	const where = `echo "${0##*/}" "$@" in "$(pwd -P)"`
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, release string
		vars          []string
		started       string
	}{
		{"desktop", ofLinux, []string{"DISPLAY=:0"}, "xdg-open " + dir + " in " + here},
		{"no display", ofLinux, nil, ""},
		{"WSL", ofWSL, nil, "explorer.exe . in " + dir},
	} {
		t.Run(c.name, func(t *testing.T) {
			setDesktop(t, c.release, c.vars...)
			checkStarted(t, fakePrograms(t, where, "xdg-open", "explorer.exe"), openFolder(dir), c.started)
		})
	}
	t.Run("relative", func(t *testing.T) {
		setDesktop(t, ofLinux, "DISPLAY=:0")
		t.Chdir(dir)
		checkStarted(t, fakePrograms(t, where, "xdg-open"), openFolder("."), "xdg-open "+dir+" in "+dir)
	})
	for _, path := range []string{file, filepath.Join(dir, "missing")} {
		if err := openFolder(path); err == nil || errors.Is(err, errNoBrowser) {
			t.Errorf("%s: %v, want an error that says why", path, err)
		}
	}
}
