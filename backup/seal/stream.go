package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// NewKey makes a key that nobody has yet: for what is sealed in many pieces, and whose
// key is then sealed once for those who may read it. Text is the key as a file of age's
// holds it.
func NewKey() (text []byte, to Recipient, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	return []byte(id.String() + "\n"), id.Recipient(), nil
}

// ParseKeys reads the keys of a text of age's.
func ParseKeys(text []byte) ([]Key, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return ids, nil
}

// Bytes seals what is small.
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

// Reader returns the content of a sealed stream. Each piece is proven before it is
// given out, and a stream that breaks off is an error at its end. The errors are those
// of Open.
func Reader(r io.Reader, keys []Key) (io.Reader, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: there are none", ErrKey)
	}
	out, err := age.Decrypt(r, keys...)
	return out, opening(err)
}

// opening sorts what age says of a file that does not open.
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
