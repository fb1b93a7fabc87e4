package source

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/stream"
)

// opener opens one kind of packed file. The kind is recognised by its magic, never by the name.
type opener struct {
	kind  string
	magic string
	open  func(s *Source, ctx context.Context, in flash.Image, name string) (flash.Image, error)
}

// openers has all kinds.
var openers = []opener{
	{"zstd", stream.Zstd, (*Source).openZstd},
	{"zstd", stream.Skippable, (*Source).openZstd},
	{"gzip", stream.Gzip, (*Source).openStream},
	{"xz", stream.XZ, (*Source).openStream},
	{"lz4", stream.LZ4, (*Source).openStream},
	{"lz4", stream.LZ4Legacy, (*Source).openStream},
	{"bzip2", stream.Bzip2, (*Source).openStream},
	{"zip", zipMagic, (*Source).openZip},
	{"zip", zipSplitMagic, (*Source).openZip},
	{"zip", zipEnd, (*Source).openZip}, // an empty archive
	{"Android sparse image", "\x3A\xFF\x26\xED\x01\x00", (*Source).openSparse},
}

// maxLayers is the largest number of nested packed files. A sparse image in a compressed file in an
// archive has three layers.
const maxLayers = 4

// unwrap opens in as long as it is packed, and refuses a file that is not a dump.
func (s *Source) unwrap(ctx context.Context, in flash.Image, name string) (flash.Image, error) {
	for range maxLayers {
		head, err := headOf(in)
		if err != nil {
			return nil, fmt.Errorf("source: %s: %w", name, err)
		}
		if why := notADump(head); why != "" {
			return nil, &UnreadableError{name, why}
		}
		o := openerOf(head)
		if o == nil {
			return in, nil
		}
		if in, err = o.open(s, ctx, in, name); err != nil {
			return nil, err
		}
	}
	return nil, &UnreadableError{name, fmt.Sprintf("packed more than %d times", maxLayers)}
}

func openerOf(head []byte) *opener {
	for i := range openers {
		if bytes.HasPrefix(head, []byte(openers[i].magic)) {
			return &openers[i]
		}
	}
	return nil
}

// headSize is the number of bytes that are read to recognise the kind of a file.
const headSize = 512

func headOf(img flash.Image) ([]byte, error) {
	head := make([]byte, headSize)
	n, err := img.ReadAt(head, 0)
	if err == io.EOF {
		err = nil
	}
	return head[:n], err
}

// openSparse opens the plain content of an Android sparse image.
func (s *Source) openSparse(ctx context.Context, in flash.Image, name string) (flash.Image, error) {
	img, err := s.readSparse(ctx, in, name)
	if err != nil {
		return nil, err
	}
	s.tellSparse(img, name)
	path := ""
	if f, ok := in.(*File); ok {
		path = f.f.Name()
	}
	if why := pieceOf(img, name, path); why != "" {
		s.problem(flash.Warning, name, "%s", why)
	}
	return img, nil
}

// notADump recognises files that people give to dump tools by mistake: failed downloads, and
// archives that must be unpacked first.
func notADump(head []byte) string {
	if len(head) == 0 {
		return "the file is empty"
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"))
	for _, k := range []struct {
		head        []byte
		magic, what string
	}{
		{text, "version https://git-lfs", "a Git LFS pointer, not the file itself: fetch it with git lfs pull"},
		{text, "<!doctype", "a web page saved under this name: the download went wrong"},
		{text, "<html", "a web page saved under this name: the download went wrong"},
		{head, "7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"},
		{head, "Rar!", "a RAR archive: unpack it first"},
		{head[min(len(head), 257):], "ustar", "a tar archive: unpack it first"},
	} {
		if bytes.HasPrefix(k.head, []byte(k.magic)) {
			return k.what
		}
	}
	return ""
}
