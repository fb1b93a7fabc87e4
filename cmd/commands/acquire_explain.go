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

// command returns the command that continues the dump: the options that were given, without those
// that the dump has recorded.
func (a *acquisition) command(more ...string) string {
	line := append([]string{"mtkkit acquire --resume", words.Quoted(a.dir())}, more...)
	again := flags.Fields(&a.from, &a.serial, &a.port, &a.da, &a.firmware, &a.preloader, &a.auth, &a.cert, &a.scatter, &a.table, &a.reread, &a.then, &a.anyRoom, &a.keepIDs)
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

// explain adds to an error that ended the reading how the dump is continued.
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
	case a.dir() == "" || acquire.Check(a.dir()) != nil: // no dump was begun
		return err
	}
	return words.ReadOn(err, a.dir(), a.command())
}

// explainForeign adds what to do if a table from outside the flash contradicts the flash.
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

// refusedFolder turns a refusal of acquire into an error with hints. If the folder already has a
// dump that is not complete, a hint says how to continue it.
func (a *acquisition) refusedFolder(err error) error {
	no := flash.AsRefusal(err)
	if no == nil {
		return err
	}
	text, hints := no.Text, []string{words.RefusalHint(no)}
	if no.Reason == flash.ReasonHoldsDump {
		switch finished, complete := finishedDump(no.Path); {
		case complete:
			text = "already has a complete dump"
		case finished:
			hints = append(hints, "to read what was left out as well: "+a.command("--complete"))
		default:
			hints = append(hints, "to continue it: "+a.command())
		}
	}
	return words.Refuse(fmt.Errorf("%s: %s", no.Path, text), hints...)
}

// finishedDump reports whether the dump in a folder is finished, and whether it has all of the
// phone.
func finishedDump(dir string) (finished, complete bool) {
	f, err := os.Open(filepath.Join(dir, flash.ManifestName))
	if err != nil {
		return false, false
	}
	defer f.Close()
	m, err := flash.ReadManifest(f)
	return err == nil, err == nil && m.Complete
}

// wishWords makes an error about names and ranges a usage error.
func wishWords(err error) error {
	var bad *plan.PatternError
	switch {
	case !errors.As(err, &bad):
		return usage("--range: %v", err)
	case bad.Why != "":
		return usage("%q: %s", bad.Pattern, bad.Why)
	case strings.EqualFold(bad.Pattern, "all"):
		return usage("nothing is called %q: without --only everything is read; to read the rest of a dump that was begun, use --resume FOLDER --complete", bad.Pattern)
	}
	return usage("nothing is called %q; there are: %s", bad.Pattern, strings.Join(bad.Names, " "))
}
