package recovery

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
)

const (
	vbmetaHeader = 256
	footerBytes  = 64
	blockBytes   = 4096
)

// withFooter returns an image that fills a partition of size bytes, with an unsigned
// AVB block that has its hash, and a footer. See package avb for the layout. The block
// proves nothing to a locked bootloader. It is for tools and unlocked bootloaders that
// require a block.
func withFooter(img flash.Image, size int64, partition string, salt []byte, rollback uint64) (flash.Image, error) {
	sum := sha256.New()
	sum.Write(salt)
	if _, err := io.Copy(sum, io.NewSectionReader(img, 0, img.Size())); err != nil {
		return nil, err
	}
	block := vbmeta(hashDescriptor(partition, img.Size(), salt, sum.Sum(nil)), rollback)
	at := (img.Size() + blockBytes - 1) / blockBytes * blockBytes
	free := size - footerBytes - at - int64(len(block))
	if free < 0 {
		return nil, fmt.Errorf("recovery: 0x%x bytes and their AVB block do not fit into the partition of 0x%x bytes", img.Size(), size)
	}
	return flash.Join(img, zeros(at-img.Size()), bytes.NewReader(block), zeros(free),
		bytes.NewReader(footer(img.Size(), at, int64(len(block))))), nil
}

// refooted returns an image with a new footer if the stock image had one. old is the
// stock image's block, nil if it had no footer; whole is then img.
func refooted(img, stock flash.Image, size int64, partition string) (whole flash.Image, old *avb.VBMeta, err error) {
	old, foot, err := avb.Find(stock)
	if err != nil || foot == nil {
		return img, nil, nil
	}
	var salt []byte
	for _, d := range old.Images {
		if d.Tree == nil {
			partition, salt = cmp.Or(partition, d.Partition), d.Salt
			break
		}
	}
	whole, err = withFooter(img, size, cmp.Or(partition, "recovery"), salt, old.RollbackIndex)
	return whole, old, err
}

// unsigned explains the use of a new footer.
const unsigned = "only an unlocked bootloader starts it, on most phones only with verification switched off in vbmeta"

func zeros(n int64) flash.Image { return flash.NewStitched(n) }

func pad8(b []byte) []byte { return append(b, make([]byte, (8-len(b)%8)%8)...) }

func hashDescriptor(partition string, size int64, salt, digest []byte) []byte {
	const tag, fixed = 2, 132
	be := binary.BigEndian
	b := make([]byte, fixed)
	be.PutUint64(b[0:], tag)
	be.PutUint64(b[16:], uint64(size))
	copy(b[24:56], "sha256")
	be.PutUint32(b[56:], uint32(len(partition)))
	be.PutUint32(b[60:], uint32(len(salt)))
	be.PutUint32(b[64:], uint32(len(digest)))
	b = pad8(append(append(append(b, partition...), salt...), digest...))
	be.PutUint64(b[8:], uint64(len(b)-16))
	return b
}

func vbmeta(descriptors []byte, rollback uint64) []byte {
	be := binary.BigEndian
	aux := make([]byte, (len(descriptors)+63)/64*64)
	copy(aux, descriptors)
	b := make([]byte, vbmetaHeader)
	copy(b, "AVB0")
	be.PutUint32(b[0x04:], 1)
	be.PutUint64(b[0x14:], uint64(len(aux)))
	be.PutUint64(b[0x68:], uint64(len(descriptors)))
	be.PutUint64(b[0x70:], rollback)
	copy(b[0x80:0x80+47], "mtkkit, unsigned")
	return append(b, aux...)
}

func footer(image, at, size int64) []byte {
	be := binary.BigEndian
	b := make([]byte, footerBytes)
	copy(b, "AVBf")
	be.PutUint32(b[0x04:], 1)
	be.PutUint64(b[0x0C:], uint64(image))
	be.PutUint64(b[0x14:], uint64(at))
	be.PutUint64(b[0x1C:], uint64(size))
	return b
}
