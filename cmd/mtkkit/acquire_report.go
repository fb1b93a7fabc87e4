package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/report"
)

// acquired is the JSON document of acquire.
type acquired struct {
	Schema   string          `json:"schema"`
	Folder   string          `json:"folder"`
	Finished bool            `json:"finished"`
	Manifest *flash.Manifest `json:"manifest"`
}

// omitted reports whether something was left out that this origin could give.
func (a *acquisition) omitted(d *acquire.Dump) bool {
	if a.origin == nil {
		return d.Omitted(nil) > 0
	}
	return d.Omitted(a.origin.holes) > 0
}

// toGoOn is what of a dump is not there, by what can be done about it.
type toGoOn struct {
	omitted bool     // something was left out that this origin could give
	again   bool     // places could not be read, and the next run tries them
	givenUp []string // as --range names them: places that are tried only when they are named
}

func (a *acquisition) toGoOn(d *acquire.Dump) toGoOn {
	t := toGoOn{omitted: a.omitted(d)}
	_, bad := d.Left()
	for region, list := range d.GivenUp() {
		for _, e := range list {
			t.givenUp = append(t.givenUp, fmt.Sprintf("--range %s:0x%x+0x%x", region, e.Offset, e.Length))
		}
		bad -= flash.Total(list)
	}
	slices.Sort(t.givenUp)
	t.again = bad > 0
	return t
}

// summary says what was read. It returns what makes the exit code.
func (a *acquisition) summary(m *flash.Manifest, finished bool, left toGoOn) ([]flash.Problem, error) {
	u := a.u
	problems := m.Problems
	var size, unread int64
	for _, s := range m.Sources {
		size += s.Size + flash.Total(s.Beyond)
		unread += flash.Total(s.Lacks())
	}
	if unread > 0 && !a.c.Bool("split") { // what is split is told of by partition
		holes, err := a.holes(m)
		if err != nil {
			return nil, err
		}
		problems = append(problems, holes...)
	}
	if u.json {
		if err := u.document(acquired{"mtkkit.acquire/1", a.dir, finished, m}); err != nil {
			return nil, err
		}
	}
	u.problems(problems)
	took := fmt.Sprintf("read in %v", time.Since(a.began).Round(time.Second))
	if a.origin == nil {
		took = "finished without the phone"
	}
	switch {
	case !finished:
		u.say("%s: unfinished: %s of %s could not be read", a.dir, flash.Size(unread), flash.Size(size))
		if left.again {
			u.hint("try these places again: %s", a.command())
		}
		a.hintGivenUp(left.givenUp)
		u.hint("or finish without them: %s", a.acceptBad())
		a.hintRest(left.omitted)
		return append(problems, flash.Problem{Severity: flash.Error}), nil
	case m.Complete:
		u.say("%s: %s, %s, complete; %s", a.dir, regionsOf(m), flash.Size(size), took)
	case mayBeMixed(m):
		u.say("%s: %s, %s of %s, perhaps of two phones; %s", a.dir, regionsOf(m), flash.Size(size-unread), flash.Size(size), took)
	case unread > 0:
		u.say("%s: %s, %s of %s, with holes; %s", a.dir, regionsOf(m), flash.Size(size-unread), flash.Size(size), took)
	default:
		u.say("%s: %s, %s, not all of the phone; %s", a.dir, regionsOf(m), flash.Size(size), took)
	}
	a.sayIMEIs()
	a.hintRest(left.omitted)
	u.say("check:  mtkkit verify %s", quoted(a.dir))
	return problems, nil
}

// sayIMEIs says whether what was read has the phone's IMEIs; nothing where its partitions have
// no names, or it is of no use to the user now.
func (a *acquisition) sayIMEIs() {
	if a.u.json || a.u.quiet {
		return
	}
	d, err := a.openFolder(context.WithoutCancel(a.c.Context))
	if err != nil {
		return
	}
	defer d.Close()
	f, err := d.Facts()
	if err != nil {
		return
	}
	for _, s := range imeiWords(report.FindIMEIs(f.Rows)) {
		a.u.say("imei:   %s", s)
	}
}

// hintRest says how what was left out is read too.
func (a *acquisition) hintRest(omitted bool) {
	if omitted {
		a.u.hint("read the rest into it: %s", a.command("--complete"))
	}
}

// hintGivenUp says how places are tried that no run tries of its own accord.
func (a *acquisition) hintGivenUp(places []string) {
	const some = 4
	if len(places) == 0 {
		return
	}
	if more := len(places) - some; more > 0 {
		a.u.hint("no run tries places again where the phone was lost so often, unless they are named: %d of %d are named here", some, len(places))
		places = places[:some]
	} else {
		a.u.hint("no run tries places again where the phone was lost so often, unless they are named")
	}
	a.u.hint("to try them once more, perhaps from another origin: %s", a.command(places...))
}

// acceptBad is how the dump is finished with what cannot be read.
func (a *acquisition) acceptBad() string {
	return "mtkkit acquire --resume " + quoted(a.dir) + " --accept-bad"
}

// regionsOf counts the regions of a manifest, and names the phone where it is known.
func regionsOf(m *flash.Manifest) string {
	s := fmt.Sprintf("%d regions", len(m.Sources))
	if len(m.Sources) == 1 {
		s = "1 region"
	}
	if name := strings.TrimSpace(m.Chip + " " + m.Project); name != "" {
		s += " of " + name
	}
	return s
}

// holes names what was not read by the partitions it touches, where these have names.
func (a *acquisition) holes(m *flash.Manifest) ([]flash.Problem, error) {
	d, err := a.openFolder(context.WithoutCancel(a.c.Context))
	if errors.Is(err, layout.ErrNoTable) || errors.As(err, new(refusal)) { // what was read is told of also where a table that was given is of another phone
		return dump.Unread(m), nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var out []flash.Problem
	for _, p := range d.Layout.Problems {
		if p.Severity == flash.Error {
			out = append(out, p)
		}
	}
	return out, nil
}

// command is how the dump is gone on with.
func (a *acquisition) command(more ...string) string {
	words := append([]string{"mtkkit acquire --resume", quoted(a.dir)}, more...)
	for _, name := range []string{"from", "serial", "port", "da", "preloader", "auth", "cert", "scatter", "table", "verify", "then"} {
		if a.c.IsSet(name) {
			words = append(words, "--"+name, quoted(a.c.String(name)))
		}
	}
	if !hasOrigin(a.c) {
		words = append(words, "--da FILE")
	}
	for _, name := range []string{"any-room", "keep-ids"} {
		if a.c.Bool(name) {
			words = append(words, "--"+name)
		}
	}
	for _, name := range []string{"only", "skip", "range"} { // else the dump knows what was asked for
		if a.blind && a.c.IsSet(name) {
			words = append(words, "--"+name, quoted(strings.Join(a.c.StringSlice(name), ",")))
		}
	}
	return strings.Join(words, " ")
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
	case a.dir == "" || acquire.Check(a.dir) != nil: // nothing was begun
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
			hints = append(hints, "all else is read; or finish without what is left: "+a.acceptBad())
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
	text := foreign.Claim.Name + " is not of this phone"
	for _, d := range foreign.Differ {
		text += "\n  " + d.Text
	}
	another := "or give the scatter file of this very phone: --scatter FILE"
	for _, name := range []string{"scatter", "table"} {
		if a.c.String(name) != "" {
			return refusal{errors.New(text), []string{"leave --" + name + " out: all of the phone is read without it, too, and the tables in its flash name the partitions", another}}
		}
	}
	if a.origin != nil && len(a.origin.claims) > 0 {
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
