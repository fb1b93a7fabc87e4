package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"filippo.io/age"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/mtkkit/mtkkit/flash"
)

// The content of an age file (age-encryption.org/v1, "Payload"): a nonce, then pieces of 64 KiB,
// each with a tag. Package age reads it only if its end is there.
const (
	nonceSize = 16
	pieceSize = 64 << 10
	packSize  = pieceSize + chacha20poly1305.Overhead
	keyLabel  = "payload"
)

// OpenCut is Open for a file whose end is missing or damaged: the content of all whole pieces
// before the end, readable at any offset. Each piece is proven when it is read; whether more
// followed is not known. The error wraps ErrKey if no key fits.
func OpenCut(img flash.Image, keys []Key) (flash.Image, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: there is no key", ErrKey)
	}
	head, err := age.ExtractHeader(io.NewSectionReader(img, 0, img.Size()))
	if err != nil {
		return nil, damaged(err)
	}
	fileKey, err := age.DecryptHeader(head, keys...)
	if err != nil {
		return nil, opening(err)
	}
	nonce := make([]byte, nonceSize)
	if err := flash.ReadInto(img, nonce, int64(len(head))); err != nil {
		return nil, damaged(err)
	}
	key, err := hkdf.Key(sha256.New, fileKey, nonce, keyLabel, chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	start := int64(len(head)) + nonceSize
	c := &cutFile{in: img, aead: aead, start: start, pieces: max(img.Size()-start, 0) / packSize, have: -1}
	for c.pieces > 0 && c.open(c.pieces-1) != nil { // the last whole one may be damaged, too, but not many
		if c.pieces--; (img.Size()-start)/packSize-c.pieces > mostDamaged {
			return nil, damaged(nil)
		}
	}
	if c.pieces == 0 {
		return nil, damaged(nil)
	}
	return flash.Slice(opened{c, c.pieces * pieceSize}, flash.Extent{Length: c.pieces * pieceSize}), nil
}

// mostDamaged is the number of pieces at the end that may be damaged: 16 MiB.
const mostDamaged = 256

// cutFile reads the whole pieces of a file without its end.
type cutFile struct {
	in     io.ReaderAt
	aead   cipher.AEAD
	start  int64 // offset of the first piece
	pieces int64 // number of whole pieces

	mu    sync.Mutex
	have  int64 // the piece in plain, -1 for none
	plain []byte
}

// open decrypts one piece into plain.
func (c *cutFile) open(i int64) error {
	if c.have == i {
		return nil
	}
	packed := make([]byte, packSize)
	n, err := c.in.ReadAt(packed, c.start+i*packSize)
	if n < len(packed) {
		return fmt.Errorf("seal: at 0x%x: %w", c.start+i*packSize, err)
	}
	nonce := make([]byte, chacha20poly1305.NonceSize)
	binary.BigEndian.PutUint64(nonce[len(nonce)-9:], uint64(i)) // the last byte marks the last piece
	plain, err := c.aead.Open(nil, nonce, packed, nil)
	if err != nil {
		return fmt.Errorf("seal: the 64 KiB at 0x%x are damaged", c.start+i*packSize)
	}
	c.have, c.plain = i, plain
	return nil
}

// ReadAt implements io.ReaderAt within the whole pieces.
func (c *cutFile) ReadAt(p []byte, off int64) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n < len(p) {
		i := off / pieceSize
		if i >= c.pieces {
			return n, io.EOF
		}
		if err := c.open(i); err != nil {
			return n, err
		}
		k := copy(p[n:], c.plain[off%pieceSize:])
		n, off = n+k, off+int64(k)
	}
	return n, nil
}
