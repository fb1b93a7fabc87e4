package image

import (
	"bytes"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// maxStrings bounds how much of a program is searched for words, bytes.
const maxStrings = 4 << 20

// wellKnown are the beginnings of strings by which MediaTek's programs name themselves.
var wellKnown = []struct{ key, begin string }{
	{"project", "lk_"},   // little kernel: lk_k6765v1_64
	{"release", "ALPS."}, // MediaTek's name of the source release
	{"modem", "MOLY."},   // and of the modem's
	{"built for", "product=MT"},
}

// tellVersion looks for what a program says of itself in plain words.
func tellVersion(i *Info, payload flash.Image) {
	b, err := flash.ReadFull(payload, 0, int(min(payload.Size(), maxStrings)))
	if err != nil {
		return
	}
	for _, w := range wellKnown {
		at := bytes.Index(b, []byte("\x00"+w.begin))
		if at < 0 {
			continue
		}
		word, _, _ := bytes.Cut(b[at+1:min(at+65, len(b))], []byte{0})
		if s := printable(word); len(s) > len(w.begin)+2 && !strings.ContainsAny(s, " %\n") {
			i.add(w.key, "%s", s)
		}
	}
}
