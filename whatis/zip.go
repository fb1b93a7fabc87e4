package whatis

import (
	"archive/zip"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

const zipMagic = "PK\x03\x04"

// parcels are kinds of files that are zip archives, by a member that all of the kind have.
// The first that fits counts: an app has what a Java archive has.
var parcels = []struct {
	member string
	kind   Kind
}{
	{"AndroidManifest.xml", APK},
	{"[Content_Types].xml", OfficeFile}, // Office Open XML
	{"mimetype", OfficeFile},            // OpenDocument, EPUB
}

// ofZip tells what is a zip archive and nothing to unpack; nil for all others, which may
// hold a dump.
func ofZip(img flash.Image) *Thing {
	const most = 100_000 // members that are looked at
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
	if have["META-INF/MANIFEST.MF"] && classes { // the former alone is in signed update packages, too
		return &Thing{Kind: JAR}
	}
	return nil
}
