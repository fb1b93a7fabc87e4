package whatis

import (
	"archive/zip"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

const zipMagic = "PK\x03\x04"

// parcels are kinds of files that are zip archives, each with a member that all of the
// kind have. The first match is used, because an app also has the member of a Java
// archive.
var parcels = []struct {
	member string
	kind   Kind
}{
	{"AndroidManifest.xml", APK},
	{"[Content_Types].xml", OfficeFile}, // Office Open XML
	{"mimetype", OfficeFile},            // OpenDocument, EPUB
}

// ofZip recognises zip archives that cannot contain a dump; nil for all others.
func ofZip(img flash.Image) *Thing {
	const most = 100_000 // limit of the members that are checked
	r, err := zip.NewReader(io.NewSectionReader(img, 0, img.Size()), img.Size())
	if err != nil || len(r.File) > most {
		return nil
	}
	have, classes := map[string]bool{}, false
	for _, f := range r.File {
		have[f.Name] = true
		classes = classes || strings.HasSuffix(f.Name, ".class")
	}
	for _, p := range parcels {
		if have[p.member] {
			return &Thing{Kind: p.kind}
		}
	}
	if have["META-INF/MANIFEST.MF"] && classes { // signed update packages also have the manifest, but no classes
		return &Thing{Kind: JAR}
	}
	return nil
}
