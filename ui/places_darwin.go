package ui

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func isHidden(d fs.DirEntry) bool { return strings.HasPrefix(d.Name(), ".") }

// movedFolder knows none: the names on the disk are English in every language.
func movedFolder(placeKind, string) string { return "" }

// drives lists the volumes. The one that the system started from is a link to the root.
func drives() []place {
	var out []place
	found, _ := os.ReadDir("/Volumes") // an error: only the root is listed
	for _, d := range found {
		path := filepath.Join("/Volumes", d.Name())
		if to, err := filepath.EvalSymlinks(path); err == nil && to != "/" && !isHidden(d) && isFolder(path) {
			out = append(out, place{placeDrive, d.Name(), path})
		}
	}
	return append(out, place{placeRoot, "/", "/"})
}
