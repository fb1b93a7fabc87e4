package flash

import (
	"errors"
	"fmt"
)

// Reason is why a Refusal was made. A front end chooses by it what to advise.
type Reason string

// The reasons. Nothing was written when one is given.
const (
	// ReasonOurs: a folder or a tag holds what an earlier run made; a caller may ask to
	// replace it.
	ReasonOurs Reason = "ours"
	// ReasonExists: the file to be written exists, and nothing proves that it may go.
	ReasonExists Reason = "exists"
	// ReasonBeside: a file exists that would be taken for one of the output's own, such as
	// a volume, a map or a sidecar.
	ReasonBeside Reason = "beside"
	// ReasonInTheWay: something that is not ours has the name of a file of the folder to be
	// written, or of its .part file.
	ReasonInTheWay Reason = "in the way"
	// ReasonNotEmpty: the folder holds files of somebody else.
	ReasonNotEmpty Reason = "not empty"
	// ReasonNotFolder: a file has the name of the folder to be written.
	ReasonNotFolder Reason = "not a folder"
	// ReasonLink: a link stands where a folder of ours should be; nothing is written
	// through links.
	ReasonLink Reason = "link"
	// ReasonMarker: the marker of an unfinished run is not one that we wrote.
	ReasonMarker Reason = "marker"
	// ReasonInput: the output is an input.
	ReasonInput Reason = "input"
	// ReasonInsideInput: the output lies in a folder that is read.
	ReasonInsideInput Reason = "inside input"
	// ReasonBusy: another run holds the file or folder.
	ReasonBusy Reason = "busy"
	// ReasonBegun: another run made the folder and has read nothing yet.
	ReasonBegun Reason = "begun"
	// ReasonHoldsDump: the folder holds a dump, which can be resumed.
	ReasonHoldsDump Reason = "holds a dump"

	// ReasonNoRoom: the disk has too little room.
	ReasonNoRoom Reason = "no room"
	// ReasonNoRoomToResume: the disk has too little room for the rest of what was begun on it.
	ReasonNoRoomToResume Reason = "no room to resume"
	// ReasonTooBig: a file is larger than the file system allows.
	ReasonTooBig Reason = "too big"

	// ReasonUnfinished: the input was never finished.
	ReasonUnfinished Reason = "unfinished"
	// ReasonPartial: the input holds a part of the dump only.
	ReasonPartial Reason = "partial"
	// ReasonEncrypted: the input holds encrypted files.
	ReasonEncrypted Reason = "encrypted"

	// ReasonNoRecord: the input has lost the record that says what its files are.
	ReasonNoRecord Reason = "no record"
	// ReasonInClear: anybody could read what makes the phone this phone.
	ReasonInClear Reason = "in clear"
	// ReasonOtherModel: the phone that is meant is of another model than the input.
	ReasonOtherModel Reason = "other model"

	// ReasonOtherPhone: the dump was begun with another phone.
	ReasonOtherPhone Reason = "other phone"
	// ReasonChanged: the phone holds something else than when the reading stopped.
	ReasonChanged Reason = "changed"
	// ReasonNoRegion: a region that is still to be read was not given.
	ReasonNoRegion Reason = "no region"

	// ReasonEmpty: there is nothing to make the output of: erased, or a failed read-back.
	ReasonEmpty Reason = "empty"
	// ReasonCut: the input ends before what is wanted of it does.
	ReasonCut Reason = "cut"
	// ReasonUnproven: the digest that the input holds is not that of its bytes.
	ReasonUnproven Reason = "unproven"
	// ReasonUnfit: the phone would not start what would be made.
	ReasonUnfit Reason = "unfit"
)

// Refusal is work that was not begun, or not resumed, for safety: to protect what is
// on the disk, or a phone that would be written to. Text says what is wrong, and not what
// to do: that is the front end's word for the Reason.
type Refusal struct {
	By     string // package that refuses: "split", "acquire" …
	Path   string // what it is about: a file, a folder, a tag, a region; "" where the text says it
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

// AsRefusal returns the Refusal that err is or wraps, nil where it is none.
func AsRefusal(err error) *Refusal {
	var r *Refusal
	errors.As(err, &r)
	return r
}
