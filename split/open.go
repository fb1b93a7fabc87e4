package split

import (
	"errors"
	"fmt"
	"os"

	"github.com/mtkkit/mtkkit/flash"
)

// Opened is a finished parts folder, opened for copying it.
type Opened struct {
	Manifest *flash.Manifest
	Outputs  []flash.Output // every file that the manifest lists, in its order

	files []*partFile
}

// Open opens a parts folder. It hashes nothing: the mover that copies the files compares their
// sums with the manifest's. An unfinished folder is a *flash.Refusal. The error for a folder
// without a manifest wraps ErrNoFolder.
func Open(dir string) (*Opened, error) {
	if Unfinished(dir) {
		return nil, refuse(flash.ReasonUnfinished, dir, "was never finished")
	}
	m, err := openManifest(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("split: %s: no %s: %w", dir, flash.ManifestName, ErrNoFolder)
	}
	if err != nil {
		return nil, err
	}
	o := &Opened{Manifest: m}
	for _, f := range m.Files {
		p, err := openPart(dir, f.Name)
		if err == nil {
			o.files = append(o.files, p)
			if p.Size() != f.Size {
				err = fmt.Errorf("%s has 0x%x bytes, the manifest says 0x%x", f.Name, p.Size(), f.Size)
			}
		}
		if err != nil {
			o.Close()
			return nil, fmt.Errorf("split: %w", err)
		}
		o.Outputs = append(o.Outputs, flash.Output{Name: f.Name, Image: p})
	}
	return o, nil
}

// Close closes the folder's files.
func (o *Opened) Close() error {
	var errs []error
	for _, f := range o.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
