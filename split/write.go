package split

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// WriteFile writes a file with fill. The file gets its name after all of it is on the disk.
// After an error no file is left. A refusal is a *flash.Refusal.
func WriteFile(path string, opt FileOptions, fill func(io.Writer) error) error {
	f, err := CreateFile(path, opt)
	if err != nil {
		return err
	}
	if err := fill(f); err != nil {
		return errors.Join(err, f.Abandon())
	}
	return f.Finish()
}

// Says returns a function for FileOptions.Ours: it recognises files by words in their first 512
// bytes.
func Says(words string) func(path string) bool {
	return func(path string) bool {
		f, err := disk.OpenPlain(path)
		if err != nil {
			return false
		}
		defer f.Close()
		head := make([]byte, 512)
		n, _ := io.ReadFull(f, head)
		return bytes.Contains(head[:n], []byte(words))
	}
}

// WriteImages writes images as files; the name of each is its path. It writes all or none: all
// refusals are checked before the first image is written. It does not use Beside.
func WriteImages(ctx context.Context, images []flash.Output, opt ImageOptions) (results []Result, err error) {
	for _, o := range images {
		if err := RefuseFile(o.Name, FileOptions{Inputs: opt.Inputs}); err != nil {
			return nil, err
		}
	}
	for i, o := range images {
		r, err := WriteImage(ctx, o.Image, o.Name, opt)
		if err != nil {
			for _, done := range images[:i] {
				err = errors.Join(err, os.Remove(filepath.Clean(done.Name)))
			}
			return nil, err
		}
		results = append(results, *r)
	}
	return results, nil
}

// WriteFolder writes outputs and their manifest into a folder that Verify can check.
func WriteFolder(ctx context.Context, dir string, outputs []flash.Output, m *flash.Manifest, opt Options) error {
	folder, err := Create(ctx, dir, outputs, nil, opt)
	if err != nil {
		return err
	}
	if _, err = folder.Copy(ctx); err == nil {
		err = folder.Finish(m)
	}
	if err != nil {
		return errors.Join(err, folder.Abandon())
	}
	return nil
}
