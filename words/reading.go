package words

import (
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/archive"
)

// GoOnWith is how a dump folder is read on, "" for what is none.
func GoOnWith(path string) string {
	if acquire.Check(path) != nil {
		return ""
	}
	return fmt.Sprintf("go on with it: mtkkit acquire --resume %s --da FILE", Quoted(path))
}

// FinishWithout is the command that finishes a dump folder with what cannot be read.
func FinishWithout(dir string) string {
	return "mtkkit acquire --resume " + Quoted(dir) + " --accept-bad"
}

// ReadOn says how the reading of a phone into dir, which err ended, is gone on with: by command.
func ReadOn(err error, dir, command string) error {
	hints := []string{"nothing that was read is lost; go on with: " + command}
	if isFull(err) {
		hints = append([]string{"the disk is full: make room"}, hints...)
	}
	if lost, ok := errors.AsType[*acquire.LostError](err); ok {
		hints = append(hints, lost.Next)
		if lost.Rest {
			hints = append(hints, "all else is read; or finish without what is left: "+FinishWithout(dir))
		}
	}
	return stop(err, hints...)
}

// Moved says what to do where what is read changed meanwhile.
func Moved(err error) error {
	return Advise(err, "what was read of it may be of two states: read it once more, into a new folder, when nothing writes to it")
}

// Changed says what to do where a dump changed while a command worked on it.
func Changed(err error) error {
	return Advise(err, "what was said and made of it cannot be believed: run the command again when nothing writes to it any more")
}

// DumpFolder says what to do about a folder that is no dump folder. Any other error it returns
// as it is.
func DumpFolder(err error) error {
	switch {
	case errors.Is(err, acquire.ErrNotBegun):
		return Advise(err, "remove the folder, and run the command that made it once more")
	case errors.Is(err, acquire.ErrNoDump):
		return Advise(err, "a dump folder is what mtkkit acquire writes: it holds a manifest.json, or manifest.json.part when it is not finished")
	}
	return err
}

// Interrupted says what is left by a run that the user ended, and how it is gone on with.
func Interrupted(err error) (text string, hints []string) {
	var s stopped
	switch {
	case errors.As(err, &s):
		return "what was read is on the disk", s.hints
	case errors.As(err, new(*archive.ResumableError)):
		return "nothing that is left looks finished, and the same command goes on from there", nil
	}
	return "nothing unfinished is left behind", nil
}
