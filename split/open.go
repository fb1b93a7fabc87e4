package split

import (
	"context"
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

// ContradictionError reports a folder whose manifest contradicts itself, its list of sums, or the
// files. Nobody can know which of them is right.
type ContradictionError struct {
	Folder   string
	Problems []flash.Problem // at least one
}

func (e *ContradictionError) Error() string {
	s := fmt.Sprintf("split: %s: %s", e.Folder, e.Problems[0])
	switch n := len(e.Problems) - 1; {
	case n == 1:
		s += ", and 1 more contradiction"
	case n > 1:
		s += fmt.Sprintf(", and %d more contradictions", n)
	}
	return s
}

// Open opens a parts folder. It reads only what overlaps: the mover that copies the files compares
// their sums with the manifest's. An unfinished folder is a *flash.Refusal, one whose records
// disagree a *ContradictionError. The error for a folder without a manifest wraps ErrNoFolder.
func Open(ctx context.Context, dir string) (*Opened, error) {
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
	if err := agree(ctx, dir, m); err != nil {
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

// agree compares the manifest of a folder with itself, with the list of sums, and with the files
// that overlap.
func agree(ctx context.Context, dir string, m *flash.Manifest) error {
	wrong := append(m.Contradictions(), checkSums(m, diskFiles(dir))...)
	if flash.Worst(wrong) < flash.Error {
		found, err := CompareOverlaps(ctx, m, diskFiles(dir))
		if err != nil {
			return err
		}
		wrong = append(wrong, found...)
	}
	if wrong := flash.AtLeast(flash.Warning, wrong); len(wrong) > 0 {
		return &ContradictionError{dir, wrong}
	}
	return nil
}

// Close closes the folder's files.
func (o *Opened) Close() error {
	var errs []error
	for _, f := range o.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
