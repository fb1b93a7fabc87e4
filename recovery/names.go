package recovery

import (
	"cmp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// treeNames hands out paths in a tree for the files of a ramdisk. Names are untrusted, and
// trees lie on all kinds of file systems: a name that is not plain, or that equals another
// name without regard to case, gets no path.
type treeNames struct {
	taken map[string]bool // lower-case path → it is a file, not a folder
}

// place reports whether the entry's content can lie in the tree under its own path.
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
			return path, false // below a file
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

// portable reports whether every system of today takes s as a file name.
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

// BoardName is a name for the files of a phone's recovery, of letters, digits, '_' and '-': the
// board, else the chip, else what the stock image calls the board, else "new". The phone may be nil.
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
