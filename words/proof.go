package words

import (
	"fmt"

	"github.com/mtkkit/mtkkit/dump"
)

// NotCompared returns the note that files of a dump were read and not compared with the hashes that
// it has of them, "" if there are none.
func NotCompared(d *dump.Dump) string {
	n := d.Source.NotCompared()
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of the files in %s were not compared with the manifest's hashes; to compare: mtkkit verify %s", n, d.Path, Quoted(d.Path))
}
