package archive

import (
	"context"
	"os"

	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

// A sidecar is written completely before the archive gets its name, so that a killed run leaves
// no archive without it. What a killed run leaves is listed in the marker of the archive.

// sidecar returns the path of the archive's sidecar.
func (c *creation) sidecar() string { return c.Output + parity.Suffix }

// refuseStale refuses to replace an archive and keep the sidecar of the old one. Where nothing is
// replaced, split.CreateFile refuses, because it knows what a killed run has left.
func (c *creation) refuseStale() error {
	if _, err := os.Lstat(c.sidecar()); err != nil || !c.Replace && c.Volume == 0 || c.Replace && c.Parity > 0 {
		return nil
	}
	return refuse(flash.ReasonBeside, c.sidecar(), "already exists: it is the sidecar of an earlier archive")
}

// withSidecar makes the file of an archive write its sidecar.
func (c *creation) withSidecar(ctx context.Context, opt *split.FileOptions) {
	if !c.Replace { // otherwise it may be the sidecar of the archive that is replaced
		opt.Beside = []string{c.sidecar()}
	}
	if c.Parity > 0 {
		opt.Before = func(part string) error { return c.addSidecar(ctx, part) }
	}
}

// addSidecar writes the sidecar of an archive that is complete under the name part. If it fails,
// the archive is kept; if it is interrupted, it is not.
func (c *creation) addSidecar(ctx context.Context, part string) error {
	err := parity.Create(ctx, part, parity.Options{Percent: c.Parity, Sidecar: c.sidecar(), Force: c.Replace, Progress: c.Progress})
	var st os.FileInfo
	if err == nil {
		st, err = os.Stat(c.sidecar())
	}
	switch {
	case err == nil:
		c.made.Sidecar = st.Size()
	case ctx.Err() == nil:
		c.sidecarErr = &SidecarError{c.Output, err}
	}
	return ctx.Err()
}

// dropSidecar removes the sidecar of an archive that did not get its name.
func (c *creation) dropSidecar() error {
	if c.made.Sidecar == 0 || c.Replace {
		return nil
	}
	return os.Remove(c.sidecar())
}
