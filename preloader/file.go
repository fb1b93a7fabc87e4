package preloader

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// File is one GFH file in a region: a preloader, or the second part of a feature phone's preloader.
// All offsets are in the image that was given to Read, bytes.
type File struct {
	Kind      string       `json:"kind"`    // "preloader", "ext_bootloader", "dsp_bl", else "file type 0x…"
	FileName  string       `json:"file"`    // the result of Name
	Extent    flash.Extent `json:"extent"`  // from FILE_INFO; may end after the end of a cut image
	Present   int64        `json:"present"` // bytes of it that are in the image
	Entry     *Descriptor  `json:"entry,omitempty"`
	Info      FileInfo     `json:"file_info"`
	Records   []Record     `json:"records"`
	Content   flash.Extent `json:"content"`
	Signature flash.Extent `json:"signature"`
	Proof     Proof        `json:"proof"`
	Tail      Tail         `json:"tail"`
	Traces
}

// Cut reports whether the image ends before the file does.
func (f *File) Cut() bool { return f.Present < f.Extent.Length }

// Name returns the name of the flashable file: "preloader_<board>.bin" if the board is known,
// otherwise "preloader.bin", and other names for other kinds of files. It is always a safe file
// name.
func (f *File) Name() string {
	switch f.Info.FileType {
	case typeARMBL:
		if f.Bloader != nil && f.Bloader.Board != "" {
			return "preloader_" + f.Bloader.Board + ".bin"
		}
		return "preloader.bin"
	case typeExtBL:
		return "ext_bootloader.bin"
	case typeDSPBL:
		return "dsp_bl.bin"
	}
	return fmt.Sprintf("bootloader_0x%x.bin", f.Info.FileType)
}

func kindOf(fileType uint16) string {
	switch fileType {
	case typeARMBL:
		return "preloader"
	case typeExtBL:
		return "ext_bootloader"
	case typeDSPBL:
		return "dsp_bl"
	}
	return fmt.Sprintf("file type 0x%x", fileType)
}

// readFile reads the file at s. The tail is examined up to limit.
func readFile(img flash.Image, s start, limit int64) (*File, []flash.Problem, error) {
	info, err := readInfo(img, s.offset)
	if err != nil {
		return nil, nil, err
	}
	f := &File{
		Kind:    kindOf(info.FileType),
		Extent:  flash.Extent{Offset: s.offset, Length: int64(info.FileLength)},
		Entry:   s.entry,
		Info:    info,
		Content: flash.Extent{Offset: s.offset + int64(info.ContentOffset)},
		Signature: flash.Extent{
			Offset: s.offset + info.signatureAt(),
			Length: int64(info.SignatureLen),
		},
	}
	f.Content.Length = f.Signature.Offset - f.Content.Offset
	f.Present = f.Extent.Clip(img.Size()).Length

	var ps []flash.Problem
	add := func(more []flash.Problem, err error) error {
		ps = append(ps, more...)
		return err
	}
	var more []flash.Problem
	if f.Records, more, err = readRecords(img, s.offset, info); add(more, err) != nil {
		return nil, nil, err
	}
	if more, err = f.prove(img); add(more, err) != nil {
		return nil, nil, err
	}
	if more, err = f.readTraces(img); add(more, err) != nil {
		return nil, nil, err
	}
	f.FileName = f.Name()
	if more, err = f.readTail(img, limit); add(more, err) != nil {
		return nil, nil, err
	}
	return f, ps, nil
}

// prove fills f.Proof and returns a problem if there is no proof.
func (f *File) prove(img flash.Image) ([]flash.Problem, error) {
	at := f.Extent.Offset
	if f.Cut() {
		f.Proof = Proof{Kind: "none", Offset: flash.NoOffset, Where: "not searched: the file is cut"}
		return []flash.Problem{flash.NewProblem(flash.Error, f.Kind, at+f.Present, "is cut: the image has 0x%x of its 0x%x bytes", f.Present, f.Extent.Length)}, nil
	}
	var err error
	if f.Proof, err = prove(img, at, f.Info); err != nil {
		return nil, err
	}
	switch {
	case f.Proof.OK:
		return nil, nil
	case f.Proof.Failed():
		return []flash.Problem{flash.NewProblem(flash.Error, f.Kind, f.Signature.Offset, "the digest in its signature is not that of its bytes: damaged or edited")}, nil
	}
	return []flash.Problem{warn(f.Kind, f.Signature.Offset, "cannot be proven: %s", f.Proof.Where)}, nil
}
