package flash

import (
	"errors"
	"fmt"
)

// Reason is the reason of a Refusal. A front end chooses its advice by it.
type Reason string

// The reasons of a Refusal. In all cases nothing was written.
const (
	// ReasonOurs: a folder or a tag is the result of an earlier run; the user may allow to
	// replace it.
	ReasonOurs Reason = "ours"
	// ReasonExists: the output file exists, and nothing proves that it may be replaced.
	ReasonExists Reason = "exists"
	// ReasonBeside: a file exists that would look like a file of the output, such as a volume, a
	// map or a sidecar.
	ReasonBeside Reason = "beside"
	// ReasonInTheWay: a file that mtkkit did not write has the name of a file of the output
	// folder, or of its .part file; or a file of an earlier run was changed or replaced since.
	ReasonInTheWay Reason = "in the way"
	// ReasonNotEmpty: the folder contains files of another program.
	ReasonNotEmpty Reason = "not empty"
	// ReasonNotFolder: a file has the name of the output folder.
	ReasonNotFolder Reason = "not a folder"
	// ReasonLink: there is a link where mtkkit's own folder should be. Nothing is written
	// through links.
	ReasonLink Reason = "link"
	// ReasonMarker: nothing proves that the marker of an unfinished run was written by mtkkit, or
	// that what it lists can be completed.
	ReasonMarker Reason = "marker"
	// ReasonInput: the output is an input.
	ReasonInput Reason = "input"
	// ReasonInsideInput: the output is in a folder that is read.
	ReasonInsideInput Reason = "inside input"
	// ReasonBusy: another run is using the file or folder.
	ReasonBusy Reason = "busy"
	// ReasonBegun: another run made the folder and has not read anything yet.
	ReasonBegun Reason = "begun"
	// ReasonHoldsDump: the folder contains a dump, which can be resumed.
	ReasonHoldsDump Reason = "holds a dump"

	// ReasonNoRoom: the disk has too little free space.
	ReasonNoRoom Reason = "no room"
	// ReasonNoRoomToResume: the disk has too little free space for the rest of an unfinished dump.
	ReasonNoRoomToResume Reason = "no room to resume"
	// ReasonTooBig: a file is larger than the file system allows.
	ReasonTooBig Reason = "too big"

	// ReasonUnfinished: the input was never finished.
	ReasonUnfinished Reason = "unfinished"
	// ReasonPartial: the input has only a part of the dump.
	ReasonPartial Reason = "partial"
	// ReasonEncrypted: the input has encrypted files.
	ReasonEncrypted Reason = "encrypted"

	// ReasonNoRecord: the input has lost its manifest, which describes its files.
	ReasonNoRecord Reason = "no record"
	// ReasonGuess: no table has the partitions; they are guessed from the content.
	ReasonGuess Reason = "guess"
	// ReasonPackage: the input is a firmware package, and the work needs a phone's flash.
	ReasonPackage Reason = "package"
	// ReasonInClear: everybody could read the data that are unique to this phone.
	ReasonInClear Reason = "in clear"
	// ReasonOtherModel: the target phone is of another model than the input.
	ReasonOtherModel Reason = "other model"

	// ReasonOtherPhone: the dump was begun with another phone.
	ReasonOtherPhone Reason = "other phone"
	// ReasonChanged: the content of the phone has changed since the reading stopped.
	ReasonChanged Reason = "changed"
	// ReasonNoRegion: a region that is still to be read was not given.
	ReasonNoRegion Reason = "no region"

	// ReasonEmpty: the input for the output is empty: it is erased, or its read-back failed.
	ReasonEmpty Reason = "empty"
	// ReasonCut: the input ends before the range that is needed.
	ReasonCut Reason = "cut"
	// ReasonUnproven: the digest in the input does not match its bytes.
	ReasonUnproven Reason = "unproven"
	// ReasonUnfit: the phone would not start the output.
	ReasonUnfit Reason = "unfit"
)

// Refusal reports work that was not started, or not resumed, for safety: to protect files on the
// disk, or a phone that would be written to. Text says what is wrong, but not what to do; the
// front end has the advice for the Reason.
type Refusal struct {
	By     string // package that refuses: "split", "acquire" …
	Path   string // the subject: a file, a folder, a tag, a region; "" if it is in the text
	Offset int64  // bytes into it, or NoOffset
	Reason Reason
	Text   string // lower case, no period
}

// Refuse makes a Refusal without an offset. The text is formatted as by fmt.Sprintf.
func Refuse(by string, reason Reason, path, format string, a ...any) *Refusal {
	return &Refusal{By: by, Path: path, Offset: NoOffset, Reason: reason, Text: fmt.Sprintf(format, a...)}
}

func (r *Refusal) Error() string {
	s := r.By + ": "
	if r.Path != "" {
		s += r.Path + ": "
	}
	s += r.Text
	if r.Offset != NoOffset {
		s += fmt.Sprintf(" at offset 0x%x", r.Offset)
	}
	return s
}

// AsRefusal returns the Refusal that err is or wraps, nil if there is none.
func AsRefusal(err error) *Refusal {
	var r *Refusal
	errors.As(err, &r)
	return r
}
