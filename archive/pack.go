package archive

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
)

// target is the file or the volumes of an archive.
type target interface {
	io.Writer
	Finish() error
	Abandon() error
}

// sealedTarget encrypts what is written to a target.
type sealedTarget struct {
	target
	plain io.WriteCloser
}

// newSealedTarget returns t itself if it returns an error.
func newSealedTarget(t target, to []seal.Recipient) (target, error) {
	w, err := seal.Writer(t, to)
	if err != nil {
		return t, err
	}
	return &sealedTarget{t, w}, nil
}

func (s *sealedTarget) Write(b []byte) (int, error) { return s.plain.Write(b) }

// Finish writes the last piece, which proves to a reader that the end is not cut off.
func (s *sealedTarget) Finish() error {
	if err := s.plain.Close(); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return s.target.Finish()
}

// packer begins an archive of the chosen format.
func (c *creation) packer(to io.Writer) (backup.Packer, error) {
	opt := backup.Options{Level: c.Level, Created: c.Now, Total: c.total, Progress: c.Progress}
	if c.Zip {
		return backup.NewZipWriter(to, opt)
	}
	return backup.NewWriter(to, opt)
}

// pack writes the archive. Files that describe it come last, because they have the hashes of the
// others.
func (c *creation) pack(ctx context.Context, to io.Writer) (packed []backup.Result, err error) {
	w, err := c.packer(to)
	if err != nil {
		return nil, err
	}
	var written []flash.Written
	add := func(outputs ...flash.Output) error {
		results, err := w.Copy(ctx, outputs)
		if err != nil {
			return err
		}
		packed = append(packed, results...)
		for _, r := range results {
			if want := c.sums[r.Name]; want != "" && want != r.SHA256 {
				return &dump.ChangedError{Text: source.ChangedText(r.Name, r.SHA256, want), Folder: c.Path}
			}
			written = append(written, flash.Written{ManifestFile: flash.ManifestFile{Name: r.Name, Size: r.Size, SHA256: r.SHA256}, Omitted: r.Omitted})
		}
		return nil
	}
	if !c.Zip { // of a zip archive that is cut, nothing can be read
		draft, err := c.draft().Encode()
		if err != nil {
			return nil, err
		}
		if packed, err = w.Copy(ctx, []flash.Output{{Name: flash.DraftName, Image: bytes.NewReader(draft)}}); err != nil {
			return nil, err
		}
	}
	for _, list := range [][]flash.Output{c.first, c.outputs, c.last} {
		if err := add(list...); err != nil {
			return nil, err
		}
	}
	if err := unchanged(ctx, c.source, c.record, written); err != nil {
		return nil, err
	}
	c.record.Fill(written)
	b, err := c.record.Encode()
	if err != nil {
		return nil, err
	}
	err = add(flash.Output{Name: flash.SumsName, Image: bytes.NewReader(flash.EncodeSums(c.record.Files))},
		flash.Output{Name: flash.ManifestName, Image: bytes.NewReader(b)})
	if err != nil {
		return nil, err
	}
	return packed, w.Finish()
}

// draft returns what is known of the archive before its files are packed.
func (c *creation) draft() *flash.Manifest {
	var files []flash.ManifestFile
	for _, o := range slices.Concat(c.first, c.outputs, c.last) {
		files = append(files, flash.ManifestFile{Name: o.Name, Size: o.Image.Size(), SHA256: c.sums[o.Name]})
	}
	return c.record.NewDraft(files)
}

// unchanged checks that the dump has not changed since it was opened, and compares what was copied
// with the hashes that the dump has. D is nil if the input proves itself.
func unchanged(ctx context.Context, d *dump.Dump, m *flash.Manifest, written []flash.Written) error {
	if d == nil {
		return nil
	}
	if err := d.Check(); err != nil {
		return err
	}
	return d.RefuseChanged(ctx, m, written)
}
