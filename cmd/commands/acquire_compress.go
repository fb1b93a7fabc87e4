package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// archiveOf returns the path of the archive that --compress makes of a dump folder.
func archiveOf(dir string) string { return filepath.Clean(dir) + ".tar.zst" }

// refuseCompress checks, before a phone is plugged in, whether the archive could be written.
func (a *acquisition) refuseCompress() error {
	if !a.compress {
		if a.removeRaw {
			return usage("--remove-raw needs --compress: without an archive it would remove the only copy")
		}
		return nil
	}
	if a.dir() == "" {
		return nil // the folder gets a new name, and so does the archive
	}
	if _, err := os.Lstat(archiveOf(a.dir())); !errors.Is(err, fs.ErrNotExist) {
		return words.Refuse(fmt.Errorf("%s exists", archiveOf(a.dir())), "move it away, or compress later: mtkkit backup create "+words.Quoted(a.dir()))
	}
	return nil
}

// compressFolder packs the finished dump and verifies the archive. It removes the raw regions only
// if the user asked for it, all of the phone was read, and the archive is verified.
func (a *acquisition) compressFolder(ctx context.Context, m *flash.Manifest) error {
	dir, out := a.dir(), archiveOf(a.dir())
	if err := a.compressDump(ctx, dir, out); err != nil {
		return words.Advise(fmt.Errorf("%s is complete, but the archive is not: %w", dir, err), "try again: mtkkit backup create "+words.Quoted(dir))
	}
	if !a.removeRaw {
		return nil
	}
	if !m.Complete {
		a.u.Note("the raw regions are kept: not all of the phone was read, and --resume needs them")
		return nil
	}
	// The files that describe the regions are removed with them. The key that identifies the
	// phone, the images and the map are kept.
	for _, name := range []string{flash.ManifestName, flash.SumsName, "regions"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("removing the raw dump: %w", err)
		}
	}
	a.u.Say("%s/regions was removed: %s contains all of it, and every byte is proven", dir, out)
	return nil
}

// compressDump packs a dump folder into an archive, verifies the archive, and prints both results.
// If standard output has a JSON document, the results go to standard error.
func (a *acquisition) compressDump(ctx context.Context, dir, out string) error {
	u := *a.u
	if u.JSON {
		u.JSON, u.Out = false, u.Err
	}
	made, err := archive.Create(ctx, archive.CreateOptions{Path: dir, Output: out, Tool: tool(), Progress: u.Bars.Event, AcceptGuess: true, // it is all of the dump; its record says that the rows are guesses
		Open: dump.Options{Table: a.namesTable(), Tool: tool(), Progress: u.Bars.Event}})
	u.Bars.Clear()
	if err != nil {
		return err
	}
	if err := (&packOptions{}).tell(&u, made); err != nil && !errors.Is(err, words.ErrProblems) {
		return err
	}
	v, err := archive.Verify(ctx, out, archive.VerifyOptions{Progress: u.Bars.Event})
	u.Bars.Clear()
	if err != nil {
		return err
	}
	u.Problems(v.Problems)
	if v.State == archive.Broken {
		return fmt.Errorf("%s: the verification failed", out)
	}
	u.Say("%s: %s", out, words.ArchiveVerdict(v))
	return nil
}
