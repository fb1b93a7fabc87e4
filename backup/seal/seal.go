package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"filippo.io/age"

	"github.com/mtkkit/mtkkit/flash"
)

// intro is what every age file begins with.
const intro = "age-encryption.org/v1\n"

// ErrKey means that none of the keys at hand opens the file.
var ErrKey = errors.New("none of the keys at hand opens it")

// Key opens what was sealed for it; Recipient is its public half.
type (
	Key       = age.Identity
	Recipient = age.Recipient
)

// Sniff reports whether img begins as an age file. Armored files (text) are not known:
// nothing can be read in them without unpacking all.
func Sniff(img flash.Image) bool {
	b, err := flash.ReadFull(img, 0, len(intro))
	return err == nil && string(b) == intro
}

// Writer returns what encrypts to w for the recipients. Close completes the file; a
// file without it is noticed as cut off by every reader.
func Writer(w io.Writer, to []Recipient) (io.WriteCloser, error) {
	if len(to) == 0 {
		return nil, errors.New("seal: nobody could read this file: no recipient")
	}
	out, err := age.Encrypt(w, to...)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out, nil
}

// Open returns the content of a sealed file, readable at any offset: each 64 KiB stand
// for themselves, and what was changed is an error where it is read. The end is proven
// at once, so a file that breaks off is an error here. The error wraps ErrKey when no
// key fits, and is that of Ask when a passphrase could not be had.
func Open(img flash.Image, keys []Key) (flash.Image, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: there are none", ErrKey)
	}
	r, n, err := age.DecryptReaderAt(img, img.Size(), keys...)
	if err != nil {
		return nil, opening(err)
	}
	return flash.Slice(opened{r, n}, flash.Extent{Length: n}), nil
}

// damaged drops what age says of its own parsing; what the system says of reading stays.
func damaged(err error) error {
	if !errors.As(err, new(*fs.PathError)) {
		err = nil
	}
	return &flash.FormatError{Format: "seal", Offset: flash.NoOffset, Text: "damaged, cut off, or no age file", Err: err}
}

// opened is what age makes of a sealed file; flash.Slice gives it the manners of an
// Image at its ends.
type opened struct {
	io.ReaderAt
	size int64
}

func (o opened) Size() int64 { return o.size }
