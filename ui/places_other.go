//go:build !windows && !darwin

package ui

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func isHidden(d fs.DirEntry) bool { return strings.HasPrefix(d.Name(), ".") }

// movedFolder returns the personal folder that xdg-user-dirs has set up, whose names are in the
// language of the user; "" if there is none. Its file has lines such as
// XDG_DESKTOP_DIR="$HOME/Escritorio".
func movedFolder(kind placeKind, home string) string {
	config, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(config, "user-dirs.dirs"))
	if err != nil {
		return ""
	}
	name := map[placeKind]string{placeDesktop: "DESKTOP", placeDownloads: "DOWNLOAD", placeDocuments: "DOCUMENTS"}[kind]
	for line := range strings.Lines(string(text)) {
		value, found := strings.CutPrefix(strings.TrimSpace(line), "XDG_"+name+"_DIR=")
		if !found {
			continue
		}
		value = strings.Trim(value, `"`)
		if below, inHome := strings.CutPrefix(value, "$HOME/"); inHome {
			return filepath.Join(home, below)
		}
		if filepath.IsAbs(value) {
			return filepath.Clean(value)
		}
	}
	return ""
}

// mounts lists what is mounted, on Linux; see proc(5). Tests replace it.
var mounts = "/proc/self/mounts"

// drives lists what a desktop or a person has mounted, and the root.
func drives() []place {
	var out []place
	text, _ := os.ReadFile(mounts) // an error: only the root is listed
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		path := mountName.Replace(fields[1])
		if p := (place{placeDrive, filepath.Base(path), path}); isDrive(path) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return append(out, place{placeRoot, "/", "/"})
}

// mountName undoes what the kernel does with names that have spaces.
var mountName = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// isDrive reports whether something is mounted where drives of this user are, or of the one who
// called sudo.
func isDrive(path string) bool {
	usual := []string{"/mnt", "/media"}
	for _, name := range []string{"USER", "SUDO_USER"} {
		if user := os.Getenv(name); user != "" {
			usual = append(usual, "/media/"+user, "/run/media/"+user)
		}
	}
	return slices.Contains(usual, filepath.Dir(path)) && !slices.Contains(usual, path)
}
