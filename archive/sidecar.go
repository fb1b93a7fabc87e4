package archive

import (
	"context"
	"errors"
	"os"

	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

// A sidecar is written completely before the archive gets its name, so that a killed run leaves
// no archive without it. The marker of the archive proves what a killed run has left of both.

// sidecar returns the path of the archive's sidecar.
func (c *creation) sidecar() string { return c.Output + parity.Suffix }

// refuseStale refuses to replace an archive and keep the sidecar of the old one, or to replace a
// file that is no sidecar. Where nothing is replaced, split.CreateFile refuses, because it knows
// what a killed run has left.
func (c *creation) refuseStale() error {
	side := c.sidecar()
	_, err := os.Lstat(side)
	switch {
	case err != nil || !c.Replace && c.Volume == 0 || c.Replace && c.Parity > 0 && parity.IsSidecar(side):
		return nil
	case !parity.IsSidecar(side):
		return refuse(flash.ReasonExists, side, "exists, and is not the sidecar of an archive")
	}
	return refuse(flash.ReasonBeside, side, "already exists: it is the sidecar of an earlier archive")
}

// withSidecar makes the file of an archive write its sidecar.
func (c *creation) withSidecar(ctx context.Context, opt *split.FileOptions) {
	opt.Beside, opt.OursBeside = c.sidecar(), parity.IsSidecar
	if c.Parity > 0 {
		opt.Before = func(f *split.File) error { return c.addSidecar(ctx, f) }
	}
}

// addSidecar writes the sidecar of an archive that is complete but for its name. If it fails, the
// archive is kept; if it is interrupted, it is not.
func (c *creation) addSidecar(ctx context.Context, f *split.File) error {
	err := f.AddBeside(func(out *os.File) error {
		err := parity.Write(ctx, f, f.Size(), out, parity.Options{Percent: c.Parity, Progress: c.Progress})
		st, serr := out.Stat()
		if err == nil && serr == nil {
			c.made.Sidecar = st.Size()
		}
		return errors.Join(err, serr)
	})
	if err != nil && ctx.Err() == nil {
		c.sidecarErr = &SidecarError{c.Output, err}
	}
	return ctx.Err()
}
