package image

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/lp"
)

// HoleUse is the answer to the question whether an image needs the bytes in its holes.
type HoleUse struct {
	Bytes int64  // of all holes
	Needs string // the used data in the holes, as text for the user; "" if none is used
	Known bool   // Needs could be determined
}

// FindHoleUse asks the file system in an image whether it uses the image's holes,
// because a sparse file may leave out free blocks. It knows ext4, EROFS and super
// images (by their logical partitions). For other contents it knows only a few cases,
// such as an image that is one hole.
func FindHoleUse(img flash.Image) HoleUse {
	holes := flash.Holes(img)
	lack := HoleUse{Bytes: flash.Total(holes)}
	switch kind := Sniff(img).Kind; {
	case lack.Bytes == 0:
		lack.Known = true
	case lack.Bytes == img.Size():
		lack.Needs, lack.Known = "all of it", true
	case holes[0].Offset == 0: // every content begins at offset 0
		lack.Needs, lack.Known = "its first bytes", true
	case kind == Ext4 || kind == EROFS:
		lack.Needs, lack.Known = neededFiles(flash.Strict(img, "are missing")), true
	case kind == Super:
		lack.Needs, lack.Known = neededLogical(flash.Strict(img, "are missing"))
	}
	return lack
}

// Free reports whether it is known that nothing needs the bytes in the holes.
func (l HoleUse) Free() bool { return l.Known && l.Needs == "" }

// Tell returns a text about the missing bytes, "" if no needed byte is missing. It is a
// warning if it is not known whether the bytes are needed.
func (l HoleUse) Tell() (text string, severity flash.Severity) {
	switch {
	case l.Needs == "all of it":
		return "all of its bytes are missing", flash.Error
	case l.Needs != "":
		return flash.Size(l.Bytes).String() + " of it are missing; they contain " + l.Needs, flash.Error
	case !l.Known:
		return flash.Size(l.Bytes).String() + " of it are in no file; it is not known whether they are used", flash.Warning
	}
	return "", flash.Note
}

// problem returns the text of Tell as a list with one problem or none.
func (l HoleUse) problem(place string) []flash.Problem {
	text, severity := l.Tell()
	if text == "" {
		return nil
	}
	return []flash.Problem{flash.NewProblem(severity, place, flash.NoOffset, "%s", text)}
}

// neededLogical names the logical partitions that need holes of a super image. Ranges
// that the table gives to no partition are free. known is true only if the answer is
// known for all of them.
func neededLogical(img flash.Image) (needs string, known bool) {
	s, err := lp.Read(img, nil)
	if err != nil {
		return "the table of its logical partitions", true
	}
	known = true
	for _, p := range s.Partitions("") {
		if p.Size == 0 {
			continue
		}
		if p.Image == nil { // parts of it are on other devices
			known = false
			continue
		}
		l := FindHoleUse(p.Image)
		if l.Needs != "" && needs == "" {
			needs = l.Needs + " in " + p.Name
		}
		known = known && l.Known
	}
	return needs, known || needs != ""
}

// neededFiles names the files with bytes in holes of an image, as far as the
// directories can be read.
func neededFiles(img flash.Image) string {
	tree, err := Files(img)
	var root *files.Inode
	if err == nil {
		root, err = tree.FindLink("/")
	}
	if err != nil {
		return "the tables of its file system"
	}
	first, n := "", 0
	err = tree.Walk("", root, func(name string, node *files.Inode, err error) error {
		if err == nil {
			err = readable(tree, node)
		}
		if errors.Is(err, flash.ErrHole) {
			if n++; n == 1 {
				first = "/" + name
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return "the tables of its file system"
	case n > 1:
		return fmt.Sprintf("%s and %d more files", first, n-1)
	}
	return first
}

// readable returns flash.ErrHole if a byte of a file is in a hole.
func readable(tree *files.Tree, node *files.Inode) error {
	switch {
	case node == nil || node.Encrypted:
		return nil
	case node.Mode&fs.ModeSymlink != 0:
		_, err := tree.Target(node)
		return err
	case !node.Mode.IsRegular():
		return nil
	}
	content, err := tree.Content(node)
	if err != nil {
		return err
	}
	if _, mapped := content.(*files.Mapped); mapped { // for other contents the offsets are not known
		if len(flash.Holes(content)) > 0 {
			return flash.ErrHole
		}
		return nil
	}
	_, err = io.Copy(io.Discard, io.NewSectionReader(content, 0, content.Size()))
	return err
}
