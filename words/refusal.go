package words

import (
	"cmp"
	"errors"

	"github.com/mtkkit/mtkkit/flash"
)

// refusalHints is what helps against a refusal.
var refusalHints = map[flash.Reason]string{
	flash.ReasonOurs:        "--force replaces what that run wrote, or choose another folder with -o",
	flash.ReasonExists:      "move it away, or choose another name with -o: nothing proves that this file may go",
	flash.ReasonBeside:      "move it away, or choose another name with -o",
	flash.ReasonInTheWay:    "move it away, or choose another folder with -o",
	flash.ReasonNotEmpty:    "choose another folder with -o",
	flash.ReasonNotFolder:   "choose another name with -o",
	flash.ReasonLink:        "nothing is written through links: put the regions there themselves",
	flash.ReasonMarker:      "look at the folder, or choose another one",
	flash.ReasonInput:       "choose another place with -o",
	flash.ReasonInsideInput: "choose a place outside of it with -o",
	flash.ReasonBusy:        "wait for it, or choose another place with -o",
	flash.ReasonBegun:       "remove the folder if that run has ended, or choose another with -o",
	flash.ReasonHoldsDump:   "choose another folder with -o",

	flash.ReasonNoRoom:         "free some space, or choose a folder on another disk with -o",
	flash.ReasonNoRoomToResume: "free some space, move the folder to a larger disk and go on with it there, or go on all the same with --any-room: zeros take none",
	flash.ReasonTooBig:         "choose a folder on a disk with another file system",

	flash.ReasonUnfinished: "split the dump again",
	flash.ReasonPartial:    "split it again without --only, --skip, --slot and --userdata",
	flash.ReasonEncrypted:  "mtkkit backup restore ARCHIVE --key FILE writes the dump",

	flash.ReasonNoRecord:   "--parts restores what it holds, and names what is lost",
	flash.ReasonInClear:    "--encrypt RECIPIENT, or --encrypt passphrase, keeps it to those you choose; --plain makes it all the same: keep it where nobody else reads",
	flash.ReasonOtherModel: "--foreign plans it all the same",

	flash.ReasonOtherPhone: "connect the phone it was begun with, or read this one into a folder of its own",
	flash.ReasonChanged:    "is it the same phone, and was it not started in between? if it was, read it into a new folder",
	flash.ReasonNoRegion:   "name its file too, or go on with the phone: --da FILE",

	flash.ReasonEmpty:    HintReadAgain,
	flash.ReasonCut:      hintForce,
	flash.ReasonUnproven: hintForce,
	flash.ReasonUnfit:    "", // the text says all
}

// refusalHintsOf are the hints for what one package refuses, where they differ.
var refusalHintsOf = map[string]map[flash.Reason]string{
	"acquire": {
		flash.ReasonNotFolder: "a dump is a folder: choose another name with -o",
		flash.ReasonBusy:      "wait for it, or choose another folder with -o",
		flash.ReasonTooBig:    "choose a folder on a disk with another file system, with -o",
		flash.ReasonNoRoom:    "free some space, choose a folder on another disk with -o, leave something out with --skip userdata, or go on all the same with --any-room: zeros take none",
	},
	"oci": {
		flash.ReasonOurs: "choose another tag; --force lets the tag name the new backup instead",
		flash.ReasonBusy: "wait for it to end",
	},
	"archive": {
		flash.ReasonOurs:      "choose another name with -o; --force replaces it, for it is an archive",
		flash.ReasonBeside:    "--force --parity N replaces both, or move it away",
		flash.ReasonInTheWay:  "it may be the rest of an interrupted run: remove it if so",
		flash.ReasonPartial:   "--parts restores what it holds",
		flash.ReasonEncrypted: "is it the right key? Without --key, all else of it is pulled",
	},
	"parity": {flash.ReasonExists: "choose another name with -o, or move the file away"},
}

const (
	hintForce = "--force writes it all the same, for looking at; do not flash it"
	hintTags  = "mtkkit backup tags lists what there is"
)

// Hints that no type of an error decides.
const (
	HintReadAgain = "read the region EMMC_BOOT_1 (UFS_LU0) again, whole"
	HintWrap      = "--force wraps it all the same, for looking at; do not flash it"
	HintFull      = "--full reads all"  // of a blocks map that is made of a few spots
	HintPictures  = "--html shows them" // of a blocks map on the screen
)

// RefusalHint says what to do about a refusal, "" where its text says all.
func RefusalHint(r *flash.Refusal) string {
	return cmp.Or(refusalHintsOf[r.By][r.Reason], refusalHints[r.Reason])
}

// Refused turns a library's refusal into one with its hint and without the name of the library.
// Any other error it returns as it is.
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
