package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

// lockedFiles is what a verification found of the files that --encrypt-private locked.
type lockedFiles struct {
	all, opened int
	problems    []flash.Problem
}

// proveLocked tries the key that the user gave on what is locked in an archive, and reads
// all that it opens. Without a key it says what was not proven. m is nil of an archive
// without a record.
func proveLocked(c *cli.Context, u *ui, a *archive, m *flash.Manifest) (l lockedFiles, err error) {
	say := func(s flash.Severity, place, format string, v ...any) {
		l.problems = append(l.problems, flash.Problem{Severity: s, Place: place, Offset: flash.NoOffset, Text: fmt.Sprintf(format, v...)})
	}
	r := &restoring{c: c, u: u, a: a}
	defer r.close()
	if m == nil {
		m = &flash.Manifest{}
	}
	members, kept := a.Members(), 0
	for i := range members {
		f := &members[i]
		if !strings.HasSuffix(f.Name, sealedEnding) {
			continue
		}
		if l.all++; !c.IsSet("key") {
			continue
		}
		keys, err := a.keys()
		if err != nil {
			return l, err
		}
		o, err := r.unlockOne(m, f, keys)
		if err == nil {
			_, err = split.Sum(c.Context, f.Name, o.Image.(unsealed).Image, u.bars.event)
		}
		switch {
		case c.Context.Err() != nil:
			return l, c.Context.Err()
		case err == nil:
			l.opened++
		case errors.Is(err, seal.ErrKey):
			kept++
		default:
			say(flash.Error, f.Name, "is as it was packed, but not all of it can be read: %v", err)
		}
	}
	switch {
	case kept > 0:
		opens := "none of them"
		if l.opened > 0 {
			opens = fmt.Sprintf("%d others only", l.opened)
		}
		say(flash.Warning, a.path, "%d encrypted files are as they were packed, but the key that was given opens %s", kept, opens)
	case l.all > 0 && !c.IsSet("key"):
		say(flash.Note, a.path, "%d files are encrypted: proven is that they are as they were packed, not that a key opens them (--key FILE)", l.all)
	}
	return l, nil
}
