package report

import (
	"bytes"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/imei"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// What is not read is not said to be empty, and nothing is said of where nobody looked.
func TestFindIMEIs(t *testing.T) {
	bare := bytes.NewReader(imgtest.Ext4(1<<20, "nvdata"))
	row := func(name, guess string, img flash.Image) Source {
		return Source{ManifestEntry: flash.ManifestEntry{Kind: "partition", Name: name, Guess: guess, Present: 1}, Image: img}
	}
	got := FindIMEIs([]Source{
		row("nvdata", "", bare),
		row("userdata", "", bare),
		row("nvram", "", bytes.NewReader(make([]byte, 1<<20))),
		row("p5", "nvdata", bare), // a guess by its label
		row("boot", "", bare),
		{ManifestEntry: flash.ManifestEntry{Kind: "gap", Name: "nvdata", Present: 1}, Image: bare},
		row("nvdata", "", nil), // of which nothing was read
		{ManifestEntry: flash.ManifestEntry{Kind: "partition", Name: "nvdata"}}, // not in the dump
	})
	if len(got) != 3 {
		t.Fatalf("%+v", got)
	}
	for i, name := range []string{"nvdata", "p5", "nvdata"} {
		if f := got[i]; f.Partition != name || f.State != imei.Unknown || f.Why == "" || len(f.Numbers) > 0 {
			t.Errorf("%+v", f)
		}
	}
}
