package source

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/stream"
)

const (
	tarMagic   = "ustar"
	offTar     = 257     // of the magic (POSIX pax, ustar interchange format)
	maxMembers = 100_000 // of an archive
)

func isTar(head []byte) bool { return bytes.HasPrefix(head[min(len(head), offTar):], []byte(tarMagic)) }

// isPackedTar reports whether a compressed stream contains a tar archive.
func isPackedTar(in flash.Image) bool {
	d, err := stream.Open(bufio.NewReader(io.NewSectionReader(in, 0, in.Size())))
	if err != nil {
		return false
	}
	defer d.Close()
	head := make([]byte, headSize)
	n, _ := io.ReadFull(d, head)
	return isTar(head[:n])
}

// openTar returns the files of a tar archive, which may be compressed, as a folder; nil for other
// files. They are read in place.
func (s *Source) openTar(ctx context.Context, in flash.Image, name string) (*folder, error) {
	head, err := headOf(in)
	if err != nil {
		return nil, err
	}
	if stream.Sniff(head) && isPackedTar(in) {
		if in, err = s.openStream(ctx, in, name); err != nil {
			return nil, err
		}
		head, err = headOf(in)
	}
	if err != nil || !isTar(head) {
		return nil, err
	}
	if strings.EqualFold(path.Ext(name), ".md5") {
		if in, err = s.checkMD5(ctx, in, name); err != nil {
			return nil, err
		}
	}
	return s.readTar(ctx, in, name)
}

// readTar lists the files of a tar archive.
func (s *Source) readTar(ctx context.Context, in flash.Image, name string) (*folder, error) {
	f := &folder{name: name}
	at := io.NewSectionReader(in, 0, in.Size())
	for r := tar.NewReader(at); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		off, _ := at.Seek(0, io.SeekCurrent)
		if err != nil {
			s.Problems.AddAt(flash.Error, name, off, "the tar archive is cut or damaged (%v): %d of its files are used", err, len(f.members))
			break
		}
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeGNUSparse {
			continue
		}
		if len(f.members) == maxMembers {
			return nil, tooMany(name)
		}
		f.add(s.tarMember(in, h, flash.Extent{Offset: off, Length: h.Size}))
	}
	if len(f.members) == 0 {
		return nil, &UnreadableError{name, "a tar archive without files"}
	}
	s.chooseFolder(f)
	return f, nil
}

func tooMany(name string) error {
	return &UnreadableError{name, fmt.Sprintf("contains more than %d files", maxMembers)}
}

func (s *Source) tarMember(in flash.Image, h *tar.Header, e flash.Extent) *member {
	m := &member{name: path.Base(h.Name), dir: dirOf(h.Name), size: h.Size}
	m.raw = func(context.Context) (flash.Image, error) {
		switch {
		case isSparseTar(h):
			return nil, &UnreadableError{m.name, "is stored with holes in the tar archive: unpack it first"}
		case e.End() > in.Size():
			return nil, &UnreadableError{m.name, "is cut off with its tar archive"}
		}
		return flash.Slice(in, e), nil
	}
	m.starts = func(magic string) bool {
		b, err := flash.ReadFull(in, e.Offset, len(magic))
		return err == nil && string(b) == magic && !isSparseTar(h)
	}
	return m
}

// isSparseTar reports whether GNU tar left out holes of a file (option -S): what is stored begins
// with the list of its pieces.
func isSparseTar(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// md5Line is the line that Samsung's packages have behind the end of a tar archive, as md5sum
// prints it: the sum of all bytes before the line.
var md5Line = regexp.MustCompile(`([0-9a-fA-F]{32})  ?[^\n\x00]{1,255}\n?$`)

// checkMD5 compares an archive with the sum at its end, and returns it without the sum.
func (s *Source) checkMD5(ctx context.Context, in flash.Image, name string) (flash.Image, error) {
	n := int(min(in.Size(), headSize))
	end, err := flash.ReadFull(in, in.Size()-int64(n), n)
	if err != nil {
		return nil, fmt.Errorf("source: %s: %w", name, err)
	}
	at := md5Line.FindSubmatchIndex(end)
	if at == nil {
		s.problem(flash.Warning, name, "has no MD5 at its end, as its name promises: it may be cut")
		return in, nil
	}
	want, tarOnly := string(end[at[2]:at[3]]), flash.Slice(in, flash.Extent{Length: in.Size() - int64(n-at[0])})
	sum, r := md5.New(), io.NewSectionReader(tarOnly, 0, tarOnly.Size())
	for done := int64(0); done < tarOnly.Size(); {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		n, err := io.CopyN(sum, r, min(8<<20, tarOnly.Size()-done))
		if err != nil {
			return nil, fmt.Errorf("source: %s: %w", name, err)
		}
		done += n
		s.opt.progress(flash.Event{Op: "look", Name: name, Done: done, Total: tarOnly.Size()})
	}
	if !strings.EqualFold(hex.EncodeToString(sum.Sum(nil)), want) {
		p := flash.NewProblem(flash.Error, name, flash.NoOffset, "the MD5 at its end is not that of its bytes: it is damaged, or was changed")
		s.Problems, s.Damaged = append(s.Problems, p), append(s.Damaged, p)
	}
	return tarOnly, nil
}
