package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// outFile is a single file that a command writes: as NAME.part first, so that nothing
// unfinished looks finished.
type outFile struct {
	path   string
	inputs []string // files that must not be written to
	force  bool     // replace a file of ours
	ours   string   // words near the start of a file that this command wrote

	known func(old []byte) bool // tells small files of ours that have no such words; nil for none
}

func (o outFile) part() string { return o.path + disk.PartSuffix }

// refuse says why the file must not be written. Nothing is created by asking.
func (o outFile) refuse() error {
	if err := o.refuseName(); err != nil {
		return err
	}
	if _, err := os.Lstat(o.part()); err == nil {
		return o.inTheWay()
	}
	return nil
}

func (o outFile) inTheWay() error {
	return words.Refuse(fmt.Errorf("%s is in the way", o.part()), "it may be the rest of an interrupted run: remove it if so")
}

// refuseName is refuse for the name that the file is to have in the end.
func (o outFile) refuseName() error {
	for _, path := range []string{o.path, o.part()} {
		st, err := os.Stat(path)
		if err != nil {
			continue
		}
		for _, in := range o.inputs {
			if ist, err := os.Stat(in); err == nil && os.SameFile(st, ist) {
				return words.Refuse(fmt.Errorf("%s is the input %s itself", path, in), "choose another name")
			}
		}
	}
	st, err := os.Lstat(o.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !st.Mode().IsRegular() || !o.isOurs():
		return words.Refuse(fmt.Errorf("%s is there already and was not written by this command", o.path), "move it away, or choose another name")
	case !o.force:
		return words.Refuse(fmt.Errorf("%s is there already", o.path), "--force replaces it, or choose another name")
	}
	return nil
}

// isOurs looks for the words at the file's start.
func (o outFile) isOurs() bool {
	f, err := disk.OpenPlain(o.path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := io.ReadFull(f, head)
	if bytes.Contains(head[:n], []byte(o.ours)) {
		return true
	}
	if st, err := f.Stat(); o.known == nil || err != nil || st.Size() > scatter.MaxSize {
		return false
	}
	rest, err := io.ReadAll(f)
	return err == nil && o.known(append(head[:n], rest...))
}

// write makes the file; when that fails nothing of it is left.
func (o outFile) write(fill func(io.Writer) error) error {
	opt := disk.PublishOptions{Before: o.refuseName} // somebody may have been faster
	err := disk.WriteNew(o.path, opt, func(f *os.File) error { return fill(f) })
	if errors.Is(err, disk.ErrPart) {
		return o.inTheWay()
	}
	return err
}

// putFolder writes outputs and their manifest into a folder that verify understands.
func putFolder(ctx context.Context, dir string, force bool, inputs []string, outputs []flash.Output, m *flash.Manifest) error {
	folder, err := split.Create(dir, outputs, nil, split.Options{Force: force, Inputs: nonEmpty(inputs)})
	if err != nil {
		return words.Refused(err)
	}
	if _, err = folder.Copy(ctx); err == nil {
		err = folder.Finish(m)
	}
	if err != nil {
		return errors.Join(err, folder.Abandon())
	}
	return nil
}
