package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// sealedEnding is what the name of a private file in a plain archive ends with.
const sealedEnding = ".zst.age"

// sealPrivate encrypts what is private in an archive that anybody may read: nvram.bin
// becomes nvram.bin.zst.age. A tar names a file's length before its bytes, and that is
// known when it is compressed: so each goes to a temporary file beside the archive.
func (j *backupJob) sealPrivate(ctx context.Context, to []seal.Recipient) error {
	private, sealed := privateIn(j.record), map[string]bool{}
	for _, outputs := range [][]flash.Output{j.outputs, j.last} {
		for i := range outputs {
			o := &outputs[i]
			if !private(o.Name) || o.OmitZero && onlyZeros(ctx, o.Image) {
				continue
			}
			img, err := j.sealOne(ctx, o, to)
			if err != nil {
				return fmt.Errorf("%s: %w", o.Name, err)
			}
			sealed[o.Name] = true
			o.Name, o.Image, o.OmitZero = o.Name+sealedEnding, img, false
		}
	}
	j.record = j.record.Public(func(string) bool { return false })
	for i := range j.record.Entries {
		e := &j.record.Entries[i]
		if !sealed[e.File] {
			continue
		}
		e.File, e.SHA256 = e.File+sealedEnding, ""
		if e.Kind.IsDump() {
			e.Was, e.Kind = e.Kind, flash.KindSealed
		}
	}
	j.notes = append(j.notes, fmt.Sprintf("%d private files are encrypted: NAME%s; age -d and zstd -d open them, and mtkkit with --key", len(sealed), sealedEnding))
	return nil
}

// privateIn tells which files of a record may hold what is of this phone only. Of those
// that are no entry the scatter file is everybody's; the blocks map is a picture of the
// private partitions too.
func privateIn(m *flash.Manifest) func(file string) bool {
	entries := map[string]bool{}
	for i := range m.Entries {
		if e := &m.Entries[i]; e.File != "" {
			entries[e.File] = entries[e.File] || isPrivate(e)
		}
	}
	return func(file string) bool {
		private, entry := entries[file]
		return private || !entry && !dump.ScatterName.MatchString(file)
	}
}

// isPrivate reports whether an entry may hold what is of this phone only.
func isPrivate(e *flash.ManifestEntry) bool {
	if e.Kind == flash.KindSealed { // locked already
		return false
	}
	return !scatter.Everybodys(e)
}

// sealedIn counts the files of a manifest that are encrypted.
func sealedIn(m *flash.Manifest) (n int) {
	for _, f := range m.Files {
		if strings.HasSuffix(f.Name, sealedEnding) {
			n++
		}
	}
	return n
}

func onlyZeros(ctx context.Context, img flash.Image) bool {
	zeros, err := flash.OnlyZeros(ctx, img)
	return zeros && err == nil
}

// sealOne writes one file, compressed and encrypted, to a temporary one. What a parts
// folder knows of its hash is compared on the way.
func (j *backupJob) sealOne(ctx context.Context, o *flash.Output, to []seal.Recipient) (flash.Image, error) {
	f, err := os.CreateTemp(filepath.Dir(j.out), ".mtkkit-sealed-*")
	if err != nil {
		return nil, err
	}
	j.closers = append(j.closers, tempFile{f})
	if runtime.GOOS != "windows" {
		os.Remove(f.Name()) // so that it goes with the process, however that ends
	}
	w, err := seal.Writer(f, to)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	done := int64(0)
	err = backup.Frames(ctx, w, hashed{o.Image, h}, j.opt.Level, func(n int64) {
		done += n
		j.u.bars.event(flash.Event{Op: "encrypt", Name: o.Name, Done: done, Total: o.Image.Size()})
	})
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, err
	}
	if want := j.sums[o.Name]; want != "" && want != hex.EncodeToString(h.Sum(nil)) {
		return nil, fmt.Errorf("has changed since it was written: the manifest has another sha-256")
	}
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return fileImage{f, st.Size()}, nil
}

// hashed is an image read once, in order, by a writer of hashes too.
type hashed struct {
	flash.Image
	h io.Writer
}

func (r hashed) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Image.ReadAt(p, off)
	r.h.Write(p[:n])
	return n, err
}

// tempFile is removed when it is closed.
type tempFile struct{ *os.File }

func (t tempFile) Close() error {
	err := t.File.Close()
	os.Remove(t.Name())
	return err
}
