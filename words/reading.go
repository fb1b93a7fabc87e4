package words

import (
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/archive"
)

// GoOnWith returns the hint how to resume the dump folder at path, or "" if it is not one.
func GoOnWith(path string) string {
	if acquire.Check(path) != nil {
		return ""
	}
	return fmt.Sprintf("resume it: mtkkit acquire --resume %s --da FILE", Quoted(path))
}

// FinishWithout returns the command that finishes a dump folder without the unreadable bytes.
func FinishWithout(dir string) string {
	return "mtkkit acquire --resume " + Quoted(dir) + " --accept-bad"
}

// ReadOn adds to err, which ended the reading of a phone into dir, how to resume it with command.
func ReadOn(err error, dir, command string) error {
	hints := []string{"everything that was read is kept; resume with: " + command}
	if isFull(err) {
		hints = append([]string{"the disk is full: make room"}, hints...)
	}
	if lost, ok := errors.AsType[*acquire.LostError](err); ok {
		hints = append(hints, lost.Next)
		if lost.Rest {
			hints = append(hints, "everything else is read; or finish without the rest: "+FinishWithout(dir))
		}
	}
	return stop(err, hints...)
}

// Moved adds the hint for an input that changed while it was read.
func Moved(err error) error {
	return Advise(err, "the bytes that were read may mix two states: read it once more, into a new folder, when nothing writes to it")
}

// Changed adds the hint for a dump that changed while a command worked on it.
func Changed(err error) error {
	return Advise(err, "the output of this run cannot be trusted: run the command again when nothing writes to the dump")
}

// DumpFolder adds hints to an error about a folder that is not a dump folder. It returns any other
// error unchanged.
func DumpFolder(err error) error {
	switch {
	case errors.Is(err, acquire.ErrNotBegun):
		return Advise(err, "remove the folder, and run the command that made it once more")
	case errors.Is(err, acquire.ErrNoDump):
		return Advise(err, "mtkkit acquire writes a dump folder: it contains a manifest.json, or a manifest.json.part if it is not finished")
	}
	return err
}

// Interrupted says what a run that the user ended has left, and how to resume it.
func Interrupted(err error) (text string, hints []string) {
	var s stopped
	switch {
	case errors.As(err, &s):
		return "what was read is on the disk", s.hints
	case errors.As(err, new(*archive.ResumableError)):
		return "no file looks finished, and the same command resumes the run", nil
	}
	return "no unfinished file is left", nil
}
