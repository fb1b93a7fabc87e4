package preloader

import (
	"bytes"
	"crypto/sha1" // MT6261 signs its two files with it; here it only compares
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// Proof says whether a file's own signature block vouches for its bytes. The digest
// is of everything before the block, from the file's first byte on; no key is needed
// to compare it. That the digest holds means that begin, length and content are right
// to the byte. It says nothing about who signed.
type Proof struct {
	Kind   string `json:"kind"`   // "sha256", "sha1", or "none": nothing to compare with
	OK     bool   `json:"ok"`     // the digest was found in the signature block
	Offset int64  `json:"offset"` // of the digest in the image, flash.NoOffset when not found
	Where  string `json:"where"`  // in words: where it was found, or looked for
	Digest string `json:"digest"` // computed over the file, hexadecimal; "" when it is cut
}

// Failed reports whether the file has a digest and it is not that of its bytes:
// wrong begin, a cut, or an edit. A file of a signature type whose digest's place is
// not known is not failed, only unproven.
func (p Proof) Failed() bool { return p.Kind != "none" && !p.OK }

// maxSignature bounds the signature block we search; the longest known is 0x66C.
const maxSignature = 0x10000

// Where the digest lies in the signature block, by signature type. Type 1: u-boot
// tools/mtk_image.c; types 3 and 5: found in every real preloader at hand.
var digestAt = map[uint8]int{1: 0, 3: 0x04, 5: 0x54C}

// prove compares the file at begin with its signature block. All of the file must be
// in the image.
func prove(img flash.Image, begin int64, f FileInfo) (Proof, error) {
	none := Proof{Kind: "none", Offset: flash.NoOffset}
	if f.SignatureLen == 0 {
		none.Where = fmt.Sprintf("signature type %d, no signature block", f.SignatureType)
		return none, nil
	}
	h256, h1 := sha256.New(), sha1.New()
	body := io.NewSectionReader(img, begin, f.signatureAt())
	if n, err := io.Copy(io.MultiWriter(h256, h1), body); err != nil || n != f.signatureAt() {
		return none, fmt.Errorf("preloader: hashing 0x%x bytes at 0x%x stopped after 0x%x: %w",
			f.signatureAt(), begin, n, orShort(err))
	}
	at := begin + f.signatureAt()
	sig, err := peek(img, at, int(min(f.SignatureLen, maxSignature)))
	if err != nil {
		return none, err
	}
	p := match(f.SignatureType, sig, h256.Sum(nil), h1.Sum(nil))
	if p.OK {
		p.Offset += at
	}
	return p, nil
}

// match looks for the digests in the block; Proof.Offset is relative to it.
func match(kind uint8, sig, sum256, sum1 []byte) Proof {
	found := func(name string, sum []byte, at int) Proof {
		return Proof{Kind: name, OK: true, Offset: int64(at), Digest: hex.EncodeToString(sum),
			Where: fmt.Sprintf("signature block + 0x%x", at)}
	}
	// 32 bytes that agree are proof wherever they are found.
	if at := bytes.Index(sig, sum256); at >= 0 {
		return found("sha256", sum256, at)
	}
	if kind == 1 && bytes.HasPrefix(sig, sum1) && len(bytes.Trim(sig[len(sum1):], "\x00")) == 0 {
		return found("sha1", sum1, 0)
	}
	p := Proof{Kind: "none", Offset: flash.NoOffset, Digest: hex.EncodeToString(sum256),
		Where: fmt.Sprintf("signature type %d: looked for in all 0x%x bytes of the block", kind, len(sig))}
	if at, known := digestAt[kind]; known {
		p.Kind = "sha256"
		p.Where = fmt.Sprintf("signature block + 0x%x, and in the rest of it: not found", at)
	}
	return p
}

func orShort(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}
