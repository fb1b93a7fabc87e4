package recovery

import (
	"cmp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// treeNames gives the files of a ramdisk their paths in a tree. Names are untrusted,
// and a tree may be on any file system. So a name gets no path if it is not plain, or
// if it equals another name except for upper and lower case.
type treeNames struct {
	taken map[string]bool // lower-case path → true for a file, false for a folder
}

// place reports whether the entry's content can be in the tree under its own path.
func (t *treeNames) place(h ramdisk.Header) (path string, ok bool) {
	path, safe := h.Path()
	if !safe || len(path) > 200 {
		return path, false
	}
	low := strings.ToLower(path)
	if _, met := t.taken[low]; met {
		return path, false
	}
	for e := range strings.SplitSeq(path, "/") {
		if !portable(e) {
			return path, false
		}
	}
	for i := range low {
		if low[i] == '/' && t.taken[low[:i]] {
			return path, false // its parent is a file
		}
	}
	if t.taken == nil {
		t.taken = map[string]bool{}
	}
	t.taken[low] = true
	for i := range low {
		if low[i] == '/' {
			t.taken[low[:i]] = false
		}
	}
	return path, true
}

// portable reports whether every current operating system accepts s as a file name.
func portable(s string) bool {
	for _, c := range s {
		if c < ' ' || c > '~' || strings.ContainsRune(`<>:"\|?*`, c) {
			return false
		}
	}
	base, _, _ := strings.Cut(strings.ToUpper(s), ".")
	switch strings.TrimRight(base, " ") {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return false
	}
	if len(base) == 4 && (strings.HasPrefix(base, "COM") || strings.HasPrefix(base, "LPT")) {
		return false
	}
	return s != "" && !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, " ")
}

// BoardName returns a name for the files of a phone's recovery, of letters, digits, '_'
// and '-': the board, or else the chip, or else the board in the stock image, or else
// "new". phone may be nil.
func BoardName(phone *Target, stock flash.Image) string {
	name := ""
	if phone != nil {
		name = cmp.Or(phone.Board, phone.Chip)
	}
	if b, err := boot.Read(stock); err == nil {
		name = cmp.Or(name, b.Facts().Board)
	}
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, name)
	return cmp.Or(name, "new")
}
