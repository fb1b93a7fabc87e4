package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"filippo.io/age"

	"github.com/mtkkit/mtkkit/flash"
)

// intro is the start of every age file.
const intro = "age-encryption.org/v1\n"

// ErrKey means that none of the given keys opens the file.
var ErrKey = errors.New("none of the given keys opens it")

// Key opens files that were sealed for it; Recipient is its public half.
type (
	Key       = age.Identity
	Recipient = age.Recipient
)

// Sniff reports whether img begins like an age file. Armored files (text) are not recognised,
// because they cannot be read at an offset.
func Sniff(img flash.Image) bool {
	b, err := flash.ReadFull(img, 0, len(intro))
	return err == nil && string(b) == intro
}

// Writer returns a writer that encrypts to w for the recipients. Close completes the file;
// without it, every reader reports that the file is cut off.
func Writer(w io.Writer, to []Recipient) (io.WriteCloser, error) {
	if len(to) == 0 {
		return nil, errors.New("seal: without a recipient nobody could read this file")
	}
	out, err := age.Encrypt(w, to...)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out, nil
}

// Open returns the content of a sealed file, readable at any offset. Each 64 KiB are proven
// separately: a changed piece is an error when it is read. The end is proven at once, so a file
// that is cut is an error here. The error wraps ErrKey if no key fits, and is that of Ask if no
// passphrase was given.
func Open(img flash.Image, keys []Key) (flash.Image, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: there is no key", ErrKey)
	}
	r, n, err := age.DecryptReaderAt(img, img.Size(), keys...)
	if err != nil {
		return nil, opening(err)
	}
	return flash.Slice(opened{r, n}, flash.Extent{Length: n}), nil
}

// damaged replaces age's error about its format; an error of the system is kept.
func damaged(err error) error {
	if !errors.As(err, new(*fs.PathError)) {
		err = nil
	}
	return &flash.FormatError{Format: "seal", Offset: flash.NoOffset, Text: "damaged, cut off, or not an age file", Err: err}
}

// opened is the reader that age returns for a sealed file; flash.Slice makes it behave like an
// Image at its ends.
type opened struct {
	io.ReaderAt
	size int64
}

func (o opened) Size() int64 { return o.size }
