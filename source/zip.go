package source

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/stream"
)

const (
	zipMagic      = "PK\x03\x04"
	zipSplitMagic = "PK\x07\x08" // begins the first volume of a split archive (APPNOTE.TXT §8.5.3)
	zipEncrypted  = 1 << 0       // flag bit (APPNOTE.TXT §4.4.4)
	zipZstd       = 93           // compression method (APPNOTE.TXT §4.4.5)
)

// readZip lists the files of an archive, without those that systems add on their own.
func readZip(in flash.Image, name string) ([]*zip.File, error) {
	z, err := zip.NewReader(in, in.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are not used as paths here
		return nil, &UnreadableError{name, fmt.Sprintf("a zip archive that is cut or damaged (%v)", err)}
	}
	z.RegisterDecompressor(zipZstd, zstd.ZipDecompressor(zstd.WithDecoderMaxWindow(stream.MaxWindow), zstd.WithDecoderLowmem(true)))
	var files []*zip.File
	for _, f := range z.File {
		if !f.FileInfo().IsDir() && !strings.HasPrefix(f.Name, "__MACOSX/") && path.Base(f.Name) != ".DS_Store" {
			files = append(files, f)
		}
	}
	switch {
	case len(files) > maxMembers:
		return nil, tooMany(name)
	case len(files) == 0:
		return nil, &UnreadableError{name, "a zip archive without files"}
	}
	return files, nil
}

// openZip opens the file of an archive that is most likely the dump: the largest one.
func (s *Source) openZip(ctx context.Context, in flash.Image, name string) (flash.Image, error) {
	files, err := readZip(in, name)
	if err != nil {
		return nil, err
	}
	chosen := files[0]
	for _, f := range files {
		if f.UncompressedSize64 > chosen.UncompressedSize64 {
			chosen = f
		}
	}
	if len(files) > 1 {
		s.problem(flash.Note, name, "%q is used, the largest of its %d files", chosen.Name, len(files))
	}
	return s.openMember(ctx, in, chosen)
}

// openMember reads a stored file in place and unpacks any other.
func (s *Source) openMember(ctx context.Context, in flash.Image, f *zip.File) (flash.Image, error) {
	if f.Flags&zipEncrypted != 0 {
		return nil, &UnreadableError{f.Name, "encrypted in the zip archive: unpack it with its password first"}
	}
	s.Unpacked = true
	if f.Method == zip.Store {
		off, err := f.DataOffset()
		if err != nil {
			return nil, fmt.Errorf("source: %s: %w", f.Name, err)
		}
		e, err := flash.NewExtent(uint64(off), f.UncompressedSize64)
		if err != nil || e.End() > in.Size() {
			return nil, fmt.Errorf("source: %s: is outside of its zip archive: %w", f.Name, io.ErrUnexpectedEOF)
		}
		return flash.Slice(in, e), nil
	}
	r, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil, &UnreadableError{f.Name, fmt.Sprintf("packed in the zip archive by method %d, which is not read: unpack it first", f.Method)}
	}
	if err != nil {
		return nil, fmt.Errorf("source: %s: %w", f.Name, err)
	}
	defer r.Close()
	if f.UncompressedSize64 > maxUnpacked {
		return nil, &UnreadableError{f.Name, fmt.Sprintf("unpacks to %d bytes, and no phone has that much", f.UncompressedSize64)}
	}
	return s.spool(ctx, &stated{r, int64(f.UncompressedSize64)}, path.Base(f.Name))
}

// stated ends a member of an archive with an error behind the size that the archive states: whoever
// makes a bomb may state a small one.
type stated struct {
	io.Reader
	left int64 // bytes
}

// Read implements io.Reader.
func (s *stated) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if s.left -= int64(n); s.left < 0 {
		return max(n+int(s.left), 0), errors.New("it has more bytes than the archive states")
	}
	return n, err
}

// archive returns the files of a zip or tar archive as a folder; nil if in is no archive, or a zip
// archive with only one file that may be a dump.
func (s *Source) archive(ctx context.Context, in flash.Image, name string) (*folder, error) {
	head, err := headOf(in)
	if o := openerOf(head); err != nil || o == nil || o.kind != "zip" {
		return s.openTar(ctx, in, name)
	}
	files, err := readZip(in, name)
	if len(files) > maxMembers {
		return nil, err
	}
	if err != nil || len(files) == 1 && !isPackage(files[0].Name) {
		return nil, nil // opening it gives the reason
	}
	d := &folder{name: name}
	for _, f := range files {
		m := &member{name: path.Base(f.Name), dir: dirOf(f.Name), size: int64(f.UncompressedSize64), raw: func(ctx context.Context) (flash.Image, error) {
			return s.openMember(ctx, in, f)
		}, starts: func(magic string) bool { return zipStarts(f, magic) }}
		if f.Method != zip.Store && f.Flags&zipEncrypted == 0 {
			m.stream = f.Open
		}
		d.add(m)
	}
	s.chooseFolder(d)
	return d, nil
}

// isPackage reports whether a file alone makes a zip archive a firmware package.
func isPackage(name string) bool {
	return strings.EqualFold(path.Base(name), "payload.bin") || tarName.MatchString(name)
}

// zipStarts reports whether a file in an archive begins with a magic.
func zipStarts(f *zip.File, magic string) bool {
	if f.Flags&zipEncrypted != 0 {
		return false
	}
	r, err := f.Open()
	if err != nil {
		return false
	}
	defer r.Close()
	b := make([]byte, len(magic))
	_, err = io.ReadFull(r, b)
	return err == nil && string(b) == magic
}

// neverDumps are the endings of photos, films, music, documents and parts of apps. Such a file
// in an archive is never used as the dump, however large it is.
var neverDumps = regexp.MustCompile(`(?i)\.(jpe?g|png|gif|webp|heic|heif|tiff?|bmp|dng|svg|mp4|m4v|mov|mkv|avi|webm|3gp|mp3|m4a|ogg|opus|flac|wav|amr|` +
	`pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|epub|csv|txt|md|html?|xml|json|ini|log|apk|aab|dex|so|jar|class|arsc|exe|dll|msi|py|sh|bat)$`)

// openArchive opens an archive as the folder that was packed, or else the dump in it.
func (s *Source) openArchive(ctx context.Context, d *folder) error {
	err := s.openFolder(ctx, d)
	if _, ok := errors.AsType[*UnreadableError](err); !ok || errors.As(err, new(*recordError)) {
		return err
	}
	may := &folder{name: d.name}
	for _, m := range d.members {
		if !neverDumps.MatchString(m.name) {
			may.add(m)
		}
	}
	if len(may.members) == 0 {
		return &UnreadableError{d.name, fmt.Sprintf("contains %d files, none of which can be a dump (%s)", len(d.members), names(d.members))}
	}
	m := may.largest()
	for _, other := range may.members {
		if other != m && other.size == m.size && other.size > 0 {
			return &UnreadableError{d.name, fmt.Sprintf("contains several files that may be the dump (%s and %s have the same size): unpack the right one", m.name, other.name)}
		}
	}
	s.problem(flash.Note, d.name, "%q is used, the largest of its %d files", m.name, len(d.members))
	img, err := s.open(ctx, m)
	if err != nil {
		return err
	}
	s.take(place(img, true), m.name)
	return nil
}
