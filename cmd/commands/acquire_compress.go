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

// archiveOf is where --compress puts the archive of a dump folder.
func archiveOf(dir string) string { return filepath.Clean(dir) + ".tar.zst" }

// refuseCompress looks at what would keep the archive from being written, before
// anybody plugs a phone in.
func (a *acquisition) refuseCompress() error {
	if !a.compress {
		if a.removeRaw {
			return usage("--remove-raw goes with --compress: without an archive it would remove all there is")
		}
		return nil
	}
	if a.dir() == "" {
		return nil // a folder with a new name, and so an archive
	}
	if _, err := os.Lstat(archiveOf(a.dir())); !errors.Is(err, fs.ErrNotExist) {
		return words.Refuse(fmt.Errorf("%s exists", archiveOf(a.dir())), "move it away, or compress later: mtkkit backup create "+words.Quoted(a.dir()))
	}
	return nil
}

// compressFolder packs the finished dump, and proves the archive. The raw regions go only when
// that was asked for, all of the phone was read, and the archive is proven.
func (a *acquisition) compressFolder(ctx context.Context, m *flash.Manifest) error {
	dir, out := a.dir(), archiveOf(a.dir())
	if err := a.compressDump(ctx, dir, out); err != nil {
		return words.Advise(fmt.Errorf("%s is complete, but not the archive: %w", dir, err), "try again: mtkkit backup create "+words.Quoted(dir))
	}
	if !a.removeRaw {
		return nil
	}
	if !m.Complete {
		a.u.Note("the raw regions stay: not all of the phone is in them, and --resume needs them")
		return nil
	}
	// What describes the regions goes with them; the key by which the phone is known
	// again, images and map stay.
	for _, name := range []string{flash.ManifestName, flash.SumsName, "regions"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("removing the raw dump: %w", err)
		}
	}
	a.u.Say("%s/regions is removed: %s has them, every byte proven", dir, out)
	return nil
}

// compressDump packs a dump folder into an archive, proves that, and says both. With a JSON
// document on standard output, the words go where the notes go.
func (a *acquisition) compressDump(ctx context.Context, dir, out string) error {
	u := *a.u
	if u.JSON {
		u.JSON, u.Out = false, u.Err
	}
	made, err := archive.Create(ctx, archive.CreateOptions{Path: dir, Output: out, Tool: tool(), Progress: u.Bars.Event,
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
		return fmt.Errorf("%s: the verification does not hold", out)
	}
	u.Say("%s: %s", out, words.ArchiveVerdict(v))
	return nil
}
