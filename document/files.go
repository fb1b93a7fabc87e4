package document

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// FileList is the document of image ls.
type FileList struct {
	Head
	Partition string          `json:"partition"` // or the image's file
	Path      string          `json:"path"`      // in the file system
	Files     []File          `json:"files"`
	Problems  []flash.Problem `json:"problems"`
}

// File is a file of a file system.
type File struct {
	Path      string `json:"path"`
	Kind      string `json:"kind"`
	Mode      string `json:"mode"` // as ls -l writes it; "" if unknown
	UID       uint32 `json:"uid"`
	GID       uint32 `json:"gid"`
	Size      int64  `json:"size"`
	ModTime   string `json:"mtime,omitempty"`
	Target    string `json:"target,omitempty"` // of a symbolic link
	Device    string `json:"device,omitempty"` // "MAJOR,MINOR"
	Encrypted bool   `json:"encrypted,omitempty"`
	Error     string `json:"error,omitempty"` // why the rest is unknown
}

// NewFile makes the entry of a file. Err is why not all of its fields are known.
func NewFile(tree *files.Tree, name string, node *files.Inode, err error) File {
	l := File{Path: name, Kind: "unreadable"}
	if err != nil {
		l.Error = err.Error()
	}
	if node == nil {
		return l
	}
	l.Kind = strings.TrimPrefix(strings.TrimPrefix(files.Kind(node.Mode), "a "), "of ")
	l.Mode, l.UID, l.GID, l.Size, l.Encrypted = modeString(node.Mode), node.UID, node.GID, node.Size, node.Encrypted
	if !node.ModTime.IsZero() {
		l.ModTime = node.ModTime.Format("2006-01-02T15:04:05Z")
	}
	if node.Mode&fs.ModeDevice != 0 {
		l.Device = fmt.Sprintf("%d,%d", node.Major, node.Minor)
	}
	if node.Mode&fs.ModeSymlink != 0 && !node.Encrypted {
		target, err := tree.Target(node)
		if l.Target = target; err != nil {
			l.Error = err.Error()
		}
	}
	return l
}

// modeString returns a mode in the notation of ls.
func modeString(m fs.FileMode) string {
	b := []byte("?rwxrwxrwx")
	for i := range 9 {
		if m&(1<<(8-i)) == 0 {
			b[1+i] = '-'
		}
	}
	for _, kind := range []struct {
		is   fs.FileMode
		mark byte
	}{{0, '-'}, {fs.ModeDir, 'd'}, {fs.ModeSymlink, 'l'}, {fs.ModeDevice, 'b'}, {fs.ModeDevice | fs.ModeCharDevice, 'c'},
		{fs.ModeNamedPipe, 'p'}, {fs.ModeSocket, 's'}} {
		if m.Type() == kind.is {
			b[0] = kind.mark
		}
	}
	for _, special := range []struct {
		bit  fs.FileMode
		at   int
		mark string // for a file that may not be executed, and one that may
	}{{fs.ModeSetuid, 3, "Ss"}, {fs.ModeSetgid, 6, "Ss"}, {fs.ModeSticky, 9, "Tt"}} {
		if m&special.bit != 0 {
			b[special.at] = special.mark[map[bool]int{true: 1}[b[special.at] == 'x']]
		}
	}
	return string(b)
}
