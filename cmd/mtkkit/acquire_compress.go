package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
)

// archiveOf is where --compress puts the archive of a dump folder.
func archiveOf(dir string) string { return filepath.Clean(dir) + ".tar.zst" }

// refuseCompress looks at what would keep the archive from being written, before
// anybody plugs a phone in.
func (a *acquisition) refuseCompress() error {
	if !a.c.Bool("compress") {
		if a.c.Bool("remove-raw") {
			return usage("mtkkit acquire: --remove-raw goes with --compress: without an archive it would remove all there is")
		}
		return nil
	}
	if a.dir == "" {
		return nil // a folder with a new name, and so an archive
	}
	if _, err := os.Lstat(archiveOf(a.dir)); !errors.Is(err, fs.ErrNotExist) {
		return refusal{fmt.Errorf("%s exists", archiveOf(a.dir)), []string{"move it away, or compress later: mtkkit backup create " + quoted(a.dir)}}
	}
	return nil
}

// compress packs the finished dump as backup create does, and proves the archive as
// backup verify does: both are run as a user would run them. The raw regions go only
// when that was asked for, all of the phone was read, and the archive is proven.
func (a *acquisition) compress(ctx context.Context, m *flash.Manifest) error {
	out := archiveOf(a.dir)
	create := []string{"backup", "create", a.dir, "-o", out}
	for _, f := range []string{"scatter", "table"} {
		if v := a.c.String(f); v != "" {
			create = append(create, "--"+f, v)
		}
	}
	for _, args := range [][]string{create, {"backup", "verify", out}} {
		if err := a.also(ctx, args...); err != nil && !errors.Is(err, errProblems) {
			return hinted{fmt.Errorf("%s is complete, but not the archive: %w", a.dir, err), []string{"try again: mtkkit backup create " + quoted(a.dir)}}
		}
	}
	if !a.c.Bool("remove-raw") {
		return nil
	}
	if !m.Complete {
		a.u.note("the raw regions stay: not all of the phone is in them, and --resume needs them")
		return nil
	}
	// What describes the regions goes with them; the key by which the phone is known
	// again, images and map stay.
	for _, name := range []string{flash.ManifestName, flash.SumsName, "regions"} {
		if err := os.RemoveAll(filepath.Join(a.dir, name)); err != nil {
			return fmt.Errorf("removing the raw dump: %w", err)
		}
	}
	a.u.say("%s/regions is removed: %s has them, every byte proven", a.dir, out)
	return nil
}

// also runs another command of the program. With --json its words go to standard error,
// for standard output is one document.
func (a *acquisition) also(ctx context.Context, args ...string) error {
	s := a.u.streams
	if a.u.json {
		s.out = s.err
	}
	u := newUI(s)
	if a.c.Bool("quiet") {
		args = append(args, "--quiet")
	}
	if p := a.c.String("progress"); p != "" {
		args = append(args, "--progress", p)
	}
	app := newApp(u)
	args, err := reorder(app, append([]string{"mtkkit"}, args...))
	if err != nil {
		return err
	}
	err = app.RunContext(ctx, args)
	u.bars.clear()
	return err
}
