package main

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/flash"
)

// The hints: libraries say what is wrong and what is needed, and here stand the options and
// commands for it.

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

	flash.ReasonOtherPhone: "connect the phone it was begun with, or read this one into a folder of its own",
	flash.ReasonChanged:    "is it the same phone, and was it not started in between? if it was, read it into a new folder",
	flash.ReasonNoRegion:   "name its file too, or go on with the phone: --da FILE",

	flash.ReasonEmpty:    hintReadAgain,
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
	"parity": {flash.ReasonExists: "choose another name with -o, or move the file away"},
}

const (
	hintReadAgain = "read the region EMMC_BOOT_1 (UFS_LU0) again, whole"
	hintForce     = "--force writes it all the same, for looking at; do not flash it"
	hintWrap      = "--force wraps it all the same, for looking at; do not flash it"

	hintTags = "mtkkit backup tags lists what there is"

	hintFull     = "--full reads all"
	hintPictures = "--html shows them"
)

// refusalHint says what to do about a refusal, "" where its text says all.
func refusalHint(r *flash.Refusal) string {
	return cmp.Or(refusalHintsOf[r.By][r.Reason], refusalHints[r.Reason])
}

// refused turns a library's refusal into one of the program's, with its hint.
func refused(err error) error {
	r := flash.AsRefusal(err)
	if r == nil {
		return err
	}
	text := r.Text
	if r.Path != "" {
		text = r.Path + ": " + text
	}
	return refusal{errors.New(text), []string{refusalHint(r)}}
}

// needWords says how the program is given what helps, or where it has it. Words that begin
// with a space or a colon end the clause of the advice, others are a clause of their own.
var needWords = map[codes.Need]string{
	codes.NeedLoader:    ": mtkkit acquire --da FILE",
	codes.NeedADB:       "a rooted phone can be read as it is: mtkkit acquire --from adb",
	codes.NeedReading:   "mtkkit acquire reads back in this way, and writes nothing to the phone",
	codes.NeedPreloader: "--preloader FILE gives it",
	codes.NeedAuth:      "--auth FILE gives the maker's authentication file",
	codes.NeedCert:      "--cert FILE its certificate",
	codes.NeedSerial:    " with --serial SERIAL",
	codes.NeedComputer:  "mtkkit doctor looks for what is in the way",
	codes.NeedHolder:    "mtkkit ports names who has the port",
	codes.NeedRules:     "mtkkit udev prints the rules that open the port and keep ModemManager off it (Linux)",
	codes.NeedFolder:    "-o FOLDER names it",
	codes.NeedScatter:   "mtkkit scatter check compares them",
}

// advised is a library's advice with the commands and options that it takes.
func advised(a codes.Advice) string {
	text := a.Text
	for _, n := range a.Needs {
		words := needWords[n]
		if !strings.HasPrefix(words, " ") && !strings.HasPrefix(words, ":") {
			text += "; "
		}
		text += words
	}
	return text
}

// installRules is the command that puts the udev rules in force.
const installRules = "mtkkit udev | sudo tee /etc/udev/rules.d/51-mtkkit.rules >/dev/null && sudo udevadm control --reload && sudo udevadm trigger"

// fixes gives findings the commands of their fixes. Where the udev rules help, they are the
// better way, and what else would do comes second.
func fixes(found []host.Finding) []host.Finding {
	for i, f := range found {
		switch {
		case !slices.Contains(f.Needs, codes.NeedRules):
			found[i].Fix = advised(codes.Advice{Text: f.Fix, Needs: f.Needs})
		case f.Fix == "":
			found[i].Fix = installRules
		default:
			found[i].Fix = installRules + "; or: " + f.Fix
		}
	}
	return found
}
