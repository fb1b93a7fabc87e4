package preloader

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/nfi"
)

// Region is the result of Read for a boot region or a bare preloader file. Its JSON is what a
// command prints.
type Region struct {
	Medium   string          `json:"medium"` // see Medium; "" if the header is damaged
	Size     int64           `json:"size"`   // of the image, bytes
	Header   *DeviceHeader   `json:"header,omitempty"`
	NAND     *NANDHeader     `json:"nand,omitempty"`
	Layout   *Layout         `json:"layout,omitempty"`
	Files    []*File         `json:"files"` // by offset in the image
	Problems []flash.Problem `json:"problems,omitempty"`
}

// Doubts returns the problems of the region, with a problem for each file whose digest is wrong.
func (r *Region) Doubts() []flash.Problem {
	out := slices.Clone(r.Problems)
	for _, f := range r.Files {
		if f.Proof.Failed() && !f.Cut() && flash.Worst(r.Problems) < flash.Warning {
			out = append(out, warn(f.FileName, f.Extent.Offset, "its digest is wrong"))
		}
	}
	return out
}

// Main returns the preloader itself, the file that the BootROM starts, or nil.
func (r *Region) Main() *File {
	for _, f := range r.Files {
		if f.Info.FileType == typeARMBL {
			return f
		}
	}
	return nil
}

// Sniff reports whether img begins like a boot region or a preloader file. It reads only the first
// block.
func Sniff(img flash.Image) bool { return Medium(img) != "" }

// Medium returns what img is, from its first block: the name in a region's device header
// ("EMMC_BOOT", "UFS_BOOT", …), the first word of a NAND header ("BOOTLOADER!" …), "GFH" for a bare
// file, "" for anything else.
func Medium(img flash.Image) string {
	b, err := peek(img, 0, headerSize)
	if err != nil {
		return ""
	}
	return mediumOf(b)
}

func mediumOf(b []byte) string {
	if h := parseHeader(b); h != nil {
		return h.Name
	}
	if isFileInfo(b) {
		return MediumGFH
	}
	return nfi.ID(b)
}

// Read reads a boot region or a bare preloader file, also one padded by a service tool. Damage is
// in Problems. If nothing can be returned, the error is a *flash.FormatError, which wraps
// flash.ErrNotThis if the image is something else. Other errors are read errors.
func Read(img flash.Image) (*Region, error) {
	b, err := peek(img, 0, headerSize)
	if err != nil {
		return nil, err
	}
	r := &Region{Medium: mediumOf(b), Size: img.Size(), Files: []*File{}}
	if r.Medium == MediumGFH {
		if err := r.addFiles(img, []start{{offset: 0}}); err != nil {
			return nil, err
		}
		return r, nil
	}
	if err := r.readHeads(img, b); err != nil {
		return nil, err
	}
	starts, err := r.starts(img)
	if err != nil {
		return nil, err
	}
	if err := r.addFiles(img, starts); err != nil {
		return nil, err
	}
	if len(r.Files) > 0 {
		return r, nil
	}
	if r.Medium == "" && r.Layout == nil {
		return nil, &flash.FormatError{Format: "preloader", Offset: 0,
			Text: notThis(b), Err: flash.ErrNotThis}
	}
	if len(r.Problems) == 0 || flash.Worst(r.Problems) < flash.Error {
		r.note(flash.Error, "region", 0, "contains no preloader: no FILE_INFO in %s",
			flash.Size(min(r.Size, scanLimit)))
	}
	return r, nil
}

// notThis returns a text about an image that is not a preloader, with known wrong files.
func notThis(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte(bliMagic)):
		return "only the MTK_BLOADER_INFO block of a preloader, with DRAM settings"
	case len(b) >= 8 && b[3] == 0xEA && (b[2] == 0 || b[7]&0xF0 == 0xE0):
		// ARM: a short branch over a table, or a branch and then more code.
		return "code without the GFH header of a preloader"
	}
	return "neither a boot region nor a preloader file"
}

// readHeads reads the device or NAND header from the first block b, and BRLYT.
func (r *Region) readHeads(img flash.Image, b []byte) error {
	places := []int64{layoutOffset}
	if r.Header = parseHeader(b); r.Header != nil {
		r.Problems = append(r.Problems, r.Header.check()...)
		if u := int64(r.Header.Unit); u != layoutOffset && u <= 0x10000 {
			places = append(places, u)
		}
	} else if r.NAND = nfi.Parse(b); r.NAND != nil {
		r.Problems = append(r.Problems, checkNAND(r.NAND)...)
		places = nil
		if at := r.NAND.LayoutPage() * r.NAND.Page(); at > 0 {
			places = []int64{at}
		}
	}
	for _, off := range places {
		l, err := readLayout(img, off)
		if err != nil {
			return err
		}
		if l != nil {
			r.Layout = l
			r.Problems = append(r.Problems, l.check(r.Medium)...)
			break
		}
	}
	switch {
	case r.Header != nil && r.Layout == nil:
		r.note(flash.Warning, "BRLYT", layoutOffset, "no boot region layout block")
	case r.Header == nil && r.NAND == nil && r.Layout != nil:
		r.note(flash.Warning, "device header", 0, "damaged: it has no name of a medium, but BRLYT follows")
	}
	return nil
}

// start is an offset at which a file may begin, and the entry that names it, if any.
type start struct {
	offset int64
	entry  *Descriptor
}

