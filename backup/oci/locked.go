package oci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"

	"github.com/mtkkit/mtkkit/backup/seal"
)

// Encrypted parts of a backup are sealed by package seal:
//
//	key.txt.age          a key that is made for this backup, sealed for its readers
//	index.json.age …     the documents of all files, sealed for that key
//	nvram.bin.zst.age …  the groups of private files, sealed for that key, too
//
// The documents of the other files are beside them, in the clear; they have no sum of private
// data. With Everything there are none.

const (
	// MediaTypeKey is the media type of the key of a backup.
	MediaTypeKey = "application/vnd.mtkkit.key.v1+age"

	sealedType   = "+age" // suffix of the media type of a sealed layer
	sealedEnding = ".age" // suffix of its title
)

// lock is the key of a backup during a push.
type lock struct {
	text []byte           // the key itself
	to   []seal.Recipient // the public half of the key
	key  []byte           // the key, sealed for the readers
}

func newLock(readers []seal.Recipient) (*lock, error) {
	text, to, err := seal.NewKey()
	if err != nil {
		return nil, err
	}
	l := &lock{text: text, to: []seal.Recipient{to}}
	l.key, err = seal.Bytes(text, readers)
	return l, err
}

// unlock returns the keys that open the sealed layers of a backup, nil if there are none.
func (r *Repo) unlock(ctx context.Context, l *loaded) ([]seal.Key, error) {
	if !l.has(MediaTypeKey) {
		return nil, nil
	}
	sealed, err := r.document(ctx, l, MediaTypeKey, nil)
	if err != nil {
		return nil, err
	}
	var keys []seal.Key
	if r.opt.Keys != nil {
		if keys, err = r.opt.Keys(); err != nil {
			return nil, err
		}
	}
	in, err := seal.Reader(bytes.NewReader(sealed), keys)
	if err != nil {
		return nil, fmt.Errorf("is encrypted: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(in, maxKey))
	if err != nil {
		return nil, fmt.Errorf("its key: %w", err)
	}
	return seal.ParseKeys(text)
}

const maxKey = 4096 // size limit of a backup's own key, bytes

// unseal decrypts a small sealed layer, whose bytes are already proven.
func unseal(sealed []byte, keys []seal.Key) ([]byte, error) {
	in, err := seal.Reader(bytes.NewReader(sealed), keys)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(in)
}

// prove reads a blob of which only the digest is known, and checks it.
func prove(ctx context.Context, s getter, d ocispec.Descriptor) error {
	rc, err := s.get(ctx, d)
	if err != nil {
		return err
	}
	defer rc.Close()
	v := content.NewVerifyReader(rc, d)
	if _, err = io.Copy(io.Discard, v); err == nil {
		err = v.Verify()
	}
	if errors.Is(err, content.ErrMismatchedDigest) || errors.Is(err, content.ErrTrailingData) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = ErrDamaged
	}
	if err != nil {
		return fmt.Errorf("blob %s: %w", d.Digest, err)
	}
	return nil
}
