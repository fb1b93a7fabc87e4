package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// NewKey makes a new key, for a backup that is sealed in many pieces; the key itself is then
// sealed once for the readers. Text is the key in the format of an age key file.
func NewKey() (text []byte, to Recipient, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	return []byte(id.String() + "\n"), id.Recipient(), nil
}

// ParseKeys reads the keys in the text of an age key file.
func ParseKeys(text []byte) ([]Key, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return ids, nil
}

// Bytes seals a small content.
func Bytes(b []byte, to []Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := Writer(&out, to)
	if err != nil {
		return nil, err
	}
	if _, err = w.Write(b); err == nil {
		err = w.Close()
	}
	return out.Bytes(), err
}

// Reader returns the content of a sealed stream. Each piece is proven before it is returned, and
// a stream that is cut is an error at its end. The errors are those of Open.
func Reader(r io.Reader, keys []Key) (io.Reader, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: there is no key", ErrKey)
	}
	out, err := age.Decrypt(r, keys...)
	return out, opening(err)
}

// opening converts age's error for a file that does not open.
func opening(err error) error {
	if err == nil {
		return nil
	}
	if none := (*age.NoIdentityMatchError)(nil); errors.As(err, &none) {
		return ErrKey
	}
	if asked := (*askError)(nil); errors.As(err, &asked) {
		return asked.error
	}
	return damaged(err)
}
