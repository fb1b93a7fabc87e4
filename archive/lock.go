package archive

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
	"github.com/mtkkit/mtkkit/flash"
)

// lockPrivate encrypts the private files in an archive that everybody can read: nvram.bin becomes
// nvram.bin.zst.age. A tar has the length of a file before its bytes, and this length is known
// only after compression, so each file goes to a temporary file beside the archive. A private gap
// of zeros has no file.
func (c *creation) lockPrivate(ctx context.Context) error {
	private, locked, zeros := privateFiles(c.record, c.outputs), map[string]bool{}, map[string]bool{}
	for _, outputs := range []*[]flash.Output{&c.outputs, &c.last} {
		var kept []flash.Output
		for _, o := range *outputs {
			if private(o.Name) && isOmitted(ctx, &o) {
				zeros[o.Name] = true
				continue
			}
			if private(o.Name) {
				img, err := c.lockOne(ctx, &o)
				if err != nil {
					return fmt.Errorf("%s: %w", o.Name, err)
				}
				locked[o.Name] = true
				o = flash.Output{Name: o.Name + LockedEnding, Image: img}
			}
			kept = append(kept, o)
		}
		*outputs = kept
	}
	c.record = c.record.Public(func(string) bool { return false })
	for i := range c.record.Entries {
		switch e := &c.record.Entries[i]; {
		case zeros[e.File]:
			e.File, e.Zero = "", true
		case locked[e.File]:
			e.File, e.SHA256 = e.File+LockedEnding, ""
			if e.Kind.IsDump() {
				e.Was, e.Kind = e.Kind, flash.KindSealed
			}
		}
	}
	c.made.Locked = len(locked)
	return nil
}

// isOmitted reports whether an output has no file.
func isOmitted(ctx context.Context, o *flash.Output) bool {
	if !o.OmitZero {
		return false
	}
	zeros, err := flash.OnlyZeros(ctx, o.Image)
	return zeros && err == nil
}

// lockOne compresses and encrypts one file into a temporary one. It compares the bytes with the
// hash from the parts folder, if there is one.
func (c *creation) lockOne(ctx context.Context, o *flash.Output) (flash.Image, error) {
	f, err := os.CreateTemp(filepath.Dir(c.Output), ".mtkkit-sealed-*")
	if err != nil {
		return nil, err
	}
	c.closers = append(c.closers, tempFile{f})
	if runtime.GOOS != "windows" {
		os.Remove(f.Name()) // so that no file is left, however the process ends
	}
	w, err := seal.Writer(f, c.EncryptPrivate)
	if err != nil {
		return nil, err
	}
	h, done := sha256.New(), int64(0)
	err = backup.Frames(ctx, w, hashed{o.Image, h}, c.Level, func(n int64) {
		done += n
		c.tell(flash.Event{Op: "encrypt", Name: o.Name, Done: done, Total: o.Image.Size()})
	})
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, err
	}
	if want := c.sums[o.Name]; want != "" && want != hex.EncodeToString(h.Sum(nil)) {
		return nil, fmt.Errorf("has changed since it was written: the manifest has another sha-256")
	}
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return io.NewSectionReader(f, 0, st.Size()), nil
}

// hashed is an image that is read once, in order, and hashed while it is read.
type hashed struct {
	flash.Image
	h io.Writer
}

func (r hashed) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Image.ReadAt(p, off)
	_, _ = r.h.Write(p[:n]) // a hash does not fail
	return n, err
}

// tempFile is a file that is removed when it is closed.
type tempFile struct{ *os.File }

func (t tempFile) Close() error {
	err := t.File.Close()
	os.Remove(t.Name())
	return err
}

// LockedIn counts the encrypted private files of a record, in an archive or folder that everybody
// can read.
func LockedIn(m *flash.Manifest) (n int) {
	for _, f := range m.Files {
		if strings.HasSuffix(f.Name, LockedEnding) {
			n++
		}
	}
	return n
}
