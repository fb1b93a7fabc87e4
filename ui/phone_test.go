package ui

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/ui/job"
	"github.com/mtkkit/mtkkit/ui/text"
	"github.com/mtkkit/mtkkit/words"
)

func TestReadingOrder(t *testing.T) {
	for _, c := range []struct {
		port string
		f    reading
		want string
	}{
		{"sim", reading{From: switchedOff, Output: "/d/x"}, "acquire --port sim --output /d/x"},
		{"", reading{From: switchedOff, Agent: "/a.bin", Output: "/d/x", Restart: true}, "acquire --da /a.bin --then reboot --output /d/x"},
		{"", reading{Agent: "/a.bin", Preloader: "/p", Auth: "/au", Cert: "/c", Scatter: "/s", Output: "/d/x"},
			"acquire --da /a.bin --preloader /p --auth /au --cert /c --scatter /s --output /d/x"},
		{"", reading{Firmware: "/fw.zip", Output: "/d/x"}, "acquire --firmware /fw.zip --output /d/x"},
		{"", reading{Agent: "/a.bin", Firmware: "/fw", Output: "/d/x"}, "acquire --da /a.bin --firmware /fw --output /d/x"},
		{"", reading{From: running, Firmware: "/not used", Output: "/d/x"}, "acquire --from adb --output /d/x"},
		{"COM5", reading{Agent: "/a.bin", NoUserdata: true, Reread: true, Compress: true, Output: "/d/x"},
			"acquire --port COM5 --da /a.bin --skip userdata --verify reread --compress --output /d/x"},
		{"", reading{From: running, Agent: "/not used", Restart: true, Output: "/d/x"}, "acquire --from adb --output /d/x"},
		{"", reading{From: card, Files: "/dev/sdX", Output: "/d/x"}, "acquire --from /dev/sdX --output /d/x"},
		{"", reading{Agent: "/a.bin", Resume: "/d/y", NoUserdata: true, Output: "/d/x"}, "acquire --da /a.bin --resume /d/y"},
	} {
		o := c.f.order(c.port)
		if got := strings.Join(o.Args, " "); got != c.want {
			t.Errorf("%+v\nis   %s\nwant %s", c.f, got, c.want)
		}
		if o.Result != o.Outputs[0] || o.Result != o.Args[len(o.Args)-1] {
			t.Errorf("%+v: result %s, outputs %q", c.f, o.Result, o.Outputs)
		}
	}
}

func TestReadingCheck(t *testing.T) {
	l := text.Find("en")
	for _, c := range []struct {
		port string
		f    reading
		good bool
	}{
		{"sim", reading{From: switchedOff, Output: "/d"}, true},
		{"", reading{From: switchedOff, Output: "/d"}, false},
		{"", reading{Output: "/d"}, false},
		{"", reading{Agent: "/a", Output: "/d"}, true},
		{"", reading{Firmware: "/f", Output: "/d"}, true},
		{"", reading{Agent: "/a"}, false},
		{"", reading{Agent: "/a", Resume: "/d"}, true},
		{"", reading{From: card, Output: "/d"}, false},
		{"", reading{From: running, Output: "/d"}, true},
	} {
		if err := c.f.check(l, c.port); (err == nil) != c.good {
			t.Errorf("%q %+v: %v", c.port, c.f, err)
		}
	}
}

// A dump that was begun is continued with what it has recorded; one that was not is begun again.
func TestResumed(t *testing.T) {
	dir := t.TempDir()
	o := job.Order{Args: strings.Fields("acquire --port sim --skip userdata --only boot --compress --output " + dir), Result: dir}
	if got := resumed(o).Args; !slices.Equal(got, o.Args) {
		t.Errorf("nothing was read: %q", got)
	}
	manifest := `{"schema":"` + flash.ManifestSchema + `","kind":"dump"}`
	if err := os.WriteFile(filepath.Join(dir, "manifest.json.part"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(resumed(o).Args, " "), "acquire --port sim --compress --resume "+dir; got != want {
		t.Errorf("is   %s\nwant %s", got, want)
	}
	if again := resumed(resumed(o)); !slices.Equal(again.Args, resumed(o).Args) {
		t.Errorf("continued twice: %q", again.Args)
	}
}

// The form keeps what was typed when the computer is looked at again, and after a job; and it knows the
// Download Agent of last time.
func TestReadingKept(t *testing.T) {
	dir := t.TempDir()
	agent := filepath.Join(dir, "DA.bin")
	if err := os.WriteFile(agent, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Options{Run: func(_ context.Context, _ []string, l words.Listener) words.Code {
		l.Line(words.Hint, "choose another agent with --da FILE, or --firmware PACKAGE")
		return words.ExitPhone
	}})
	out := filepath.Join(dir, "out")
	page := s.ended(s.post("/phone", url.Values{"from": {"phone"}, "da": {agent}, "output": {out}, "reread": {"on"}}))
	if want := `#da">Download Agent of the phone</a>`; !strings.Contains(page, want) {
		t.Errorf("no %s in\n%s", want, page)
	}
	if want := `#firmware">Or the firmware of this model</a>`; !strings.Contains(page, want) {
		t.Errorf("no %s in\n%s", want, page)
	}
	kept := s.get("/phone?" + url.Values{"from": {"adb"}, "output": {out}, "firmware": {"/fw.zip"}, "reread": {"on"}}.Encode())
	for _, want := range []string{`value="adb" checked`, `value="` + out + `"`, `name="reread" checked`, `value="/fw.zip"`} {
		if !strings.Contains(kept, want) {
			t.Errorf("%s is lost:\n%s", want, kept)
		}
	}
	remembered := func() bool { return strings.Contains(s.get("/phone"), `value="`+agent+`"`) }
	if !remembered() {
		t.Error("the Download Agent is not remembered")
	}
	s.post("/forget", nil)
	if remembered() {
		t.Error("the Download Agent is not forgotten")
	}
}
