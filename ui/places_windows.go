package ui

import (
	"fmt"
	"io/fs"
	"syscall"

	"golang.org/x/sys/windows"
)

// isHidden reports whether Explorer hides an entry as well.
func isHidden(d fs.DirEntry) bool {
	st, err := d.Info()
	if err != nil {
		return false
	}
	data, ok := st.Sys().(*syscall.Win32FileAttributeData)
	return ok && data.FileAttributes&syscall.FILE_ATTRIBUTE_HIDDEN != 0
}

// movedFolder asks Windows, because personal folders are often in OneDrive.
func movedFolder(kind placeKind, _ string) string {
	id := map[placeKind]*windows.KNOWNFOLDERID{
		placeDesktop:   windows.FOLDERID_Desktop,
		placeDownloads: windows.FOLDERID_Downloads,
		placeDocuments: windows.FOLDERID_Documents,
	}[kind]
	path, err := windows.KnownFolderPath(id, 0)
	if err != nil {
		return ""
	}
	return path
}

// drives lists the drives with a letter, without card readers and the like that are empty.
func drives() []place {
	letters, err := windows.GetLogicalDrives()
	if err != nil {
		return nil
	}
	var out []place
	for i := range 26 {
		if letters&(1<<i) == 0 {
			continue
		}
		root := string(rune('A'+i)) + `:\`
		if name, ready := driveName(root); ready {
			out = append(out, place{placeDrive, name, root})
		}
	}
	return out
}

// driveName returns the name of a drive as Explorer shows it, "LABEL (C:)". A drive of the
// network is not asked for its label: the answer could take long.
func driveName(root string) (name string, ready bool) {
	name = root[:2]
	p, err := windows.UTF16PtrFromString(root)
	if err != nil {
		return name, false
	}
	kind := windows.GetDriveType(p)
	if kind == windows.DRIVE_NO_ROOT_DIR || kind == windows.DRIVE_REMOTE {
		return name, kind == windows.DRIVE_REMOTE
	}
	label := make([]uint16, windows.MAX_PATH+1)
	if err := windows.GetVolumeInformation(p, &label[0], uint32(len(label)), nil, nil, nil, nil, 0); err != nil {
		return name, kind == windows.DRIVE_FIXED // a file system that Windows does not know is still a drive
	}
	if text := windows.UTF16ToString(label); text != "" {
		name = fmt.Sprintf("%s (%s)", text, name)
	}
	return name, true
}
