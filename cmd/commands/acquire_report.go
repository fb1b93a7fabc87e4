package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/session"
	"github.com/mtkkit/mtkkit/words"
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
	if u.JSON {
		if err := u.Document(document.Acquired{Folder: a.dir(), Finished: finished, Manifest: m, Problems: problems}); err != nil {
			return nil, err
		}
	}
	u.Problems(problems)
	took := fmt.Sprintf("read in %v", time.Since(a.run.Began).Round(time.Second))
	if a.run.Origin == nil {
		took = "finished without the phone"
	}
	if !finished {
		u.Say("%s: unfinished: %s of %s could not be read", a.dir(), flash.Size(unread), flash.Size(size))
		if rest.Again {
			u.Hint("try these places again: %s", a.command())
		}
		a.hintGivenUp(rest.GivenUp)
		u.Hint("or finish without them: %s", words.FinishWithout(a.dir()))
		a.hintRest(rest.Omitted)
		return append(problems, flash.Problem{Severity: flash.Error}), nil
	}
	u.Say("%s: %s, %s; %s", a.dir(), regionsOf(m), extentWords(m, size, unread), took)
	a.sayIMEIs(ctx)
	a.hintRest(rest.Omitted)
	u.Say("check:  mtkkit verify %s", words.Quoted(a.dir()))
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
	if a.u.JSON || a.u.Quiet {
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
	for _, s := range words.IMEIs(report.FindIMEIs(f.Rows)) {
		a.u.Say("imei:   %s", s)
	}
}

// hintRest says how what was left out is read too.
func (a *acquisition) hintRest(omitted bool) {
	if omitted {
		a.u.Hint("read the rest into it: %s", a.command("--complete"))
	}
}

// hintGivenUp says how places are tried that no run tries of its own accord.
func (a *acquisition) hintGivenUp(places []plan.Range) {
	const some = 4
	if len(places) == 0 {
		return
	}
	if more := len(places) - some; more > 0 {
		a.u.Hint("no run tries places again where the phone was lost so often, unless they are named: %d of %d are named here", some, len(places))
		places = places[:some]
	} else {
		a.u.Hint("no run tries places again where the phone was lost so often, unless they are named")
	}
	var ranges []string
	for _, p := range places {
		ranges = append(ranges, fmt.Sprintf("--range %s:0x%x+0x%x", p.Region, p.Offset, p.Length))
	}
	a.u.Hint("to try them once more, perhaps from another origin: %s", a.command(ranges...))
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
	if errors.Is(err, layout.ErrNoTable) || words.IsRefusal(err) { // what was read is told of also where a table that was given is of another phone
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
