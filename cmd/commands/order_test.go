package commands

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/cmd/screen"
)

func TestReorder(t *testing.T) {
	app := newApp(newUI(screen.Streams{Out: new(bytes.Buffer), Err: new(bytes.Buffer)}))
	for in, want := range map[string]string{
		"split ROM_1 --sparse":                "split --sparse -- ROM_1",
		"split --sparse ROM_1":                "split --sparse -- ROM_1",
		"split ROM_1 --sparse=4G -o out":      "split --sparse --sparse-size=4G -o out -- ROM_1",
		"split ROM_1 -sparse=512M":            "split --sparse --sparse-size=512M -- ROM_1",
		"split ROM_1 --sparse=":               "split --sparse --sparse-size= -- ROM_1",
		"split ROM_1 --sparse=false":          "split --sparse=false -- ROM_1",
		"split ROM_1 --trim=4G":               "split --trim=4G -- ROM_1", // takes no size: told so later
		"split ROM_1 --only=boot --slot a":    "split --only=boot --slot a -- ROM_1",
		"info --platform MT6592 ROM_1 --json": "info --platform MT6592 --json -- ROM_1",
		"split -- --sparse=4G":                "split -- --sparse=4G",
	} {
		got, err := flags.Reorder(app, append([]string{"mtkkit"}, strings.Fields(in)...))
		if err != nil || !slices.Equal(got, append([]string{"mtkkit"}, strings.Fields(want)...)) {
			t.Errorf("%s\n  is %q (%v)\nwant %s", in, got, err, want)
		}
	}
}
