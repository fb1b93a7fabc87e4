package commands

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/session"
	"github.com/mtkkit/mtkkit/words"
)

// command is how the dump is gone on with: the options that were given, but those that the
// dump knows.
func (a *acquisition) command(more ...string) string {
	line := append([]string{"mtkkit acquire --resume", words.Quoted(a.dir())}, more...)
	again := flags.Fields(&a.from, &a.serial, &a.port, &a.da, &a.preloader, &a.auth, &a.cert, &a.scatter, &a.table, &a.reread, &a.then, &a.anyRoom, &a.keepIDs)
	if a.run.Blind {
		again = append(again, &a.only, &a.skip, &a.ranges)
	}
	for _, o := range flags.Given(a.all, again...) {
		line = append(line, o.Typed())
	}
	if !a.hasOrigin() {
		line = append(line, "--da FILE")
	}
	return strings.Join(line, " ")
}

// explain adds how to go on to what ended the reading.
func (a *acquisition) explain(err error) error {
	switch {
	case flash.AsRefusal(err) != nil:
		return a.refusedFolder(err)
	case errors.As(err, new(*layout.ForeignError)):
		return a.explainForeign(err)
	case errors.As(err, new(*plan.PatternError)), errors.As(err, new(*session.RangeError)):
		return wishWords(err)
	case errors.As(err, new(*session.MovedError)):
		return words.Moved(err)
	case a.dir() == "" || acquire.Check(a.dir()) != nil: // nothing was begun
		return err
	}
	return words.ReadOn(err, a.dir(), a.command())
}

// explainForeign says what to do about partitions that were told besides the flash and
// contradict it.
func (a *acquisition) explainForeign(err error) error {
	var foreign *layout.ForeignError
	if !errors.As(err, &foreign) {
		return err
	}
	option := ""
	if o := flags.Given(a.all, &a.scatter, &a.table); len(o) > 0 {
		option = o[0].Names()[0]
	}
	return words.Foreign(foreign, option, a.run.Origin != nil && len(a.run.Origin.Captures) > 0)
}

// refusedFolder turns a refusal of acquire into one of the program's. A dump that is in the
// way can be gone on with, unless it is complete.
func (a *acquisition) refusedFolder(err error) error {
	no := flash.AsRefusal(err)
	if no == nil {
		return err
	}
	text, hints := no.Text, []string{words.RefusalHint(no)}
	if no.Reason == flash.ReasonHoldsDump {
		switch finished, complete := finishedDump(no.Path); {
		case complete:
			text = "holds a complete dump"
		case finished:
			hints = append(hints, "to read what is left out of it, too: "+a.command("--complete"))
		default:
			hints = append(hints, "to go on with it: "+a.command())
		}
	}
	return words.Refuse(fmt.Errorf("%s: %s", no.Path, text), hints...)
}

// finishedDump says of a dump folder whether its reading ended, and with all of the phone.
func finishedDump(dir string) (finished, complete bool) {
	f, err := os.Open(filepath.Join(dir, flash.ManifestName))
	if err != nil {
		return false, false
	}
	defer f.Close()
	m, err := flash.ReadManifest(f)
	return err == nil, err == nil && m.Complete
}

// wishWords say what is wrong with the names and ranges that were asked for.
func wishWords(err error) error {
	var bad *plan.PatternError
	switch {
	case !errors.As(err, &bad):
		return usage("--range: %v", err)
	case bad.Why != "":
		return usage("%q: %s", bad.Pattern, bad.Why)
	case strings.EqualFold(bad.Pattern, "all"):
		return usage("nothing is called %q: everything is read without --only, and of a dump that was begun with --resume FOLDER --complete", bad.Pattern)
	}
	return usage("nothing is called %q; there are: %s", bad.Pattern, strings.Join(bad.Names, " "))
}