// usualStarts are the usual offsets of the file, for regions with an invalid BRLYT: of vendors on
// eMMC, on UFS, of mkimage, and of one vendor with another layout.
var usualStarts = []int64{0x800, 0x1000, 0x600, 0x2000}

// scanLimit is how many bytes are searched if nothing else finds a file.
const scanLimit = maxFile

// starts returns the offsets of the region's files: from BRLYT; if there is none, from the usual
// offsets; otherwise by a search for the first file.
func (r *Region) starts(img flash.Image) ([]start, error) {
	found, err := r.layoutStarts(img)
	if err != nil || len(found) > 0 {
		return found, err
	}
	tries := usualStarts
	if r.Layout != nil {
		tries = append([]int64{int64(r.Layout.Boot) * r.unit()}, tries...)
	}
	if r.NAND != nil {
		tries = []int64{r.NAND.Page(), 2 * r.NAND.Page()}
	}
	for _, off := range tries {
		f, err := readInfo(img, off)
		if err == nil && f.FileType == typeARMBL {
			if r.NAND == nil || r.NAND.LayoutPage() > 0 {
				r.note(flash.Warning, "region", off, "BRLYT names no preloader; one is at a usual offset")
			}
			return []start{{offset: off}}, nil
		}
		if err != nil && !isFormat(err) {
			return nil, err
		}
	}
	off, err := search(img)
	if err != nil || off < 0 {
		return nil, err
	}
	r.note(flash.Warning, "region", off, "no table names this preloader: it was found by a search")
	return []start{{offset: off}}, nil
}

// unit returns the unit of BRLYT's offsets, bytes: 1, on NAND the page size.
func (r *Region) unit() int64 {
	if r.NAND != nil {
		return r.NAND.Page()
	}
	return 1
}

// layoutStarts returns the files that the BRLYT entries name.
func (r *Region) layoutStarts(img flash.Image) ([]start, error) {
	if r.Layout == nil {
		return nil, nil
	}
	var found []start
	for i := range r.Layout.Entries {
		e := &r.Layout.Entries[i]
		off := int64(e.Begin) * r.unit()
		if slices.ContainsFunc(found, func(s start) bool { return s.offset == off }) {
			r.note(flash.Warning, e.place(), e.Offset, "begins at 0x%x, like an earlier entry", off)
			continue
		}
		_, err := readInfo(img, off)
		switch {
		case err == nil:
			found = append(found, start{off, e})
		case !isFormat(err):
			return nil, err
		case off >= img.Size():
			r.note(flash.Error, e.place(), e.Offset,
				"its file begins at 0x%x, but the image ends at 0x%x: it is cut", off, img.Size())
		default:
			r.note(flash.Warning, e.place(), e.Offset, "does not name a preloader: %s", formatText(err))
		}
	}
	slices.SortFunc(found, func(a, b start) int { return cmp.Compare(a.offset, b.offset) })
	return found, nil
}

// search returns the offset of the first valid FILE_INFO of a preloader, or -1. The file type
// excludes the blocks nested in older preloaders' code.
func search(img flash.Image) (int64, error) {
	at := int64(-1)
	area := flash.Extent{Length: min(img.Size(), scanLimit)}
	err := windows(img, area, infoSize, func(w window) error {
		for i := w.from; i < w.to; i++ {
			n := bytes.Index(w.bytes[i:], []byte(gfhMagic))
			if n < 0 {
				return nil
			}
			if i += n; !isFileInfo(w.bytes[i:]) {
				continue
			}
			f, err := readInfo(img, w.offset+int64(i))
			if err == nil && f.FileType == typeARMBL {
				at = w.offset + int64(i)
				return errStop
			}
		}
		return nil
	})
	return at, err
}

// addFiles reads the file at each start.
func (r *Region) addFiles(img flash.Image, starts []start) error {
	for i, s := range starts {
		limit := img.Size()
		if i+1 < len(starts) {
			limit = starts[i+1].offset
		}
		f, ps, err := readFile(img, s, limit)
		if err != nil {
			return err
		}
		r.Files = append(r.Files, f)
		r.Problems = append(r.Problems, ps...)
		if f.Extent.End() > limit && !f.Cut() {
			r.note(flash.Warning, f.Kind, limit, "overlaps the next file of the region")
		}
		if e := s.entry; e != nil && int64(e.Boundary)*r.unit() < f.Extent.End() {
			r.note(flash.Warning, e.place(), e.Offset+entryBoundary,
				"boundary 0x%x is before the end of its file at 0x%x", e.Boundary, f.Extent.End())
		}
	}
	return nil
}

func (r *Region) note(s flash.Severity, place string, off int64, format string, args ...any) {
	r.Problems = append(r.Problems, flash.NewProblem(s, place, off, format, args...))
}

func warn(place string, off int64, format string, args ...any) flash.Problem {
	return flash.NewProblem(flash.Warning, place, off, format, args...)
}

// isFormat reports whether err concerns the format, not the reading.
func isFormat(err error) bool {
	var f *flash.FormatError
	return errors.As(err, &f)
}

// formatText returns the message of a FormatError without the package's name.
func formatText(err error) string {
	var f *flash.FormatError
	if !errors.As(err, &f) {
		return err.Error()
	}
	return fmt.Sprintf("%s at 0x%x", f.Text, f.Offset)
}
