package split

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// ImageOptions says how WriteImage writes.
type ImageOptions struct {
	Hash     bool // take the SHA-256 while writing
	NoHoles  bool
	NoSync   bool
	ReadBack bool     // compare the file with the image before it gets its name
	Inputs   []string // files that must not be written to
	Progress func(flash.Event)

	// Beside is a small file in the same folder that gets its name just before the image, "" for
	// none. It must not exist, unless a killed run left it.
	Beside string

	// Before is called after all bytes are written and before the file gets its name. It returns
	// the content of Beside, nil if it is not needed.
	Before func() ([]byte, error)
}

// WriteImage writes an image as one file. The file has the name OUT.part until all of it is on
// the disk; after an error it does not exist. A refusal is a *flash.Refusal.
func WriteImage(ctx context.Context, img flash.Image, out string, opt ImageOptions) (*Result, error) {
	r := &Result{Name: filepath.Base(out), Size: img.Size()}
	need := r.Size
	if v, err := disk.VolumeOf(existing(filepath.Dir(out))); err == nil {
		if err := refuseBig(out, r.Size, v); err != nil {
			return nil, err
		}
		if need, err = room(v, filepath.Dir(out), img, opt.NoHoles); err != nil {
			return nil, fmt.Errorf("split: %s: %w", out, err)
		}
	}
	f, err := CreateFile(out, FileOptions{Inputs: opt.Inputs, Room: need, NoSync: opt.NoSync, Beside: opt.Beside})
	if err != nil {
		return nil, err
	}
	err = f.fill(ctx, img, opt, r)
	if err == nil && opt.ReadBack {
		err = readBack(ctx, f.file, img)
	}
	if err == nil && opt.Before != nil {
		err = f.before(opt.Before)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("split: %s: %w", out, err), f.Abandon())
	}
	return r, f.Finish()
}

// before calls the function of a caller, and writes the small file that it wants.
func (f *File) before(content func() ([]byte, error)) error {
	b, err := content()
	if err != nil || b == nil {
		return err
	}
	return f.AddBeside(func(out *os.File) error {
		_, err := out.Write(b)
		return err
	})
}

// fill copies an image into the file.
func (f *File) fill(ctx context.Context, img flash.Image, opt ImageOptions, r *Result) error {
	t := newMeter("write", r.Size, opt.Progress).task(r.Name, r.Size)
	m := mover{ctx: ctx, src: img, dst: f.file, dense: opt.NoHoles, early: !opt.NoSync, look: true,
		buf: make([]byte, blockSize), meter: t, noClone: new(atomic.Bool)}
	if opt.Hash {
		m.sum, m.beside = newSum(t), true
	}
	if err := m.prepare(r.Size); err != nil {
		return err
	}
	if err := m.run(); err != nil {
		return err
	}
	t.end()
	r.Zero, r.DataBytes, r.Shared = m.zero, m.written, m.shared
	if m.sum == nil {
		return nil
	}
	var err error
	r.SHA256, err = m.sum.hex(ctx)
	return err
}
