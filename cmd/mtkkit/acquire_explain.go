package main

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
)

// command is how the dump is gone on with: the options that were given, but those that the
// dump knows.
func (a *acquisition) command(more ...string) string {
	words := append([]string{"mtkkit acquire --resume", flags.Quoted(a.dir())}, more...)
	again := flags.Fields(&a.from, &a.serial, &a.port, &a.da, &a.preloader, &a.auth, &a.cert, &a.scatter, &a.table, &a.reread, &a.then, &a.anyRoom, &a.keepIDs)
	if a.run.Blind {
		again = append(again, &a.only, &a.skip, &a.ranges)
	}
	for _, o := range flags.Given(a.all, again...) {
		words = append(words, o.Typed())
	}
	if !a.hasOrigin() {
		words = append(words, "--da FILE")
	}
	return strings.Join(words, " ")
}

// finishWithout is how the dump is finished with what cannot be read.
func (a *acquisition) finishWithout() string {
	return "mtkkit acquire --resume " + flags.Quoted(a.dir()) + " --accept-bad"
}

// stopped is a run that ended early and left something to go on with.
type stopped struct {
	error
	hints []string
}

func (s stopped) Unwrap() error { return s.error }

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
		return hinted{err, []string{"what was read of it may be of two states: read it once more, into a new folder, when nothing writes to it"}}
	case a.dir() == "" || acquire.Check(a.dir()) != nil: // nothing was begun
		return err
	}
	hints := []string{"nothing that was read is lost; go on with: " + a.command()}
	if isFull(err) {
		hints = append([]string{"the disk is full: make room"}, hints...)
	}
	var lost *acquire.LostError
	if errors.As(err, &lost) {
		hints = append(hints, lost.Next)
		if lost.Rest {
			hints = append(hints, "all else is read; or finish without what is left: "+a.finishWithout())
		}
	}
	return stopped{err, hints}
}

// explainForeign says what to do about partitions that were told besides the flash and
// contradict it. To acquire they only give names, and it has no way to believe them more.
func (a *acquisition) explainForeign(err error) error {
	var foreign *layout.ForeignError
	if !errors.As(err, &foreign) {
		return err
	}
	text := foreignWords(foreign, "this phone")
	another := "or give the scatter file of this very phone: --scatter FILE"
	for _, o := range flags.Given(a.all, &a.scatter, &a.table) {
		return refusal{errors.New(text), []string{"leave --" + o.Names()[0] + " out: all of the phone is read without it, too, and the tables in its flash name the partitions", another}}
	}
	if a.run.Origin != nil && len(a.run.Origin.Captures) > 0 {
		return refusal{errors.New(text), []string{"the phone says so of itself, and its flash says otherwise; read it through its loader, where only the flash counts: mtkkit acquire --da FILE", another}}
	}
	return refusal{errors.New(text), []string{"it lies beside what is read: name the files alone, as in --from ROM_1,BOOT_1", another}}
}

// refusedFolder turns a refusal of acquire into one of the program's. A dump that is in the
// way can be gone on with, unless it is complete.
func (a *acquisition) refusedFolder(err error) error {
	no := flash.AsRefusal(err)
	if no == nil {
		return err
	}
	text, hints := no.Text, []string{refusalHint(no)}
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
	return refusal{fmt.Errorf("%s: %s", no.Path, text), hints}
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

// dumpFolder explains that a folder is no dump.
func dumpFolder(err error) error {
	if errors.Is(err, acquire.ErrNotBegun) {
		return hinted{err, []string{"remove the folder, and run the command that made it once more"}}
	}
	if errors.Is(err, acquire.ErrNoDump) {
		return hinted{err, []string{"a dump folder is what mtkkit acquire writes: it holds a manifest.json, or manifest.json.part when it is not finished"}}
	}
	return err
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
