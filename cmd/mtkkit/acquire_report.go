package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/session"
)

// summary says what was read. It returns what makes the exit code.
func (a *acquisition) summary(ctx context.Context, m *flash.Manifest, finished bool, rest session.Rest) ([]flash.Problem, error) {
	u := a.u
	problems := m.Problems
	var size, unread int64
	for _, s := range m.Sources {
		size += s.Size + flash.Total(s.Beyond)
		unread += flash.Total(s.Missing())
	}
	if unread > 0 && !a.split { // what is split is told of by partition
		holes, err := a.holes(ctx, m)
		if err != nil {
			return nil, err
		}
		problems = append(problems, holes...)
	}
	if u.json {
		if err := u.document(document.Acquired{Folder: a.dir(), Finished: finished, Manifest: m, Problems: problems}); err != nil {
			return nil, err
		}
	}
	u.problems(problems)
	took := fmt.Sprintf("read in %v", time.Since(a.run.Began).Round(time.Second))
	if a.run.Origin == nil {
		took = "finished without the phone"
	}
	if !finished {
		u.say("%s: unfinished: %s of %s could not be read", a.dir(), flash.Size(unread), flash.Size(size))
		if rest.Again {
			u.hint("try these places again: %s", a.command())
		}
		a.hintGivenUp(rest.GivenUp)
		u.hint("or finish without them: %s", a.finishWithout())
		a.hintRest(rest.Omitted)
		return append(problems, flash.Problem{Severity: flash.Error}), nil
	}
	u.say("%s: %s, %s; %s", a.dir(), regionsOf(m), extentWords(m, size, unread), took)
	a.sayIMEIs(ctx)
	a.hintRest(rest.Omitted)
	u.say("check:  mtkkit verify %s", flags.Quoted(a.dir()))
	return problems, nil
}

// extentWords say how much of the phone is in a finished dump; size and unread are bytes.
func extentWords(m *flash.Manifest, size, unread int64) string {
	switch {
	case m.Complete:
		return fmt.Sprintf("%s, complete", flash.Size(size))
	case dump.Mixed(m):
		return fmt.Sprintf("%s of %s, perhaps of two phones", flash.Size(size-unread), flash.Size(size))
	case unread > 0:
		return fmt.Sprintf("%s of %s, with holes", flash.Size(size-unread), flash.Size(size))
	}
	return fmt.Sprintf("%s, not all of the phone", flash.Size(size))
}

// sayIMEIs says whether what was read has the phone's IMEIs; nothing where its partitions have
// no names, or it is of no use to the user now.
func (a *acquisition) sayIMEIs(ctx context.Context) {
	if a.u.json || a.u.quiet {
		return
	}
	d, err := a.openFolder(context.WithoutCancel(ctx))
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
func (a *acquisition) hintGivenUp(places []plan.Range) {
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
	var words []string
	for _, p := range places {
		words = append(words, fmt.Sprintf("--range %s:0x%x+0x%x", p.Region, p.Offset, p.Length))
	}
	a.u.hint("to try them once more, perhaps from another origin: %s", a.command(words...))
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
func (a *acquisition) holes(ctx context.Context, m *flash.Manifest) ([]flash.Problem, error) {
	d, err := a.openFolder(context.WithoutCancel(ctx))
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
