package preloader

import (
	"bytes"
	"crypto/sha1" // MT6261 uses it for its two files; here it only compares
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// Proof is the result of comparing a file with the digest in its own signature block. The digest
// covers all bytes before the block, from the file's first byte; comparing it needs no key. If the
// digest is right, the start, the length and the content are exactly right. It does not prove who
// signed the file.
type Proof struct {
	Kind   string `json:"kind"`   // "sha256", "sha1", or "none": nothing to compare with
	OK     bool   `json:"ok"`     // the digest was found in the signature block
	Offset int64  `json:"offset"` // of the digest in the image, flash.NoOffset if not found
	Where  string `json:"where"`  // text: where it was found or searched
	Digest string `json:"digest"` // computed over the file, hexadecimal; "" if the file is cut
}

// Failed reports whether the file has a digest that is not that of its bytes: the start is wrong,
// or the file was cut or edited. For a signature type with an unknown digest offset it is false:
// the file is only unproven.
func (p Proof) Failed() bool { return p.Kind != "none" && !p.OK }

// maxSignature is how many bytes of the signature block are searched; the longest known block has
// 0x66C.
const maxSignature = 0x10000

// digestAt has the offset of the digest in the signature block, by signature type. Type 1: u-boot
// tools/mtk_image.c; types 3 and 5: found in all available real preloaders.
var digestAt = map[uint8]int{1: 0, 3: 0x04, 5: 0x54C}

// prove compares the file at begin with its signature block. The image must have the whole file.
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

// match searches the block for the digests; Proof.Offset is relative to the block.
func match(kind uint8, sig, sum256, sum1 []byte) Proof {
	found := func(name string, sum []byte, at int) Proof {
		return Proof{Kind: name, OK: true, Offset: int64(at), Digest: hex.EncodeToString(sum),
			Where: fmt.Sprintf("signature block + 0x%x", at)}
	}
	// 32 equal bytes are a proof at any offset.
	if at := bytes.Index(sig, sum256); at >= 0 {
		return found("sha256", sum256, at)
	}
	if kind == 1 && bytes.HasPrefix(sig, sum1) && len(bytes.Trim(sig[len(sum1):], "\x00")) == 0 {
		return found("sha1", sum1, 0)
	}
	p := Proof{Kind: "none", Offset: flash.NoOffset, Digest: hex.EncodeToString(sum256),
		Where: fmt.Sprintf("signature type %d: searched in all 0x%x bytes of the block", kind, len(sig))}
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
