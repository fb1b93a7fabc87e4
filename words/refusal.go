package words

import (
	"cmp"
	"errors"

	"github.com/mtkkit/mtkkit/flash"
)

// refusalHints has the hint for each reason of a refusal.
var refusalHints = map[flash.Reason]string{
	flash.ReasonOurs:        "--force replaces what that run wrote, or choose another folder with -o",
	flash.ReasonExists:      "move it away, or choose another name with -o: nothing proves that this file may be replaced",
	flash.ReasonBeside:      "move it away, or choose another name with -o",
	flash.ReasonInTheWay:    "move it away, or choose another folder with -o",
	flash.ReasonNotEmpty:    "choose another folder with -o",
	flash.ReasonNotFolder:   "choose another name with -o",
	flash.ReasonLink:        "nothing is written through links: put the files themselves there",
	flash.ReasonMarker:      "look at the files there: if they are left from a run, remove them; or choose another path with -o",
	flash.ReasonInput:       "choose another path with -o",
	flash.ReasonInsideInput: "choose a path outside of it with -o",
	flash.ReasonBusy:        "wait for it, or choose another path with -o",
	flash.ReasonBegun:       "remove the folder if that run has ended, or choose another with -o",
	flash.ReasonHoldsDump:   "choose another folder with -o",

	flash.ReasonNoRoom:         "free some space, or choose a folder on another disk with -o",
	flash.ReasonNoRoomToResume: "free some space, move the folder to a larger disk and resume it there, or resume anyway with --any-room: zeros take no space",
	flash.ReasonTooBig:         "choose a folder on a disk with another file system",

	flash.ReasonUnfinished: "split the dump again",
	flash.ReasonPartial:    "split it again without --only, --skip, --slot and --userdata",
	flash.ReasonEncrypted:  "mtkkit backup restore ARCHIVE --key FILE writes the dump",

	flash.ReasonNoRecord:   "--parts restores what it contains, and names what is lost",
	flash.ReasonGuess:      "give this phone's scatter file with --scatter FILE, or use --accept-guess to go by these guesses (mtkkit list shows them)",
	flash.ReasonPackage:    "mtkkit list shows the images of a package, mtkkit split and mtkkit cat write them, mtkkit compare compares them with a dump",
	flash.ReasonInClear:    "--encrypt RECIPIENT, or --encrypt passphrase, lets only those read it whom you choose; --plain writes it anyway: keep it where nobody else can read it",
	flash.ReasonOtherModel: "--foreign plans it anyway",

	flash.ReasonOtherPhone: "connect the phone it was begun with, or read this one into a folder of its own",
	flash.ReasonChanged:    "check that it is the same phone and that it was not started in between; if it was, read it into a new folder",
	flash.ReasonNoRegion:   "name its file too, or resume with the phone: --da FILE",

	flash.ReasonEmpty:    HintReadAgain,
	flash.ReasonCut:      hintForce,
	flash.ReasonUnproven: hintForce,
	flash.ReasonUnfit:    "", // the text says all
}

// refusalHintsOf has the hints for the refusals of one package, where they differ.
var refusalHintsOf = map[string]map[flash.Reason]string{
	"acquire": {
		flash.ReasonNotFolder: "a dump is a folder: choose another name with -o",
		flash.ReasonBusy:      "wait for it, or choose another folder with -o",
		flash.ReasonTooBig:    "choose a folder on a disk with another file system, with -o",
		flash.ReasonNoRoom:    "free some space, choose a folder on another disk with -o, leave something out with --skip userdata, or continue anyway with --any-room: zeros take no space",
	},
	"oci": {
		flash.ReasonOurs:   "choose another tag; --force makes the tag name the new backup instead",
		flash.ReasonBusy:   "wait for it to end",
		flash.ReasonTooBig: "mtkkit backup create makes an archive, which has no such limit",
	},
	"archive": {
		flash.ReasonOurs:      "choose another name with -o; --force replaces it, because it is an archive",
		flash.ReasonBeside:    "--force --parity N replaces both, or move it away",
		flash.ReasonInTheWay:  "it may be left from an interrupted run: if so, remove it",
		flash.ReasonGuess:     "use --accept-guess to go by these guesses; the whole dump can be written without it, because that needs no table",
		flash.ReasonPartial:   "--parts restores what it contains",
		flash.ReasonEncrypted: "check the key; without --key, everything else in it is pulled",
	},
	"parity": {flash.ReasonExists: "choose another name with -o, or move the file away"},
}

const (
	hintForce = "--force writes it anyway, for inspection; do not flash it"
	hintTags  = "mtkkit backup tags lists the tags"
)

// Hints that do not depend on the type of an error.
const (
	HintReadAgain = "read the region EMMC_BOOT_1 (UFS_LU0) again, whole"
	HintWrap      = "--force wraps it anyway, for inspection; do not flash it"
	HintFull      = "--full reads everything" // for a blocks map made from a few samples
	HintPictures  = "--html shows them"       // for a blocks map on the screen
)

// RefusalHint returns the hint for a refusal, or "" if its text says everything.
func RefusalHint(r *flash.Refusal) string {
	return cmp.Or(refusalHintsOf[r.By][r.Reason], refusalHints[r.Reason])
}

// RefusedPackage is Refused for the refusal of a firmware package, which any command that opens a dump
// may get. It returns any other error unchanged.
func RefusedPackage(err error) error {
	if r := flash.AsRefusal(err); r != nil && r.Reason == flash.ReasonPackage {
		return Refused(err)
	}
	return err
}

// Refused returns a library's refusal as one with its hint and without the name of the library.
// It returns any other error unchanged.
func Refused(err error) error {
	r := flash.AsRefusal(err)
	if r == nil {
		return err
	}
	text := r.Text
	if r.Path != "" {
		text = r.Path + ": " + text
	}
	return Refuse(errors.New(text), RefusalHint(r))
}
