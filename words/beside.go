package words

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/layout"
)

// MissingPieces names the files that were not given and that would tell more about a dump.
func MissingPieces(d *dump.Dump) (hints []string) {
	if d.Package() { // no phone has more of it
		return nil
	}
	if len(d.Layout.Boots) == 0 && d.Layout.Boot1 != d.Layout.User {
		hints = append(hints, besideOr(d.Source.Beside(d.Path).Boot1, "--boot1", fmt.Sprintf("read region %s from the phone, too, and give it", d.Layout.Boot1)))
	}
	if slices.ContainsFunc(d.Layout.Problems, func(p flash.Problem) bool { return strings.Contains(p.Text, layout.DontCare) }) {
		hints = append(hints, "if you know that the tool that wrote the sparse file leaves out zeros: run simg2img SPARSE PLAIN, and give the plain file")
	}
	for _, p := range d.Layout.Problems {
		if strings.Contains(p.Text, layout.AsShipped) && strings.Contains(p.Text, image.SparseAndroid.String()) {
			hints = append(hints, fmt.Sprintf("mtkkit cat %s %s -o FILE, then mtkkit image raw FILE -o RAW makes the raw image", Quoted(d.Path), Quoted(p.Place)))
		}
	}
	if d.Layout.Generation == "ebr" && !d.Layout.Claimed {
		hints = append(hints, WantScatter(d))
	}
	return hints
}

// Taken says that a file was used although the user did not name it.
func Taken(d *dump.Dump, t dump.Taken) string {
	if t.Inside {
		return fmt.Sprintf("%s: its own scatter file %s is used, as with --scatter", d.Path, t.Path)
	}
	return fmt.Sprintf("%s is in the dump's folder and is used, because %s; --no-siblings prevents this", filepath.Base(t.Path), t.Why)
}

// WantScatter returns the hint that asks for a scatter file. It names a scatter file beside the
// dump that was not used, if there is one.
func WantScatter(d *dump.Dump) string {
	return besideOr(d.Source.Beside(d.Path).Scatter, "--scatter", "give this phone's scatter file")
}

// besideOr names the first of the found files, which are beside the dump and may belong to
// another phone. Without one it returns how, with the option.
func besideOr(found []string, option, how string) string {
	if len(found) == 0 {
		return how + " with " + option + " FILE"
	}
	return fmt.Sprintf("%s is beside the dump: if it belongs to this phone, give it with %s %s", filepath.Base(found[0]), option, Quoted(found[0]))
}
