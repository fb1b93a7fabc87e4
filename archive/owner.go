package archive

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/mtkkit/mtkkit/backup/leak"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

// The owner of a phone may want to know later whether a shared archive is of this phone. A hash of
// an identifier would identify the phone for everybody, because an IMEI can be guessed from its
// hash. An HMAC identifies it only for those who have the key, and the key stays in the owner's
// file.

const (
	ownerKeySize = 32      // bytes, in the file as hex
	maxKeyFile   = 1 << 20 // bytes; a larger file is not a key
)

// OwnerKeyError reports a file that is not an owner's key.
type OwnerKeyError struct{ Path string }

func (e *OwnerKeyError) Error() string {
	return fmt.Sprintf("%s is not an owner's key (%d bytes in hex)", e.Path, ownerKeySize)
}

// ownerKey reads the key of an owner. With fresh, it makes the file if it does not exist.
func ownerKey(path string, fresh bool) ([]byte, error) {
	text, err := readKeyFile(path)
	if fresh && errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, ownerKeySize)
		rand.Read(key)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, err
		}
		_, err = fmt.Fprintf(f, "%x\n", key)
		return key, errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != ownerKeySize {
		return nil, &OwnerKeyError{path}
	}
	return key, nil
}

func readKeyFile(path string) ([]byte, error) {
	f, err := disk.OpenSmall(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxKeyFile))
}

// signature returns the HMACs by which the owner recognises a shared archive, made with the key
// in a file.
func signature(ctx context.Context, path string, p *plan.Plan) (map[string]string, error) {
	key, err := ownerKey(path, true)
	if err != nil {
		return nil, err
	}
	private, err := privateParts(p)
	if err != nil {
		return nil, err
	}
	return ownerIDs(ctx, key, private)
}

// ownerIDs returns the HMACs of the partitions that are unique to this phone. A partition of equal
// bytes identifies nothing and is left out.
func ownerIDs(ctx context.Context, key []byte, private []leak.Part) (map[string]string, error) {
	ids := map[string]string{}
	for _, p := range private {
		name := scatter.Canonical(p.Name)
		if _, yes := scatter.Identity(name); !yes {
			continue
		}
		h, same := hmac.New(sha256.New, key), sameBytes{}
		fmt.Fprintf(h, "mtkkit owner 1\n%s\n", name)
		if err := copyTo(ctx, io.MultiWriter(h, &same), p.Image); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if !same.only() {
			ids[name] = hex.EncodeToString(h.Sum(nil))
		}
	}
	return ids, nil
}

// Ownership says whether a shared archive is of the phone that it is compared with.
type Ownership string

// The values of Ownership.
const (
	NotAsked Ownership = ""         // no key was given
	Unsigned Ownership = "unsigned" // unknown: the archive was made without a key
	Same     Ownership = "same"     // the key proves that it is of this phone
	Other    Ownership = "other"    // the key proves that it is of another phone
)

// owned says whether a shared archive is of the phone, and by which partitions.
func owned(ctx context.Context, path string, m *flash.Manifest, private []leak.Part) (Ownership, []string, error) {
	if path == "" {
		return NotAsked, nil, nil
	}
	key, err := ownerKey(path, false)
	if err != nil {
		return NotAsked, nil, err
	}
	if m == nil || m.Phone == nil || len(m.Phone.IDs) == 0 {
		return Unsigned, nil, nil
	}
	ids, err := ownerIDs(ctx, key, private)
	if err != nil {
		return NotAsked, nil, err
	}
	var same []string
	for _, p := range private {
		name := scatter.Canonical(p.Name)
		if id := ids[name]; id != "" && hmac.Equal([]byte(id), []byte(m.Phone.IDs[name])) {
			same = append(same, p.Name)
		}
	}
	if len(same) == 0 {
		return Other, nil, nil
	}
	return Same, same, nil
}
