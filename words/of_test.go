package words

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/session"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// Every sort of error has its text, its hint and its exit code.
func TestOf(t *testing.T) {
	wrong := errors.New("source: it is wrong")
	gone := filepath.Join(t.TempDir(), "gone")
	for name, c := range map[string]struct {
		err  error
		text string
		hint string // one of the hints contains it, "" for none at all
		exit Code
	}{
		"none":        {nil, "", "", ExitOK},
		"any":         {wrong, "source: it is wrong", "", ExitFailed},
		"problems":    {fmt.Errorf("partial: %w", ErrProblems), "partial: done, with problems", "", ExitProblems},
		"interrupted": {fmt.Errorf("split: %w", context.Canceled), "interrupted", "", ExitInterrupted},
		"advised":     {Advise(wrong, "do this"), "source: it is wrong", "do this", ExitFailed},
		"reworded":    {Reword(seal.ErrKey, "it is locked"), "it is locked", "--key FILE", ExitFailed},
		"own refusal": {fmt.Errorf("above: %w", Refuse(wrong, "do that")), "refused: source: it is wrong", "do that", ExitRefused},
		"stopped":     {stop(wrong, "go on"), "source: it is wrong", "go on", ExitFailed},
		"phone":       {stop(port.ErrBusy, "go on"), port.ErrBusy.Error(), "end the other program", ExitPhone},
		"no phone":    {session.ErrNoPhone, session.ErrNoPhone.Error(), "switch the phone off first", ExitPhone},
		"unread":      {&dump.UnreadError{Begun: true}, (&dump.UnreadError{Begun: true}).Error(), "run mtkkit acquire once more", ExitProblems},
		"not there":   {&fs.PathError{Op: "open", Path: gone, Err: fs.ErrNotExist}, gone + ": there is no such file or folder", "", ExitFailed},
		"no tag":      {&source.NoTagError{}, (&source.NoTagError{}).Error(), hintTags, ExitFailed},
		"rights":      {&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, "open x: permission denied", "check that you may read the file", ExitFailed},
		"full":        {syscall.ENOSPC, syscall.ENOSPC.Error(), "the disk is full", ExitFailed},
		"no parts":    {split.ErrNoFolder, split.ErrNoFolder.Error(), "mtkkit split", ExitFailed},
	} {
		text, hints, exit := Of(c.err)
		told := slices.ContainsFunc(hints, func(h string) bool { return strings.Contains(h, c.hint) })
		if text != c.text || exit != c.exit || (c.hint == "") != (len(hints) == 0) || c.hint != "" && !told {
			t.Errorf("%s: %q %q %d", name, text, hints, exit)
		}
	}
}

// What was said nearest to the user counts, and errors.Is sees through all of it.
func TestWrappers(t *testing.T) {
	inner := errors.New("inner")
	err := Advise(Reword(stop(Refuse(inner)), "other words"), "a", "b")
	if hints, ok := Hints(fmt.Errorf("x: %w", err)); !ok || !slices.Equal(hints, []string{"a", "b"}) {
		t.Errorf("%q %v", hints, ok)
	}
	if !errors.Is(err, inner) || err.Error() != "other words" {
		t.Errorf("%v", err)
	}
	if _, ok := Hints(inner); ok {
		t.Error("hints that nobody gave")
	}
}

// Who ends a program is told what is left of its work.
func TestInterrupted(t *testing.T) {
	for _, c := range []struct {
		err  error
		says string
		hint int
	}{
		{context.Canceled, "no unfinished file is left", 0},
		{stop(context.Canceled, "go on"), "what was read is on the disk", 1},
		{&archive.ResumableError{Err: context.Canceled}, "the same command resumes the run", 0},
	} {
		if text, hints := Interrupted(c.err); !strings.Contains(text, c.says) || len(hints) != c.hint {
			t.Errorf("%v: %q %q", c.err, text, hints)
		}
	}
}

// A reading that a place in the flash ended can be finished without it, where all else is read.
func TestReadOn(t *testing.T) {
	lost := &acquire.LostError{Next: "another cable", Rest: true, Err: errors.New("gone")}
	_, hints, _ := Of(ReadOn(lost, "dump", "mtkkit acquire --resume dump"))
	if all := strings.Join(hints, "\n"); !strings.Contains(all, "resume with: mtkkit acquire --resume dump\nanother cable\n") || !strings.Contains(all, "mtkkit acquire --resume dump --accept-bad") {
		t.Errorf("%s", all)
	}
	_, hints, _ = Of(ReadOn(syscall.ENOSPC, "dump", "again"))
	if len(hints) != 2 || hints[0] != "the disk is full: make room" {
		t.Errorf("%q", hints)
	}
}
