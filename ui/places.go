package ui

import (
	"os"
	"path/filepath"
)

// place is a folder from which a person starts to look for a file.
type place struct {
	Kind placeKind
	Name string // of a drive: its label or the name of its folder
	Path string // absolute
}

// placeKind is the key of a place's name in the catalogue. Drives have names of their own.
type placeKind string

const (
	placeHome      placeKind = "home"
	placeDesktop   placeKind = "desktop"
	placeDownloads placeKind = "downloads"
	placeDocuments placeKind = "documents"
	placeDrive     placeKind = "drive"
	placeRoot      placeKind = "root" // of the whole file system
)

// usualFolders are the names of personal folders that were not moved.
var usualFolders = []struct {
	kind placeKind
	name string
}{{placeDesktop, "Desktop"}, {placeDownloads, "Downloads"}, {placeDocuments, "Documents"}}

// placesToStart lists the personal folders and the drives that are there.
func placesToStart() []place {
	var out []place
	if home, err := os.UserHomeDir(); err == nil && isFolder(home) {
		out = append(out, place{Kind: placeHome, Path: home})
		for _, f := range usualFolders {
			path := movedFolder(f.kind, home)
			if path == "" {
				path = filepath.Join(home, f.name)
			}
			if path != home && isFolder(path) { // a desktop without such a folder names the home folder
				out = append(out, place{Kind: f.kind, Path: path})
			}
		}
	}
	return append(out, drives()...)
}

func isFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
