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

// summary prints what was read. It returns the problems that decide the exit code.
func (a *acquisition) summary(ctx context.Context, m *flash.Manifest, finished bool, rest session.Rest) ([]flash.Problem, error) {
	u := a.u
	problems := m.Problems
	var size, unread int64
	for _, s := range m.Sources {
		size += s.Size + flash.Total(s.Beyond)
		unread += flash.Total(s.Missing())
	}
	if unread > 0 && !a.split { // the split prints it by partition
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
			u.Hint("try these ranges again: %s", a.command())
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

// extentWords returns how much of the phone is in a finished dump; size and unread are bytes.
func extentWords(m *flash.Manifest, size, unread int64) string {
	switch {
	case m.Complete:
		return fmt.Sprintf("%s, complete", flash.Size(size))
	case dump.Mixed(m):
		return fmt.Sprintf("%s of %s, perhaps from two phones", flash.Size(size-unread), flash.Size(size))
	case unread > 0:
		return fmt.Sprintf("%s of %s, with holes", flash.Size(size-unread), flash.Size(size))
	}
	return fmt.Sprintf("%s, not all of the phone", flash.Size(size))
}

// sayIMEIs prints whether the dump has the phone's IMEIs. It prints nothing if the partitions have
// no names, or if only a document or warnings are wanted.
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

// hintRest prints how to read what was left out.
func (a *acquisition) hintRest(omitted bool) {
	if omitted {
		a.u.Hint("to read the rest: %s", a.command("--complete"))
	}
}

// hintGivenUp prints how to read ranges that no run tries any more unless they are named.
func (a *acquisition) hintGivenUp(places []plan.Range) {
	const some = 4
	if len(places) == 0 {
		return
	}
	if more := len(places) - some; more > 0 {
		a.u.Hint("ranges where the phone was lost several times are read again only if --range names them: %d of %d are listed here", some, len(places))
		places = places[:some]
	} else {
		a.u.Hint("ranges where the phone was lost several times are read again only if --range names them")
	}
	var ranges []string
	for _, p := range places {
		ranges = append(ranges, fmt.Sprintf("--range %s:0x%x+0x%x", p.Region, p.Offset, p.Length))
	}
	a.u.Hint("to try them once more, perhaps from another origin: %s", a.command(ranges...))
}

// regionsOf returns the number of regions in a manifest, and the name of the phone if it is known.
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

// holes returns a problem for each range that was not read, with the partitions that it touches if
// they have names.
func (a *acquisition) holes(ctx context.Context, m *flash.Manifest) ([]flash.Problem, error) {
	d, err := a.openFolder(context.WithoutCancel(ctx))
	if errors.Is(err, layout.ErrNoTable) || words.IsRefusal(err) { // a given table may be of another phone
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
