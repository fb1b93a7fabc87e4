package main

import (
	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
)

// piecesOf returns the files at the front of a command's arguments that are pieces of one
// Android sparse image, nil when there are not several.
func piecesOf(args []string) []string {
	n := 0
	for n < len(args) && source.IsSparse(args[n]) {
		n++
	}
	if n < 2 {
		return nil
	}
	return args[:n]
}

// oneDump is oneFile for commands that take the pieces of a sparse image as one dump.
func (u *ui) oneDump(c *cli.Context, what string) (string, error) {
	if p := piecesOf(c.Args().Slice()); len(p) > 0 && len(p) == c.NArg() {
		u.pieces = p
		return p[0], nil
	}
	return oneFile(c, what)
}

// join takes the pieces at the front of the arguments as one file, of the first one's name.
func (u *ui) join(args []string) []string {
	p := piecesOf(args)
	if len(p) == 0 {
		return args
	}
	u.pieces = p
	return append(p[:1:1], args[len(p):]...)
}

// strict returns an image whose holes are no zeros: neither what was not read from the
// phone, nor what sparse files leave out.
func strict(img flash.Image, unread []flash.Extent) flash.Image {
	silent := flash.Holes(img)
	return flash.Known(flash.Strict(img, "are said by no file (\"don't care\" in the sparse image)"), flash.Without(unread, silent))
}
