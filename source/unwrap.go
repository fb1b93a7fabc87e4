package source

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// opener knows one way in which the bytes of a dump may be packed. They are told by
// their magic, never by a file's name.
type opener struct {
	kind  string
	magic string
	open  func(s *Source, ctx context.Context, in flash.Image, name string) (flash.Image, error)
}

// openers are the kinds that are opened. Those that unpack a stream are in streams.
var openers = []opener{
	{"zstd", zstdMagic, (*Source).openZstd},
	{"zstd", skippableMagic, (*Source).openZstd},
	{"gzip", gzipMagic, (*Source).openStream},
	{"xz", xzMagic, (*Source).openStream},
	{"lz4", lz4Magic, (*Source).openStream},
	{"lz4", lz4LegacyMagic, (*Source).openStream},
	{"bzip2", bzip2Magic, (*Source).openStream},
	{"zip", zipMagic, (*Source).openZip},
	{"zip", zipSplitMagic, (*Source).openZip},
	{"zip", zipEnd, (*Source).openZip}, // an empty one
	{"Android sparse image", "\x3A\xFF\x26\xED\x01\x00", (*Source).openSparse},
}

// maxLayers bounds how often something packed is found in something packed: a sparse
// image in a compressed file in an archive are three.
const maxLayers = 4

// unwrap opens in for as long as it is packed, and refuses what is no dump.
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
	return nil, &UnreadableError{name, fmt.Sprintf("packed more than %d times over", maxLayers)}
}

func openerOf(head []byte) *opener {
	for i := range openers {
		if bytes.HasPrefix(head, []byte(openers[i].magic)) {
			return &openers[i]
		}
	}
	return nil
}

// headSize is what is looked at to tell the kind of a file.
const headSize = 512

func headOf(img flash.Image) ([]byte, error) {
	head := make([]byte, headSize)
	n, err := img.ReadAt(head, 0)
	if err == io.EOF {
		err = nil
	}
	return head[:n], err
}

// openSparse looks through an Android sparse image.
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

// notADump names what people have fed to dump tools by mistake: downloads that did
// not happen, and archives of a kind that must be unpacked first.
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
